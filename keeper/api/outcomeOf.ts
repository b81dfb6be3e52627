/**
 * What happened in a price step, by account, in the shape of what was predicted for it. Pure.
 */
import type { AccountId } from "../core/types.ts";
import type { PriceStep } from "./createSteps.ts";
import type { HistoryRecord } from "./record.ts";

export type AccountLots = { readonly account: AccountId; readonly lots: bigint };

export type Outcome = {
  /** Accounts that the waterfall closed lots of, in the book or against counterparties. */
  readonly bankrupt: readonly AccountLots[];
  /** Counterparties that it closed, in both stages, in order. */
  readonly deleveraged: readonly AccountLots[];
  /** Accounts that the book took lots of while they were solvent. */
  readonly liquidated: readonly AccountLots[];
  /** Lots closed at the mark because the book could take nothing; no prediction says how many. */
  readonly preventiveLots: bigint;
  /** Quote atoms paid by the fund. */
  readonly cover: bigint;
};

export function outcomeOf(step: PriceStep, next: PriceStep | undefined, records: readonly HistoryRecord[]): Outcome {
  const [bankrupt, deleveraged, liquidated] = [newSum(), newSum(), newSum()];
  let [cover, preventiveLots] = [0n, 0n];
  for (const record of records) {
    const { number } = record.block;
    if (number <= step.from.number || (next !== undefined && number > next.from.number)) continue;
    if (record.type === "liquidation") add(liquidated, record.account, record.lots);
    if (record.type === "preventive") preventiveLots += record.lots;
    if (record.type === "sweep" || record.type === "deleverage") {
      add(bankrupt, record.account, record.lots);
      cover += record.cover;
    }
    if (record.type !== "deleverage") continue;
    for (const { counterparty, lots } of record.closes) add(deleveraged, counterparty, lots);
  }
  return {
    bankrupt: list(bankrupt),
    deleveraged: list(deleveraged),
    liquidated: list(liquidated),
    preventiveLots,
    cover,
  };
}

function newSum(): Map<AccountId, bigint> {
  return new Map();
}

function add(sum: Map<AccountId, bigint>, account: AccountId, lots: bigint): void {
  if (lots > 0n) sum.set(account, (sum.get(account) ?? 0n) + lots);
}

function list(sum: ReadonlyMap<AccountId, bigint>): AccountLots[] {
  return [...sum].map(([account, lots]) => ({ account, lots }));
}
