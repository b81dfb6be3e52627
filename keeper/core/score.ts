/**
 * The PnlLeverage score of an index cell, bit for bit as RankScore.sol:
 *
 *     score = side·(P − e)/e × P / equityPerLot × 2^64,    equityPerLot = |P' − b|
 *
 * evaluated at the prices that stand for the cell. Intermediate values wrap at 2^256 as they do in the contract's unchecked block.
 */
import { bankruptcyPrice, entryPrice, MAX, MAX_U } from "./grid.ts";

const SCALE_BITS = 64n;

export type ScoreParameters = {
  /** Side of the counterparties. */
  readonly isLong: boolean;
  readonly base: number;
  /** P, X16. */
  readonly price: bigint;
  /** P' = P − F, X16. */
  readonly adjusted: bigint;
  /** Eligible cells have u below this … */
  readonly uLimit: number;
  /** … and v at or above this. */
  readonly vMin: number;
};

/** side·(P − e)·P / e × 2^64; zero where the representative price is not in profit. */
export function gain(p: ScoreParameters, u: number): bigint {
  const entry = entryPrice(p.isLong ? u : MAX_U - u, p.base);
  const profit = p.isLong ? p.price - entry : entry - p.price;
  if (profit <= 0n) return 0n;
  return BigInt.asUintN(256, (profit * p.price) << SCALE_BITS) / entry;
}

/** |P' − b| in X16 for eligible v; at least 1, as at the very edge of a cell below zero. */
export function equity(p: ScoreParameters, v: number): bigint {
  const b = bankruptcyPrice(p.isLong ? MAX - v : v, p.base);
  const distance = p.isLong ? p.adjusted - b : b - p.adjusted;
  return distance > 0n ? distance : 1n;
}

/** Score of an eligible cell × 2^64, rounded down. */
export function score(p: ScoreParameters, u: number, v: number): bigint {
  return gain(p, u) / equity(p, v);
}
