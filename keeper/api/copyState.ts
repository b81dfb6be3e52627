/**
 * A copy of a market's positions and cells that can be changed without changing the original. Entries are frozen by type and shared.
 */
import { createMarketState, type MarketState } from "../core/marketState.ts";

export function copyState(state: MarketState): MarketState {
  const copy = createMarketState(state.base);
  for (const [account, entry] of state.positions) copy.positions.set(account, entry);
  for (const [id, cell] of state.longs) copy.longs.set(id, new Map(cell));
  for (const [id, cell] of state.shorts) copy.shorts.set(id, new Map(cell));
  copy.clock = state.clock;
  copy.sequence = state.sequence;
  return copy;
}
