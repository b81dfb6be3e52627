/**
 * Who stands in line, by brute force: every position of the side is looked at on its own, and sorted. Shares the score's formula with the
 * keeper and nothing else.
 */
import { eligibility } from "../core/eligibility.ts";
import type { MarketState } from "../core/marketState.ts";
import { bankruptcyPriceAt } from "../core/position.ts";
import { equity, gain } from "../core/score.ts";
import type { Entry, Position, Prices, RankPolicy } from "../core/types.ts";
import type { Line } from "./expectation.ts";

export type Queued = { readonly entry: Entry; readonly score: bigint };

/** @param bankrupt Settled, after the sweep. */
export function lineUp(state: MarketState, bankrupt: Position, prices: Prices, policy: RankPolicy): Line {
  const isLong = bankrupt.lots > 0n;
  const queue = policy === "leverageWaterfill" ? waterQueue : queueByBruteForce;
  const ranked = queue(state, isLong, bankruptcyPriceAt(bankrupt, prices.funding), prices);
  const first = new Set(ranked.map(({ entry }) => entry.account));
  return { policy, ranked, principal: principalQueue(state, isLong).filter(({ account }) => !first.has(account)) };
}

/** Who is eligible against a bankrupt position at X under PnlLeverage, best first: score, then cell, then first in. */
export function queueByBruteForce(state: MarketState, bankruptIsLong: boolean, x: bigint, prices: Prices): Queued[] {
  const region = eligibility(bankruptIsLong, x, prices, state.base);
  const queue = eligible(state, bankruptIsLong, x, prices).map((entry) => {
    return { entry, score: gain(region, entry.u) / equity(region, entry.v) };
  });
  return queue.sort((a, b) => {
    if (a.score !== b.score) return a.score > b.score ? -1 : 1;
    return a.entry.cell - b.entry.cell || a.entry.joined - b.entry.joined;
  });
}

/** The same under LeverageWaterfill: v, then u, then first in. The score is the effective leverage of the row. */
export function waterQueue(state: MarketState, bankruptIsLong: boolean, x: bigint, prices: Prices): Queued[] {
  const region = eligibility(bankruptIsLong, x, prices, state.base);
  return byBankruptcyPrice(eligible(state, bankruptIsLong, x, prices)).map((entry) => {
    return { entry, score: (prices.price << 64n) / equity(region, entry.v) };
  });
}

/** The opposing side in the order of the principal stage. */
export function principalQueue(state: MarketState, bankruptIsLong: boolean): Entry[] {
  return byBankruptcyPrice([...state.positions.values()].filter(({ isLong }) => isLong !== bankruptIsLong));
}

/** v, then u, then first in. */
export function byBankruptcyPrice(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((a, b) => a.v - b.v || a.u - b.u || a.joined - b.joined);
}

function eligible(state: MarketState, bankruptIsLong: boolean, x: bigint, prices: Prices): Entry[] {
  const region = eligibility(bankruptIsLong, x, prices, state.base);
  const isIn = ({ isLong, u, v }: Entry) => isLong !== bankruptIsLong && u < region.uLimit && v >= region.vMin;
  return [...state.positions.values()].filter(isIn);
}
