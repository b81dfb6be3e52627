/**
 * The price nearest to the mark at which so many of the most exposed accounts are bankrupt: longs when it falls, shorts when it rises.
 */
import { abs } from "../core/integers.ts";
import type { MarketState } from "../core/marketState.ts";
import { bankruptcyThreshold } from "../core/risk/bankruptcyThreshold.ts";
import { settledCost } from "../core/risk/settledCost.ts";
import type { Prices } from "../core/types.ts";

type Target = { readonly price: bigint; readonly accounts: number };

/** Mark.sol has no price beyond. X16. */
const MAX_PRICE = 1n << 63n;

/** @returns X16; of the side that has enough accounts, or more of them, and whose are reached first. Undefined when no price makes anybody bankrupt. */
export function priceOfBankruptcies(state: MarketState, { price, funding }: Prices, count: number): bigint | undefined {
  const targets = [true, false].flatMap((isLong): Target[] => {
    const thresholds: bigint[] = [];
    for (const p of state.positions.values()) {
      if (p.lots > 0n !== isLong) continue;
      const threshold = bankruptcyThreshold(isLong, abs(p.lots), settledCost(p, funding));
      if (threshold > 0n && threshold < MAX_PRICE) thresholds.push(threshold);
    }
    thresholds.sort((a, b) => (a === b ? 0 : a > b === isLong ? -1 : 1));
    const accounts = Math.min(count, thresholds.length);
    const last = thresholds[accounts - 1];
    if (last === undefined) return [];
    // whoever is bankrupt already needs no move
    const isReached = isLong ? last >= price : last <= price;
    return [{ price: isReached ? price : last, accounts }];
  });
  const distance = (target: Target) => abs(target.price - price);
  const [best] = targets.sort((a, b) => b.accounts - a.accounts || (distance(a) < distance(b) ? -1 : 1));
  return best?.price;
}
