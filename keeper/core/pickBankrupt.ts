/**
 * The bankrupt account that the contract takes next (Gate.sol), and whether that account closes the gate by itself.
 */
import { bankruptcyTick, coordinateV } from "./grid.ts";
import { type Cell, cellsOf, type MarketState, membersOf } from "./marketState.ts";
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
    const entry = firstPast(cellsOf(state, isLong), coordinateV(isLong, tick));
    if (entry !== undefined) return { entry, cause: "past" };
  }
  for (const isLong of [true, false]) {
    const entry = firstAtBoundary(cellsOf(state, isLong), coordinateV(isLong, tick), prices);
    if (entry !== undefined) return { entry, cause: "boundary" };
  }
  return undefined;
}

function firstPast(cells: Map<number, Cell>, mark: number): Entry | undefined {
  let best: { v: number; u: number; cell: Cell } | undefined;
  for (const [id, cell] of cells) {
    const v = id & 0x3fff;
    const u = id >> 14;
    if (v >= mark) continue;
    if (best === undefined || v < best.v || (v === best.v && u < best.u)) best = { v, u, cell };
  }
  return best && membersOf(best.cell)[0];
}

function firstAtBoundary(cells: Map<number, Cell>, mark: number, prices: Prices): Entry | undefined {
  const atMark = [...cells].filter(([id]) => (id & 0x3fff) === mark).sort(([a], [b]) => a - b);
  for (const [, cell] of atMark) {
    const entry = membersOf(cell).find((member) => isBankrupt(member, prices));
    if (entry !== undefined) return entry;
  }
  return undefined;
}
