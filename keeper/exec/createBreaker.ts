/**
 * Stops all sending when it does no good: transactions that are mined and have no effect, or gas spent for nothing. Remembers nothing itself: the
 * journal does, so that a restart does not close it.
 */
import type { Journal } from "../db/createJournal.ts";

export type BreakerParameters = {
  readonly journal: Journal;
  /** Most wei in 24 hours for transactions without effect. */
  readonly wasteBudget: bigint;
  /** Milliseconds since 1970: what survives a restart, and may jump. */
  readonly clock: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
};

export type Breaker = {
  /** Why nothing may be sent; undefined when it may. */
  readonly reason: () => string | undefined;
  /** Wei in the last 24 hours. */
  readonly spending: () => { readonly spent: bigint; readonly wasted: bigint };
};

/** One can be a race that this keeper does not understand, two a coincidence. */
const INEFFECTIVE = 3;
/** Then one transaction is tried; if that is ineffective, too, as long again. */
const REST_MS = 600_000;
const DAY_MS = 86_400_000;

export function createBreaker({ journal, wasteBudget, clock, now }: BreakerParameters): Breaker {
  /** The newest outcome, and when this process first saw it. */
  let newest: { readonly at: number; readonly ms: number } | undefined;
  /** By either clock: the wall's may have been put back since, and this process may have begun since. */
  const hasRested = (at: number): boolean => {
    if (newest?.at !== at) newest = { at, ms: now() };
    return clock() >= at + REST_MS || now() >= newest.ms + REST_MS;
  };
  const spending = () => journal.spentSince(clock() - DAY_MS);
  return {
    spending,
    reason: () => {
      const last = journal.outcomes(INEFFECTIVE);
      const allIneffective = last.length === INEFFECTIVE && last.every(({ outcome }) => outcome === "ineffective");
      if (allIneffective && !hasRested(last[0]?.at ?? 0))
        return `the last ${INEFFECTIVE} transactions were mined and had no effect`;
      const { wasted } = spending();
      if (wasted >= wasteBudget)
        return `${wasted} wei of gas were spent without effect in 24 hours, WASTE_BUDGET is ${wasteBudget}`;
      return undefined;
    },
  };
}
