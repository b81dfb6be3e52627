/**
 * The ADL queue of one side as it would be if a position of the other side were bankrupt exactly at the mark: rank, and the lights that
 * traders know from other venues. A real deleveraging ranks the same way, but only those in profit at its X.
 */
import { eligibility } from "../eligibility.ts";
import { abs } from "../integers.ts";
import type { MarketState } from "../marketState.ts";
import { rankByLeverage } from "../rankByLeverage.ts";
import { rankCounterparties } from "../rankCounterparties.ts";
import type { Prices, RankPolicy } from "../types.ts";
import type { AdlRank } from "./types.ts";

const LIGHTS = 5;

export function rankAll(
  state: MarketState,
  prices: Prices,
  isLong: boolean,
  policy: RankPolicy = "pnlLeverage",
): AdlRank[] {
  const region = eligibility(!isLong, prices.price, prices, state.base);
  // more lots than there can be: the queue to its end
  const limits = { lots: 1n << 64n, entries: Number.MAX_SAFE_INTEGER };
  const rank = policy === "leverageWaterfill" ? rankByLeverage : rankCounterparties;
  const queue = rank(state, region, limits);
  const ranks = queue.map(({ entry, rank, score }): AdlRank => {
    const lights = LIGHTS - Math.floor(((rank - 1) * LIGHTS) / queue.length);
    return {
      account: entry.account,
      isLong,
      lots: abs(entry.lots),
      rank,
      rating: lights as AdlRank["rating"],
      percentage: Math.floor(((queue.length - rank + 1) * 10_000) / queue.length) / 100,
      score,
    };
  });
  const inQueue = new Set(queue.map(({ entry }) => entry.account));
  const others: AdlRank[] = [];
  for (const entry of state.positions.values()) {
    if (entry.isLong !== isLong || inQueue.has(entry.account)) continue;
    const { account, lots } = entry;
    others.push({ account, isLong, lots: abs(lots), rank: undefined, rating: 0, percentage: 0, score: undefined });
  }
  return [...ranks, ...others.sort((a, b) => a.account - b.account)];
}
