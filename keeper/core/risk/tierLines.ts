/**
 * The maintenance requirement of marginal tiers as straight lines. With n = |lots|·P (quote atoms × 2^16) the contract's sum over slices
 * (Margin.maintenanceX16) is
 *
 *     M(n) = max over tiers j of (r_j·n − c_j),   c_j = Σ_{i ≤ j} (r_i − r_{i−1})·from_i·2^16,   c_0 = 0
 *
 * because rates never fall from tier to tier (MarketConfig.validateTiers): a piecewise linear function with growing slopes is the upper
 * envelope of its pieces.
 */
import type { RiskParameters } from "./types.ts";

export type TierLine = {
  /** r_j, pips. */
  readonly rate: bigint;
  /** c_j, quote atoms × 2^16 × 1e6. */
  readonly offset: bigint;
};

export function tierLines({ maintenanceRate, tiers }: Pick<RiskParameters, "maintenanceRate" | "tiers">): TierLine[] {
  const lines: TierLine[] = [{ rate: maintenanceRate, offset: 0n }];
  let [rate, offset] = [maintenanceRate, 0n];
  for (const tier of tiers) {
    offset += (tier.maintenanceRate - rate) * (tier.from << 16n);
    rate = tier.maintenanceRate;
    lines.push({ rate, offset });
  }
  return lines;
}
