/**
 * Both thresholds of a position, in floating point where that is provably exact, else in bigint. A million positions need it.
 *
 * Bankruptcy: K·2^16 is a double without rounding, `%` on doubles is exact, and a quotient below 2^50 survives the two roundings of
 * (a − r)/q within one half. Liquidation: five roundings of at most 2^-53 each, relative to |K|·2^16·1e6 + c_j, bound the error of each
 * line's quotient; unless the nearest integer lies within that bound (taken four times as wide), rounding up or down cannot err.
 */
import { bankruptcyThreshold } from "./bankruptcyThreshold.ts";
import { liquidationThreshold } from "./liquidationThreshold.ts";
import type { TierLine } from "./tierLines.ts";

export type Thresholds = {
  /**
   * X16. `lots` is unsigned; `cost` is K and `exactCost` the same as bigint, asked for only when floating point does not suffice.
   * Answers are doubles when they are safe integers, else bigints.
   */
  readonly bankruptcy: (isLong: boolean, lots: number, cost: number, exactCost: () => bigint) => number | bigint;
  readonly liquidation: (isLong: boolean, lots: number, cost: number, exactCost: () => bigint) => number | bigint;
};

const SCALE = 65_536;
const QUOTIENT_LIMIT = 2 ** 50;
const ERROR = 2 ** -50;

export function createThresholds(lines: readonly TierLine[]): Thresholds {
  const rates = Float64Array.from(lines, ({ rate }) => Number(rate));
  const offsets = Float64Array.from(lines, ({ offset }) => Number(offset));
  return {
    bankruptcy(isLong, lots, cost, exactCost) {
      if (cost > 0 && cost <= Number.MAX_SAFE_INTEGER) {
        const value = cost * SCALE;
        const rest = value % lots;
        const quotient = Math.round((value - rest) / lots);
        if (quotient < QUOTIENT_LIMIT) return isLong && rest === 0 ? quotient - 1 : isLong ? quotient : quotient + 1;
      }
      return bankruptcyThreshold(isLong, BigInt(lots), exactCost());
    },
    liquidation(isLong, lots, cost, exactCost) {
      if (cost > 0 && cost <= Number.MAX_SAFE_INTEGER) {
        const value = cost * SCALE * 1e6;
        let nearest = isLong ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
        let error = 0;
        for (let j = 0; j < rates.length; j++) {
          const [rate, offset] = [rates[j] as number, offsets[j] as number];
          const divisor = lots * (isLong ? 1e6 - rate : 1e6 + rate);
          const quotient = (isLong ? value - offset : value + offset) / divisor;
          error = Math.max(error, ((value + offset) / divisor) * ERROR);
          if (isLong ? quotient > nearest : quotient < nearest) nearest = quotient;
        }
        const whole = Math.round(nearest);
        if (whole < QUOTIENT_LIMIT && Math.abs(nearest - whole) > error) {
          return isLong ? Math.ceil(nearest) - 1 : Math.floor(nearest) + 1;
        }
      }
      return liquidationThreshold(isLong, BigInt(lots), exactCost(), lines);
    },
  };
}
