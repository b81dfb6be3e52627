/**
 * The ADL queue under LeverageWaterfill: eligible counterparties by effective leverage alone, (v, u, FIFO).
 */
import { cellOf } from "./grid.ts";
import { cellsOf, type MarketState } from "./marketState.ts";
import type { RankedCounterparty } from "./rankCounterparties.ts";
import { equity, type ScoreParameters } from "./score.ts";

/** The head of the queue, at most `entries` long; without that, all of it. The score is the effective leverage of the row × 2^64. */
export function rankByLeverage(
  state: MarketState,
  parameters: ScoreParameters,
  { entries = Number.MAX_SAFE_INTEGER }: { readonly entries?: number } = {},
): RankedCounterparty[] {
  const ranked: RankedCounterparty[] = [];
  const cells = cellsOf(state, parameters.isLong);
  for (let v = cells.nextV(parameters.vMin); v !== -1; v = cells.nextV(v + 1)) {
    const score = (parameters.price << 64n) / equity(parameters, v);
    for (let u = cells.nextUAt(v, 0); u !== -1 && u < parameters.uLimit; u = cells.nextUAt(v, u + 1)) {
      for (const entry of cells.get(cellOf(u, v)) ?? []) {
        if (ranked.length >= entries) return ranked;
        ranked.push({ entry, rank: ranked.length + 1, score });
      }
    }
  }
  return ranked;
}
