/**
 * The page of a running demo: says where it is, and keeps the chain alive for whoever looks at it.
 */
import type { Context } from "../context.ts";
import type { Progress } from "../report/createProgress.ts";
import type { KeeperProcess } from "./startKeeper.ts";

/** Between two answers of the feeds: well within the age at which a price is too old to trade at. */
const ANSWER_MS = 3_000;
const START_MS = 30_000;

/** Waits until a keeper serves the page, and says where. */
export async function announcePage(keepers: readonly KeeperProcess[], progress: Progress): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const page = keepers.map((keeper) => keeper.page()).find((url) => url !== undefined);
    if (page !== undefined) return progress.say(`The page: ${page}`);
    const ended = keepers.map((keeper) => keeper.ended()).find((reason) => reason !== undefined);
    if (ended !== undefined) throw new Error(ended);
    if (Date.now() > deadline) throw new Error("no keeper serves the page");
    await sleep(20);
  }
}

/** Never returns: the demo ends by a signal. The feeds repeat their last answers, in the chain's own time. */
export async function stay(
  { chain, calls, markets, administrator }: Context,
  keepers: readonly KeeperProcess[],
  prices: readonly number[],
  progress: Progress,
): Promise<never> {
  progress.done();
  progress.say("Chain and keeper go on. Ctrl-C ends them.");
  await announcePage(keepers, progress);
  for (;;) {
    const { timestamp } = await chain.head();
    await chain.mine(
      markets.map((market, i) => calls.setPrice(administrator, market, prices[i] ?? 0)),
      timestamp + ANSWER_MS / 1000,
    );
    await sleep(ANSWER_MS);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
