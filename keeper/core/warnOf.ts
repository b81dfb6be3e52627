/**
 * Which accounts the next move of the price against them would make bankrupt, and how near they are.
 */
import type { MarketState } from "./marketState.ts";
import { isBankrupt } from "./position.ts";
import { bankruptcyThreshold } from "./risk/bankruptcyThreshold.ts";
import { settledCost } from "./risk/settledCost.ts";
import type { AccountId, Prices } from "./types.ts";

export type EndangeredAccount = {
  readonly account: AccountId;
  readonly isLong: boolean;
  /** Unsigned. */
  readonly lots: bigint;
  /** The price nearest to the mark at which the contract finds it bankrupt, X16. */
  readonly bankruptcyPrice: bigint;
};

export type Warning = {
  /** Pips. */
  readonly move: bigint;
  /** How many would be bankrupt. */
  readonly accounts: number;
  /** The nearest of them, nearest first. */
  readonly nearest: readonly EndangeredAccount[];
};

/** A warning is read by people, and a log line holds a few accounts. */
const LISTED = 10;

/** @param rows From screenPositions: solvent, or nearly, and nearest first. */
export function warnOf(state: MarketState, prices: Prices, move: bigint, rows: readonly number[]): Warning | undefined {
  const nearest: EndangeredAccount[] = [];
  // the farthest may not quite be reached, the nearest may be bankrupt already: doubtful ones are few, and only at the ends
  let accounts = rows.length;
  for (let i = rows.length - 1; i >= 0 && !isReached(rows[i] as number); i--) accounts--;
  let solvent = 0;
  while (solvent < accounts && isBankrupt(state.columns.positionAt(rows[solvent] as number), prices)) solvent++;
  for (const row of rows.slice(solvent, Math.min(accounts, solvent + LISTED))) {
    const p = state.columns.positionAt(row);
    const isLong = p.lots > 0n;
    const lots = isLong ? p.lots : -p.lots;
    const bankruptcyPrice = bankruptcyThreshold(isLong, lots, settledCost(p, prices.funding));
    nearest.push({ account: p.account, isLong, lots, bankruptcyPrice });
  }
  return nearest.length === 0 ? undefined : { move, accounts: accounts - solvent, nearest };

  function isReached(row: number): boolean {
    const p = state.columns.positionAt(row);
    const step = (prices.price * move) / 1_000_000n;
    const price = p.lots > 0n ? prices.price - step : prices.price + step;
    return isBankrupt(p, { price, funding: prices.funding });
  }
}
