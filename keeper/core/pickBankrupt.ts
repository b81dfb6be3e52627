/**
 * The bankrupt account that the contract takes next (Gate.sol), and whether that account closes the gate by itself.
 */
import { bankruptcyTick, cellOf, coordinateV } from "./grid.ts";
import { type CellIndex, cellsOf, type MarketState } from "./marketState.ts";
import { isBankrupt } from "./position.ts";
import type { AccountId, Entry, Prices } from "./types.ts";

export type BankruptPick = {
  readonly entry: Entry;
  /**
   * taken: a call before left it unfinished. past: its cell lies wholly past bankruptcy. boundary: it lies in the very cell of P' and
   * is bankrupt only exactly; the contract must be told of it (the nominee), and until then the market is open.
   */
  readonly cause: "taken" | "past" | "boundary";
};

/**
 * Order: the taken account while it is bankrupt; then cells wholly past bankruptcy by v, u, FIFO, longs before shorts (by the
 * corridor only one side can have any); then those of the boundary cell, by u and FIFO.
 *
 * @param taken Account being resolved, 0 for none.
 */
export function pickBankrupt(state: MarketState, prices: Prices, taken: AccountId): BankruptPick | undefined {
  const resolving = state.positions.get(taken);
  if (resolving !== undefined && isBankrupt(resolving, prices)) return { entry: resolving, cause: "taken" };

  const tick = bankruptcyTick(prices.price - prices.funding, state.base);
  for (const isLong of [true, false]) {
    const cells = cellsOf(state, isLong);
    const v = cells.nextV(0);
    if (v === -1 || v >= coordinateV(isLong, tick)) continue;
    const head = cells.head(cellOf(cells.nextUAt(v, 0), v));
    return { entry: state.entryAt(head), cause: "past" };
  }
  for (const isLong of [true, false]) {
    const entry = firstAtBoundary(cellsOf(state, isLong), coordinateV(isLong, tick), prices);
    if (entry !== undefined) return { entry, cause: "boundary" };
  }
  return undefined;
}

function firstAtBoundary(cells: CellIndex, mark: number, prices: Prices): Entry | undefined {
  for (let u = cells.nextUAt(mark, 0); u !== -1; u = cells.nextUAt(mark, u + 1)) {
    const entry = cells.get(cellOf(u, mark))?.find((member) => isBankrupt(member, prices));
    if (entry !== undefined) return entry;
  }
  return undefined;
}
