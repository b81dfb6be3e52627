/**
 * What funding moved in one market, from the events: every position that changes is settled to the market's index first, and what it owes
 * is rounded up (Margin.settle).
 */
import { ceilDiv } from "../../../keeper/core/integers.ts";
import type { Position } from "../../../keeper/core/types.ts";

export type FundingBook = {
  /** Quote atoms that settlements took from positions, and gave to them. */
  paid: bigint;
  received: bigint;
  /** Settlements that moved anything: each may round by less than an atom. */
  settlements: number;
};

export function createFundingBook(): FundingBook {
  return { paid: 0n, received: 0n, settlements: 0 };
}

/** A position is settled to the index `funding`. */
export function noteSettlement(book: FundingBook, before: Position, funding: bigint): void {
  if (before.fundingIndex === funding) return;
  const owed = ceilDiv(before.lots * (funding - before.fundingIndex), 1n << 16n);
  book.settlements++;
  if (owed > 0n) book.paid += owed;
  else book.received -= owed;
}
