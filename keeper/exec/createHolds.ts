/**
 * Which plans are left alone for a while after an attempt, and how many attempts in a row went wrong.
 *
 * A hold ends with whatever comes first: its blocks, its time, or another price of the market, because a price decides everything that
 * a refusal can depend on. Time is there for chains that make blocks only when somebody sends something.
 */
import { type Plan, planKey, workOf } from "../core/plan.ts";
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
  /** Drops what is known of plans that are not in `planned`. */
  readonly forget: (planned: ReadonlySet<string>, ms: number) => void;
  readonly quarantined: (ms: number) => readonly Quarantined[];
};

export type Quarantined = { readonly planKey: string; readonly failures: number; readonly leftMs: number };

/** Without block and price only time ends it. */
type Hold = { readonly untilMs: number; readonly untilBlock?: bigint; readonly price?: bigint };

/** As long as a hold lasts on a chain that stands still. */
const IDLE_CHAIN_MS = 2_000;
/** What already cost a transaction waits for blocks, however slow they are: longer than the slowest chain's. */
const PAID_IDLE_CHAIN_MS = 15_000;
/** So long it is remembered that a piece of work cost transactions, though nobody plans it: a price that flickers takes plans away and brings them back. */
const PAID_MS = 600_000;
/** First pause after the endpoint failed; doubles up to the last. */
const INFRA_MS = 500;
const MAX_INFRA_MS = 30_000;
/**
 * First pause of a plan that failed in a way that it should not; doubles up to the last. Deleveraging is a duty that others wait behind:
 * it is never left alone for longer than a minute.
 */
const QUARANTINE_MS = 1_000;
const MAX_QUARANTINE_MS = 3_600_000;
const MAX_DUTY_QUARANTINE_MS = 60_000;
/** A plan that simulates well and keeps reverting rests twice as many blocks after each transaction that it cost, at most this many. */
const MAX_PAID_BLOCKS = 64;
/** The second refused list in a row is answered with the empty list; should that be refused as stale, too, something is wrong. */
const MAX_STALE = 4;

export function createHolds(cooldownBlocks: number): Holds {
  const holds = new Map<string, Hold>();
  const stale = new Map<MarketId, number>();
  const failures = new Map<string, number>();
  /** Transactions that a piece of work cost us. Where others did part of it, what is left is another piece: losing a race is no reason to rest. */
  const paid = new Map<string, { readonly work: string; readonly count: number; readonly ms: number }>();

  function note(plan: Plan, outcome: Outcome, now: Moment): boolean {
    const key = planKey(plan);
    if (outcome.kind === "effective") {
      for (const map of [holds, failures, paid]) map.delete(key);
      stale.delete(plan.market);
      return true;
    }
    const work = workOf(plan);
    const before = paid.get(key);
    const cost = (before?.work === work ? before.count : 0) + (outcome.hash === undefined ? 0 : 1);
    paid.set(key, { work, count: cost, ms: outcome.hash === undefined ? (before?.ms ?? now.ms) : now.ms });
    /** Another price ends it, unless the plan has already cost more than one transaction: then prices do not decide. */
    const hold = (blocks: number) => {
      const growing = cost < 2 ? 0 : Math.min(2 ** (cost - 1), MAX_PAID_BLOCKS);
      const untilBlock = now.block + BigInt(Math.max(blocks, growing));
      const untilMs = now.ms + (growing === 0 ? IDLE_CHAIN_MS : PAID_IDLE_CHAIN_MS * growing);
      holds.set(key, { untilMs, untilBlock, ...(growing === 0 ? { price: now.price } : {}) });
    };
    switch (outcome.kind) {
      case "stale-input": {
        const count = (stale.get(plan.market) ?? 0) + 1;
        stale.set(plan.market, count);
        if (count < MAX_STALE && cost < 2) return true;
        hold(1);
        break;
      }
      case "outcompeted":
      case "obsolete":
      case "cancelled":
        stale.delete(plan.market);
        hold(1);
        break;
      case "not-yet":
        hold(Math.max(cooldownBlocks, 1));
        break;
      default: {
        // infra, ineffective, unexpected: back off by time alone, or the failure repeats with every price
        const failed = (failures.get(key) ?? 0) + 1;
        failures.set(key, failed);
        const longest = plan.kind === "deleverage" ? MAX_DUTY_QUARANTINE_MS : MAX_QUARANTINE_MS;
        const [first, most] = outcome.kind === "infra" ? [INFRA_MS, MAX_INFRA_MS] : [QUARANTINE_MS, longest];
        holds.set(key, { untilMs: now.ms + Math.min(first * 2 ** (failed - 1), most) });
      }
    }
    return false;
  }

  /** What nobody plans any more begins anew when it comes back, once its time is over. */
  function forget(planned: ReadonlySet<string>, ms: number): void {
    for (const key of new Set([...failures.keys(), ...paid.keys(), ...holds.keys()])) {
      if (planned.has(key) || ms < (holds.get(key)?.untilMs ?? 0)) continue;
      const cost = paid.get(key);
      if (cost !== undefined && (cost.count === 0 || ms >= cost.ms + PAID_MS)) paid.delete(key);
      for (const map of [holds, failures]) map.delete(key);
    }
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
    forget,
    quarantined: (ms) =>
      [...failures].flatMap(([key, failed]) => {
        const left = (holds.get(key)?.untilMs ?? 0) - ms;
        return left > 0 ? [{ planKey: key, failures: failed, leftMs: Math.ceil(left) }] : [];
      }),
  };
}
