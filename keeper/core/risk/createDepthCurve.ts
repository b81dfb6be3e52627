/**
 * What one side of the book can take of a forced close, as the contract limits it: levels from the best to the mark less (or plus) the
 * market's slippage.
 *
 * The book is taken to keep its shape as the mark moves: a level's distance to the mark stays, in price. Then what closing N lots costs
 * beyond the mark is a fixed convex function of N. Levels better than the mark count as at the mark. Lots beyond the last level cost
 * the whole slippage.
 */
import { ceilDiv } from "../integers.ts";
import { PIPS } from "./limits.ts";
import type { Direction, RiskDepth, RiskParameters } from "./types.ts";

export type DepthCurve = {
  /** Lots within slippage. */
  readonly lots: bigint;
  /** What closing `lots` costs beyond the mark, quote atoms × 2^16. */
  readonly exitCost: (lots: bigint) => bigint;
};

type Step = { readonly lotsBefore: bigint; readonly costBefore: bigint; readonly distance: bigint };

/** @param direction `down`: the bids, which take what longs sell. */
export function createDepthCurve(
  direction: Direction,
  depth: RiskDepth,
  price: bigint,
  { tickValue, slippageRate }: Pick<RiskParameters, "tickValue" | "slippageRate">,
): DepthCurve {
  const sells = direction === "down";
  const limit = slippageTick(sells, price, tickValue, slippageRate);
  const steps: Step[] = [];
  let [lots, cost] = [0n, 0n];
  for (const level of sells ? depth.bids : depth.asks) {
    const tick = BigInt(level.tick);
    if (sells ? tick < limit : tick > limit) break;
    const at = (tick * tickValue) << 16n;
    const behind = sells ? price - at : at - price;
    const distance = behind > 0n ? behind : 0n;
    steps.push({ lotsBefore: lots, costBefore: cost, distance });
    lots += level.lots;
    cost += level.lots * distance;
  }
  steps.push({ lotsBefore: lots, costBefore: cost, distance: ceilDiv(price * slippageRate, PIPS) });

  return {
    lots,
    exitCost(closed) {
      let [low, high] = [0, steps.length - 1];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((steps[middle] as Step).lotsBefore <= closed) low = middle;
        else high = middle - 1;
      }
      const { lotsBefore, costBefore, distance } = steps[low] as Step;
      return costBefore + (closed - lotsBefore) * distance;
    },
  };
}

/** The worst tick of a forced close (LiquidationPlan.slippageTick). */
export function slippageTick(sells: boolean, price: bigint, tickValue: bigint, slippageRate: bigint): bigint {
  const unit = (PIPS << 16n) * tickValue;
  return sells ? ceilDiv(price * (PIPS - slippageRate), unit) : (price * (PIPS + slippageRate)) / unit;
}
