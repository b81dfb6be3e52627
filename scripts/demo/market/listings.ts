/**
 * The two markets of a run: the deployment's own listings, in units and ages that fit the price path.
 */

import { MARKETS, type MarketListing } from "../../lib/markets.ts";
import { DemoError } from "../cli/demoError.ts";
import type { Prices } from "../path/pricePath.ts";

/** A price is to be this many ticks, at least: one tick is then under 0.0005 % of it. */
const LEAST_TICKS = 200_000;
/** One lot at one tick stays 10 atoms whatever the price: ticks per price × lots per unit. */
const LOT_TICKS = 100_000n;
/** Silence of this many intervals makes a price stale, of this many too old to trade at. */
const STALE_INTERVALS = 4;
const OLD_INTERVALS = 4 / 3;
const MAX_AGE_LIMIT = 65_535; // uint16

/** @param interval Seconds between the oracle's answers. */
export function listingsFor(first: Prices, interval: number): MarketListing[] {
  return MARKETS.map((listing) => {
    const initialPrice = listing.name === "BTC" ? first.btc : first.eth;
    const ticksPerPrice = ticksFor(initialPrice);
    const { maxAge, tradeAge } = listing.parameters;
    return {
      ...listing,
      initialPrice,
      ticksPerPrice,
      parameters: {
        ...listing.parameters,
        lotsPerUnit: LOT_TICKS / ticksPerPrice,
        maxAge: Math.min(MAX_AGE_LIMIT, Math.max(maxAge, STALE_INTERVALS * interval)),
        tradeAge: Math.min(MAX_AGE_LIMIT, Math.max(tradeAge, Math.ceil(OLD_INTERVALS * interval))),
      },
    };
  });
}

/** The smallest power of ten that makes the price enough ticks, and leaves at least one lot a unit. */
function ticksFor(price: number): bigint {
  let ticks = 1n;
  while (price * Number(ticks) < LEAST_TICKS && ticks < LOT_TICKS) ticks *= 10n;
  if (price * Number(ticks) >= 2 ** 22) throw new DemoError(`a first price of ${price} does not fit the demo's ticks`);
  return ticks;
}
