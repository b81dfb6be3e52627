/**
 * The event reducer: one change of a position onto a market's state, and back. Which events are such changes says
 * chain/positionChangeOf.ts.
 */
import { cellFor } from "./cellFor.ts";
import type { MarketState } from "./marketState.ts";
import type { AccountId, Entry, Position, PositionChange } from "./types.ts";

/** What it takes to undo one change: the entry that was there before. Undo in the reverse order of applying. */
export type Undo = { readonly account: AccountId; readonly before: Entry | undefined };

/**
 * Applies a change. A position that is opened, or that moves to another cell or side, joins the tail of its cell; one that stays in
 * its cell keeps its place.
 */
export function applyChange(state: MarketState, change: PositionChange): Undo {
  const row = state.columns.rowOf(change.account);
  const before = row === undefined ? undefined : state.entryAt(row);
  put(state, row, change.lots === 0n ? undefined : change, undefined);
  return { account: change.account, before };
}

/** Puts the state back to what it was before the change. */
export function undoChange(state: MarketState, { account, before }: Undo): void {
  put(state, state.columns.rowOf(account), before, before?.joined);
}

/** @param joined Its place in the order of arrival, when that is given; else its own as long as it stays, and then the last. */
function put(state: MarketState, row: number | undefined, after: Position | undefined, joined?: number): void {
  const { columns } = state;
  if (after === undefined) {
    if (row === undefined) return;
    state.unlink(row);
    columns.remove(row);
    return;
  }
  const cell = cellFor(after, state.base);
  if (row === undefined) {
    state.link(columns.write(after, joined ?? state.clock++), cell);
    return;
  }
  const place = columns.joined[row] as number;
  const stays =
    (columns.lots[row] as number) > 0 === after.lots > 0n &&
    state.cellAt(row) === cell &&
    (joined === undefined || joined === place);
  if (stays) {
    columns.write(after, place);
    return;
  }
  state.unlink(row);
  state.link(columns.write(after, joined ?? state.clock++), cell);
}
