/**
 * The obvious way to the head of the ADL queue: score every position, sort them all, take the first. What the index is measured against.
 */
import type { Entry } from "../../../keeper/core/types.ts";
import { type ScoreParameters, score } from "../../../keeper/core/score.ts";

export function naiveRank(entries: readonly Entry[], region: ScoreParameters, count: number): number[] {
  return entries
    .filter(({ isLong, u, v }) => isLong === region.isLong && u < region.uLimit && v >= region.vMin)
    .map((entry) => ({ entry, score: score(region, entry.u, entry.v) }))
    .sort((a, b) => {
      if (a.score !== b.score) return a.score > b.score ? -1 : 1;
      return a.entry.cell - b.entry.cell || a.entry.joined - b.entry.joined;
    })
    .slice(0, count)
    .map(({ entry }) => entry.account);
}
