/**
 * The positions of one market and the index cells they lie in, as the contract holds them. Changed only by `applyChange` and
 * `undoChange`; everything else reads.
 *
 * Invariants: an entry is in exactly one cell, the one of its key; a cell that is present is not empty; within a cell, `joined`
 * orders the members as the contract's FIFO list does. Entries are frozen by type and replaced as a whole, which is what makes undo exact.
 */
import type { AccountId, Entry } from "./types.ts";

export type Cell = Map<AccountId, Entry>;

export type MarketState = {
  readonly base: number;
  readonly positions: Map<AccountId, Entry>;
  /** Cells by id, a side. */
  readonly longs: Map<number, Cell>;
  readonly shorts: Map<number, Cell>;
  /** The next `joined`: grows only, also through undo, because only the order matters. */
  clock: number;
};

export function createMarketState(base: number): MarketState {
  return { base, positions: new Map(), longs: new Map(), shorts: new Map(), clock: 0 };
}

/** The cells of one side. */
export function cellsOf(state: MarketState, isLong: boolean): Map<number, Cell> {
  return isLong ? state.longs : state.shorts;
}

/** Members of a cell, first in first. */
export function membersOf(cell: Cell): Entry[] {
  const members = [...cell.values()];
  return members.length > 1 ? members.sort((a, b) => a.joined - b.joined) : members;
}
