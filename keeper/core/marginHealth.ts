/**
 * Whether a position may be liquidated, and how much of it a liquidation would try to close. As Liquidation.sol and LiquidationPlan.sol:
 * on the position after settlement, exact, without rounding equity or requirement.
 */
import { abs, ceilDiv } from "./integers.ts";
import { equityX16, PIPS, settle } from "./position.ts";
import type { MarketParameters, Position, Prices } from "./types.ts";

export type MarginHealth = {
  /** Quote atoms × 2^16, after settlement. */
  readonly equityX16: bigint;
  /** Quote atoms × 2^16 × 1e6. */
  readonly maintenanceX16Pips: bigint;
  readonly status: "healthy" | "liquidatable" | "bankrupt";
};

export function marginHealth(p: Position, prices: Prices, parameters: MarketParameters): MarginHealth {
  const equity = equityX16(settle(p, prices.funding), prices);
  const maintenance = abs(p.lots) * prices.price * parameters.maintenanceRate;
  const status = equity < 0n ? "bankrupt" : equity * PIPS < maintenance ? "liquidatable" : "healthy";
  return { equityX16: equity, maintenanceX16Pips: maintenance, status };
}

/**
 * Lots that restore the target ratio, fee and slippage included: x* = (m*·q·P − E) / (P·(m* − s − f)), rounded up; all of them where
 * that has no solution or would leave dust.
 *
 * @param fills Most fills there can be; each rounds its fee up by less than an atom.
 */
export function closeSize(p: Position, prices: Prices, parameters: MarketParameters, fills: number): bigint {
  const open = abs(p.lots);
  const { price } = prices;
  const { targetRate, slippageRate, liquidationFeeRate, minNotional } = parameters;
  const drag = slippageRate + liquidationFeeRate;
  const equity = equityX16(settle(p, prices.funding), prices) * PIPS;
  if (targetRate <= drag || equity <= open * price * drag) return open;
  const missing = open * price * targetRate - equity + ((BigInt(fills) * PIPS) << 16n);
  const lots = missing <= 0n ? 0n : ceilDiv(missing, price * (targetRate - drag));
  if (lots >= open || ((open - lots) * price) >> 16n < minNotional) return open;
  return lots;
}
