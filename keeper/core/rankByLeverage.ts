/**
 * The ADL queue under LeverageWaterfill: eligible counterparties by effective leverage alone, (v, u, FIFO).
 */
import { cellsOf, type MarketState, membersOf } from "./marketState.ts";
import type { RankedCounterparty } from "./rankCounterparties.ts";
import { equity, type ScoreParameters } from "./score.ts";

/** The head of the queue, at most `entries` long. The score is the effective leverage of the row × 2^64. */
export function rankByLeverage(
  state: MarketState,
  parameters: ScoreParameters,
  { entries }: { readonly entries: number },
): RankedCounterparty[] {
  const eligible = [];
  for (const [id, members] of cellsOf(state, parameters.isLong)) {
    const u = id >> 14;
    const v = id & 0x3fff;
    if (u < parameters.uLimit && v >= parameters.vMin) eligible.push({ u, v, members });
  }
  eligible.sort((a, b) => a.v - b.v || a.u - b.u);
  const ranked: RankedCounterparty[] = [];
  for (const { v, members } of eligible) {
    const score = (parameters.price << 64n) / equity(parameters, v);
    for (const entry of membersOf(members)) {
      if (ranked.length >= entries) return ranked;
      ranked.push({ entry, rank: ranked.length + 1, score });
    }
  }
  return ranked;
}
