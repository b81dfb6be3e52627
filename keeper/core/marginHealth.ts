/**
 * Whether a position may be liquidated. As LiquidationPlan.sol: on the position after settlement, exact, without rounding equity or
 * requirement.
 */
import { abs } from "./integers.ts";
import { equityX16, PIPS, settle } from "./position.ts";
import { maintenanceX16Pips } from "./requirements.ts";
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
  const maintenance = maintenanceX16Pips(parameters, abs(p.lots), prices.price);
  const status = equity < 0n ? "bankrupt" : equity * PIPS < maintenance ? "liquidatable" : "healthy";
  return { equityX16: equity, maintenanceX16Pips: maintenance, status };
}
