/**
 * The ADL queue by brute force: every position of the side is looked at on its own, and sorted. Shares the score's formula with the keeper
 * and nothing else.
 */
import { eligibility } from "../core/eligibility.ts";
import type { MarketState } from "../core/marketState.ts";
import { equity, gain } from "../core/score.ts";
import type { Entry, Prices } from "../core/types.ts";

export type Queued = { readonly entry: Entry; readonly score: bigint };

/** Who is eligible against a bankrupt position at X, best first: score, then cell, then first in. */
export function queueByBruteForce(state: MarketState, bankruptIsLong: boolean, x: bigint, prices: Prices): Queued[] {
  const region = eligibility(bankruptIsLong, x, prices, state.base);
  const queue: Queued[] = [];
  for (const entry of state.positions.values()) {
    if (entry.isLong === bankruptIsLong || entry.u >= region.uLimit || entry.v < region.vMin) continue;
    queue.push({ entry, score: gain(region, entry.u) / equity(region, entry.v) });
  }
  return queue.sort((a, b) => {
    if (a.score !== b.score) return a.score > b.score ? -1 : 1;
    return a.entry.cell - b.entry.cell || a.entry.joined - b.entry.joined;
  });
}

/** The opposing side in the order of the principal stage: v, then u, then first in. */
export function principalQueue(state: MarketState, bankruptIsLong: boolean): Entry[] {
  const side = [...state.positions.values()].filter(({ isLong }) => isLong !== bankruptIsLong);
  return side.sort((a, b) => a.v - b.v || a.u - b.u || a.joined - b.joined);
}
