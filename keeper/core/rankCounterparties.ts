/**
 * The ADL queue: eligible counterparties in the order that the contract verifies, (score descending, cell ascending, FIFO).
 */
import { abs } from "./integers.ts";
import { cellsOf, type MarketState, membersOf } from "./marketState.ts";
import { equity, gain, type ScoreParameters } from "./score.ts";
import type { Entry } from "./types.ts";

export type RankedCounterparty = {
  readonly entry: Entry;
  /** 1 is first in line. */
  readonly rank: number;
  /** × 2^64. */
  readonly score: bigint;
};

export type RankLimits = {
  /** Stop when the entries listed hold this many lots. */
  readonly lots: bigint;
  /** Stop at this many entries. */
  readonly entries: number;
};

/** The head of the queue, as long as the limits ask for; empty when nobody is eligible. */
export function rankCounterparties(
  state: MarketState,
  parameters: ScoreParameters,
  limits: RankLimits,
): RankedCounterparty[] {
  const cells = scoredCells(state, parameters);
  const ranked: RankedCounterparty[] = [];
  let covered = 0n;
  for (const { score, members } of cells) {
    for (const entry of membersOf(members)) {
      if (covered >= limits.lots || ranked.length >= limits.entries) return ranked;
      ranked.push({ entry, rank: ranked.length + 1, score });
      covered += abs(entry.lots);
    }
  }
  return ranked;
}

/** One division a cell, not one a position: gains repeat along u, and a crowded cell costs no more than a lone position. */
function scoredCells(state: MarketState, parameters: ScoreParameters) {
  const gains = new Map<number, bigint>();
  const scored = [];
  for (const [id, members] of cellsOf(state, parameters.isLong)) {
    const u = id >> 14;
    const v = id & 0x3fff;
    if (u >= parameters.uLimit || v < parameters.vMin) continue;
    const cellGain = gains.get(u) ?? gain(parameters, u);
    gains.set(u, cellGain);
    scored.push({ id, members, score: cellGain / equity(parameters, v) });
  }
  return scored.sort((a, b) => (a.score === b.score ? a.id - b.id : a.score > b.score ? -1 : 1));
}
