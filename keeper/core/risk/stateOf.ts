/**
 * The positions with their index cells, as the ranking needs them: those of a cell in the order in which they joined it.
 */
import { applyChange } from "../applyChange.ts";
import { createMarketState, type MarketState } from "../marketState.ts";
import type { Columns } from "./createColumns.ts";

export function stateOf(columns: Columns, base: number): MarketState {
  const rows: number[] = [];
  for (let row = 0; row < columns.length; row++) if (columns.lots[row] !== 0) rows.push(row);
  rows.sort((a, b) => columns.joinedAt(a) - columns.joinedAt(b));
  const state = createMarketState(base, rows.length);
  for (const row of rows) {
    const { account, lots, cost, margin, fundingIndex } = columns.positionAt(row);
    applyChange(state, { account, lots, cost, margin, fundingIndex });
  }
  return state;
}
