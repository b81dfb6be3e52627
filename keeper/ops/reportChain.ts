/**
 * What happened on chain that an operator wants to see: announced prices, and the work that others did.
 */
import { type Address, isAddressEqual } from "viem";
import type { ChainEvent } from "../chain/readEvents.ts";
import type { Advance } from "../state/createFollower.ts";
import { tipOf } from "../state/world.ts";
import type { Log } from "./events.ts";

/** @param keeper Our own address: what it did is reported with its transactions. */
export function reportChain(
  { world, events, rolledBack, snapshot, resumed, gap }: Advance,
  keeper: Address | undefined,
  log: Log,
): void {
  const block = tipOf(world).number;
  if (rolledBack > 0) log({ type: "reorg", block, depth: rolledBack });
  if (gap !== undefined) log({ type: "gap", block, market: gap });
  if (snapshot) {
    const positions = [...world.markets.values()].reduce((sum, { state }) => sum + state.positions.size, 0);
    if (resumed === true) log({ type: "resumed", block, positions });
    else log({ type: "snapshot", block, markets: world.markets.size, positions });
  }
  for (const event of events) {
    if (event.eventName === "AnswerUpdated") {
      const { current: answer, roundId: round } = event.args;
      for (const market of world.feeds.emitters.get(event.address.toLowerCase()) ?? []) {
        log({ type: "answer", block: event.blockNumber, market, round, answer });
      }
    }
    if (event.eventName === "PriceTaken") {
      const { price: answer, publishTime: round } = event.args;
      for (const market of world.feeds.emitters.get(event.address.toLowerCase()) ?? []) {
        log({ type: "answer", block: event.blockNumber, market, round, answer });
      }
    }
    const work = workOf(event);
    if (work === undefined || (keeper !== undefined && isAddressEqual(work.caller, keeper))) continue;
    const { market, account } = work;
    const lots = "lots" in work ? work.lots : 0n;
    log({
      type: "seen",
      block: event.blockNumber,
      event: event.eventName,
      market: Number(market),
      account: Number(account),
      lots,
      hash: event.transactionHash,
    });
  }
}

function workOf(event: ChainEvent) {
  if (event.eventName === "Liquidated" || event.eventName === "BankruptcySwept") return event.args;
  if (event.eventName === "ToppedUp") return event.args;
  if (event.eventName === "DeleverageCall") return { ...event.args, account: event.args.bankrupt };
  return undefined;
}
