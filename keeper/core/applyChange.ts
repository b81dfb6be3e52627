/**
 * The event reducer: one `PositionChanged` onto a market's state, and back.
 */
import { indexKey } from "./indexKey.ts";
import { cellsOf, type MarketState } from "./marketState.ts";
import type { AccountId, Entry, PositionChange } from "./types.ts";

/** What it takes to undo one change: the entry that was there before. Undo in the reverse order of applying. */
export type Undo = { readonly account: AccountId; readonly before: Entry | undefined };

/**
 * Applies a change. A position that is opened, or that moves to another cell or side, joins the tail of its cell; one that stays in
 * its cell keeps its place.
 */
export function applyChange(state: MarketState, change: PositionChange): Undo {
  const before = state.positions.get(change.account);
  if (change.lots === 0n) {
    replace(state, before, undefined);
    return { account: change.account, before };
  }
  const key = indexKey(change, state.base);
  const stays = before !== undefined && before.isLong === key.isLong && before.cell === key.cell;
  const joined = stays ? before.joined : state.clock++;
  replace(state, before, { ...change, ...key, joined });
  return { account: change.account, before };
}

/** Puts the state back to what it was before the change. */
export function undoChange(state: MarketState, undo: Undo): void {
  replace(state, state.positions.get(undo.account), undo.before);
}

function replace(state: MarketState, before: Entry | undefined, after: Entry | undefined): void {
  if (before !== undefined) {
    const cells = cellsOf(state, before.isLong);
    const cell = cells.get(before.cell);
    cell?.delete(before.account);
    if (cell?.size === 0) cells.delete(before.cell);
    state.positions.delete(before.account);
  }
  if (after !== undefined) {
    const cells = cellsOf(state, after.isLong);
    const cell = cells.get(after.cell);
    if (cell === undefined) cells.set(after.cell, new Map([[after.account, after]]));
    else cell.set(after.account, after);
    state.positions.set(after.account, after);
  }
}
