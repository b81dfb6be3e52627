/**
 * Who lost more than the rules ask, and who less: sums what was taken from each account and what should have been. Pure.
 */
import type { AccountId } from "../core/types.ts";

/** Taken from an account (positive) or owed by it (negative): lots, and what these lots gave up against the mark, quote atoms × 2^16. */
export type Outcome = { readonly account: AccountId; readonly lots: bigint; readonly givenUpX16: bigint };

export type Difference = {
  readonly account: AccountId;
  /** Lots closed too many (wronged), or too few (spared): its turn, and it was not closed. */
  readonly lots: bigint;
  /** Given up too much (wronged) or too little (spared), quote atoms, rounded down. */
  readonly amount: bigint;
};

/** Two roundings: who stands one place further back may get an atom more or less for it, and is not wronged. */
const ROUNDING = 2n << 16n;

export function wrongedAndSpared(outcomes: readonly Outcome[]): {
  readonly wronged: readonly Difference[];
  readonly spared: readonly Difference[];
} {
  const sums = new Map<AccountId, { lots: bigint; givenUp: bigint }>();
  for (const { account, lots, givenUpX16 } of outcomes) {
    const sum = sums.get(account) ?? { lots: 0n, givenUp: 0n };
    sums.set(account, { lots: sum.lots + lots, givenUp: sum.givenUp + givenUpX16 });
  }
  const pick = (sign: bigint) =>
    [...sums]
      .map(([account, sum]) => ({ account, lots: sum.lots * sign, givenUp: sum.givenUp * sign }))
      .filter(({ lots, givenUp }) => lots > 0n || (lots === 0n && givenUp >= ROUNDING))
      .map(({ account, lots, givenUp }) => ({ account, lots, amount: givenUp > 0n ? givenUp >> 16n : 0n }));
  return { wronged: pick(1n), spared: pick(-1n) };
}
