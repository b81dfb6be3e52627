/**
 * Goes over blocks of the past with the keeper as it is in mode shadow: what it would have planned at each of them, and what was then done on chain. The
 * follower, the plans and the scores are the ones that run live; only the chain that they see ends at the block under way.
 */
import type { Chain } from "../chain/connect.ts";
import type { ChainEvent } from "../chain/readEvents.ts";
import type { SettingValues } from "../config/settings.ts";
import { createKeeper } from "../createKeeper.ts";
import { marketsOf } from "../createWorker.ts";
import type { PlannedMarket } from "../planWorld.ts";
import type { StateStore } from "../db/createStateStore.ts";
import { ConfigError } from "../errors.ts";
import { createShadow, type ShadowReport } from "../exec/createShadow.ts";
import type { KeeperEvent } from "../ops/events.ts";
import { tipOf, type World } from "../state/world.ts";
import { createPastChain } from "./createPastChain.ts";
import { type Happening, happeningOf } from "./happeningOf.ts";

export type ShadowEvent = Extract<KeeperEvent, { type: "shadow" }>;

export type ReplayedBlock = {
  readonly block: bigint;
  /** What was done in this block, and how that compares with what had been planned before it. */
  readonly happened: readonly Happening[];
  readonly scores: readonly ShadowEvent[];
  /** What would be done next, by market. */
  readonly markets: readonly PlannedMarket[];
  /** What the keeper found strange: a gap, an anomaly. */
  readonly troubles: readonly string[];
};

export type ReplayParameters = {
  readonly chain: Chain;
  readonly settings: SettingValues;
  readonly from: bigint;
  readonly to: bigint;
  /** A world from before `from`: then no state has to be read of the block before it. */
  readonly resume: World | undefined;
  readonly signal: AbortSignal;
  readonly onBlock: (block: ReplayedBlock) => void;
};

export type ReplayReport = ShadowReport & {
  readonly from: bigint;
  readonly to: bigint;
  /** Blocks that were replayed, and how many of them something was planned at. */
  readonly blocks: number;
  readonly planned: number;
  /** What the first block's state came from. */
  readonly began: "snapshot" | "database";
};

export async function runReplay(parameters: ReplayParameters): Promise<ReplayReport> {
  const { chain, from, to, signal, onBlock } = parameters;
  const first = from > 0n ? from - 1n : 0n;
  await requireExchange(chain, first);
  const past = createPastChain(chain, first);
  const settings: SettingValues = { ...parameters.settings, mode: "shadow", reconcileBlocks: 0 };
  let events: ChainEvent[] = [];
  let scores: ShadowEvent[] = [];
  let troubles: string[] = [];
  let markets: readonly PlannedMarket[] = [];
  const log = (event: KeeperEvent) => {
    if (event.type === "resumed") began = "database";
    if (event.type === "shadow") scores.push(event);
    if (event.type === "anomaly") troubles.push(`${event.reason}: ${event.details.join("; ")}`);
    if (event.type === "gap") troubles.push(`an event of ${event.market} is missing`);
  };
  let seconds = 0n;
  let began: ReplayReport["began"] = "snapshot";
  const shadow = createShadow({
    ...settings,
    chain: past.chain,
    address: undefined,
    log,
    markets: marketsOf(chain, settings.markets),
    // what rests for a while rests for so long of the chain's time
    now: () => Number(seconds) * 1_000,
  });
  const keeper = createKeeper({
    ...settings,
    chain: past.chain,
    worker: shadow,
    log,
    signal,
    store: resumeFrom(parameters.resume),
    audience: {
      onAdvance: (advance) => {
        events.push(...advance.events);
        seconds = tipOf(advance.world).timestamp;
        shadow.onAdvance(advance);
      },
      onPlan: (plan) => {
        markets = plan.markets;
      },
    },
  });
  let [blocks, planned] = [0, 0];
  // the block before the first: what is planned there is what the first is compared with
  await keeper.drain();
  [events, scores, troubles] = [[], [], []];
  for (let block = from; block <= to && !signal.aborted; block++) {
    past.moveTo(block);
    await keeper.drain();
    if (signal.aborted) break;
    const happened = events.flatMap((event) => happeningOf(event) ?? []);
    onBlock({ block, happened, scores, markets, troubles });
    blocks++;
    if (markets.some(({ plans }) => plans.length > 0)) planned++;
    [events, scores, troubles] = [[], [], []];
  }
  return { from, to: from + BigInt(blocks) - 1n, blocks, planned, began, ...shadow.report() };
}

/** Nothing of the past is saved: the file, if there is one, is a running keeper's. */
function resumeFrom(world: World | undefined): StateStore | undefined {
  if (world === undefined) return undefined;
  return { load: () => world, save: () => undefined, close: () => undefined };
}

/** Throws ConfigError. */
async function requireExchange(chain: Chain, blockNumber: bigint): Promise<void> {
  for (const name of ["exchange", "lens"] as const) {
    const code = await chain.client.getCode({ address: chain.deployment[name], blockNumber });
    if (code === undefined || code === "0x") {
      throw new ConfigError(`--from must be later: at block ${blockNumber} there was no ${name} yet`);
    }
  }
}
