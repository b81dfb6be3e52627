/**
 * The distribution of leverage = notional / equity at the mark. A position's bucket is decided exactly: in floating point unless the
 * ratio lies so near an edge that rounding could matter, then in bigint.
 */
import type { LeverageBucket } from "./types.ts";

/** Upper edges; one more bucket holds what is above, and what has no equity left. */
export const LEVERAGE_EDGES = [1, 2, 3, 5, 10, 20, 50, 100] as const;

export type LeverageCounter = {
  /** One position: unsigned lots, K (see settledCost), price X16 as a double and exactly. */
  readonly add: (isLong: boolean, lots: number, cost: number, nearPrice: number, price: bigint) => void;
  readonly buckets: () => LeverageBucket[];
};

export function createLeverageCounter(): LeverageCounter {
  const n = LEVERAGE_EDGES.length + 1;
  const positions = new Float64Array(n);
  const lotsIn = new Float64Array(n);
  return {
    add(isLong, lots, cost, nearPrice, price) {
      const notional = lots * nearPrice;
      const owed = cost * 65_536;
      const equity = isLong ? notional - owed : owed - notional;
      // both terms carry at most two roundings of 2^-53
      const error = (notional + Math.abs(owed)) * 2 ** -50;
      let bucket = 0;
      for (; bucket < LEVERAGE_EDGES.length; bucket++) {
        const excess = equity * (LEVERAGE_EDGES[bucket] as number) - notional;
        const bound = error * (LEVERAGE_EDGES[bucket] as number);
        if (excess > bound) break;
        if (excess < -bound) continue;
        const exact = (BigInt(lots) * price - (BigInt(cost) << 16n)) * (isLong ? 1n : -1n);
        if (exact * BigInt(LEVERAGE_EDGES[bucket] as number) >= BigInt(lots) * price) break;
      }
      positions[bucket] = (positions[bucket] as number) + 1;
      lotsIn[bucket] = (lotsIn[bucket] as number) + lots;
    },
    buckets: () =>
      Array.from(positions, (count, i) => ({
        above: LEVERAGE_EDGES[i - 1] ?? 0,
        upTo: LEVERAGE_EDGES[i],
        positions: count,
        lots: BigInt(lotsIn[i] as number),
      })),
  };
}
