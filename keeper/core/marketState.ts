/**
 * One market as the contract holds it, as far as events tell: positions and the index cells they lie in, standing top-up orders, and when
 * steps of large positions' liquidations began, and how far they are. Changed only by `applyChange`, `applyEvent` and their undoing; everything else reads.
 *
 * Invariants: an entry is in exactly one cell, the one of its key; a cell that is present is not empty; within a cell, `joined`
 * orders the members as the contract's FIFO list does. Entries are frozen by type and replaced as a whole, which is what makes undo exact.
 */
import type { TopUpOrder } from "./topUp.ts";
import type { AccountId, Entry } from "./types.ts";

export type Cell = Map<AccountId, Entry>;

/** A step of a large position's liquidation: the second of its first fill, and the lots that were closed of it. */
export type Step = { readonly began: bigint; readonly closed: bigint };

export type MarketState = {
  readonly base: number;
  readonly positions: Map<AccountId, Entry>;
  /** Cells by id, a side. */
  readonly longs: Map<number, Cell>;
  readonly shorts: Map<number, Cell>;
  /** The next `joined`: grows only, also through undo, because only the order matters. */
  clock: number;
  /** Every account that ever gave a top-up order, withdrawn ones too. */
  readonly topUps: Map<AccountId, TopUpOrder>;
  /** The last step of each large position's liquidation; steps before the snapshot are not known. */
  readonly steps: Map<AccountId, Step>;
  /** Seconds at which a call last accrued funding, or may have discarded its interval; 0 while not known. */
  accruedAt: bigint;
  /** Of the market's last event. The next one must be one more, or something was missed. */
  sequence: bigint;
};

export function createMarketState(base: number): MarketState {
  const places = { positions: new Map(), longs: new Map(), shorts: new Map(), topUps: new Map(), steps: new Map() };
  return { base, ...places, clock: 0, accruedAt: 0n, sequence: 0n };
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
