/**
 * Which plans are left alone for a while after an attempt, and how many attempts in a row went wrong.
 *
 * A hold ends with whatever comes first: its blocks, its time, or another price of the market, because a price decides everything that
 * a refusal can depend on. Time is there for chains that make blocks only when somebody sends something.
 */
import { type Plan, planKey } from "../core/plan.ts";
import type { MarketId } from "../core/types.ts";
import type { Outcome } from "./outcome.ts";

export type Moment = {
  readonly block: bigint;
  readonly ms: number;
  /** P, X16. */
  readonly price: bigint;
};

export type Holds = {
  readonly isHeld: (plan: Plan, now: Moment) => boolean;
  /** Lists that the contract refused in a row, in this market. */
  readonly staleLists: (market: MarketId) => number;
  /** Returns whether it is worth planning again at once. */
  readonly note: (plan: Plan, outcome: Outcome, now: Moment) => boolean;
};

/** Without block and price only time ends it. */
type Hold = { readonly untilMs: number; readonly untilBlock?: bigint; readonly price?: bigint };

/** As long as a hold lasts on a chain that stands still. */
const IDLE_CHAIN_MS = 2_000;
/** First pause after the endpoint failed; doubles up to the last. */
const INFRA_MS = 500;
const MAX_INFRA_MS = 30_000;
/** The second refused list in a row is answered with the empty list; should that be refused as stale, too, something is wrong. */
const MAX_STALE = 4;

export function createHolds(cooldownBlocks: number): Holds {
  const holds = new Map<string, Hold>();
  const stale = new Map<MarketId, number>();
  const failures = new Map<string, number>();

  function note(plan: Plan, outcome: Outcome, now: Moment): boolean {
    const key = planKey(plan);
    const hold = (blocks: number) =>
      holds.set(key, { untilMs: now.ms + IDLE_CHAIN_MS, untilBlock: now.block + BigInt(blocks), price: now.price });
    const failed = (failures.get(key) ?? 0) + 1;

    if (outcome.kind === "effective") {
      for (const map of [holds, failures]) map.delete(key);
      stale.delete(plan.market);
      return true;
    }
    if (outcome.kind === "stale-input") {
      const count = (stale.get(plan.market) ?? 0) + 1;
      stale.set(plan.market, count);
      if (count < MAX_STALE) return true;
      hold(1);
    } else if (outcome.kind === "outcompeted") {
      stale.delete(plan.market);
      hold(1);
    } else if (outcome.kind === "not-yet") {
      hold(Math.max(cooldownBlocks, 1));
    } else {
      // infra, ineffective, unexpected: back off by time alone, or the failure repeats with every price
      failures.set(key, failed);
      const ms = Math.min(INFRA_MS * 2 ** (failed - 1), MAX_INFRA_MS);
      holds.set(key, { untilMs: now.ms + ms });
    }
    return false;
  }

  return {
    isHeld: (plan, now) => {
      const hold = holds.get(planKey(plan));
      if (hold === undefined) return false;
      if (now.ms >= hold.untilMs) return false;
      if (hold.untilBlock !== undefined && now.block >= hold.untilBlock) return false;
      return hold.price === undefined || hold.price === now.price;
    },
    staleLists: (market) => stale.get(market) ?? 0,
    note,
  };
}
