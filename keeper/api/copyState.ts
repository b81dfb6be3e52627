/**
 * A copy of a market's positions and cells that can be changed without changing the original.
 */
import { createMarketState, type MarketState } from "../core/marketState.ts";

export function copyState(state: MarketState): MarketState {
  const copy = createMarketState(state.base, state.positions.size);
  for (const side of [state.longs, state.shorts]) {
    for (const cell of side.ids()) {
      for (let row = side.head(cell); row !== -1; row = side.after(row)) {
        copy.link(copy.columns.write(state.columns.positionAt(row), state.columns.joined[row] as number), cell);
      }
    }
  }
  copy.clock = state.clock;
  copy.sequence = state.sequence;
  return copy;
}
