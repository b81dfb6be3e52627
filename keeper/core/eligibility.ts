/**
 * Which cells of the counterparties' side may be deleveraged at X: in profit at X and solvent at the mark, by whole cells.
 */
import { bankruptcyTick, coordinateU, coordinateV, entryTick } from "./grid.ts";
import type { ScoreParameters } from "./score.ts";
import type { Prices } from "./types.ts";

/** @param x Bankruptcy price X of the bankrupt position, X16; it may be negative, and then nobody is in profit at it. */
export function eligibility(bankruptIsLong: boolean, x: bigint, prices: Prices, base: number): ScoreParameters {
  const isLong = !bankruptIsLong;
  const adjusted = prices.price - prices.funding;
  return {
    isLong,
    base,
    price: prices.price,
    adjusted,
    uLimit: x <= 0n ? 0 : coordinateU(isLong, entryTick(x, base)),
    vMin: coordinateV(isLong, bankruptcyTick(adjusted, base)) + 1,
  };
}
