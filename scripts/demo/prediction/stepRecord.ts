/**
 * What was predicted for a step of the path, or what happened in it, in one market: who, and how many lots.
 */
import type { AccountId } from "../../../keeper/core/types.ts";

export const KINDS = ["bankrupt", "deleveraged", "liquidated"] as const;
/**
 * bankrupt: accounts that the waterfall closed lots of, in the book or against counterparties. deleveraged: counterparties that it closed
 * (stages 3 and 4). liquidated: accounts that the book took lots of while they were solvent (stage 1).
 */
export type Kind = (typeof KINDS)[number];

/** Lots by account. */
export type StepRecord = Readonly<Record<Kind, ReadonlyMap<AccountId, bigint>>>;

export type MutableStepRecord = Readonly<Record<Kind, Map<AccountId, bigint>>>;

export function emptyRecord(): MutableStepRecord {
  return { bankrupt: new Map(), deleveraged: new Map(), liquidated: new Map() };
}

export function addLots(to: Map<AccountId, bigint>, account: AccountId, lots: bigint): void {
  if (lots > 0n) to.set(account, (to.get(account) ?? 0n) + lots);
}
