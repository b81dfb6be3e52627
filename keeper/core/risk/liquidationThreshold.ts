/**
 * The price nearest to safety at which the contract finds a settled position below maintenance (LiquidationPlan.isBelowMaintenance:
 * equity × 2^16 × 1e6 < M). As M is the maximum of its tiers' lines, a position is below it when it is below any of them:
 *
 *     long:  P < (K·2^16·1e6 − c_j) / (|lots|·(1e6 − r_j))  for any j   ⇔   P ≤ max over j of ⌈…⌉ − 1
 *     short: P > (K·2^16·1e6 + c_j) / (|lots|·(1e6 + r_j))  for any j   ⇔   P ≥ min over j of ⌊…⌋ + 1
 *
 * Rates are below one (the contract demands maintenance < initial ≤ 1), so the divisors are positive.
 *
 * @param lots Unsigned. @param cost K, quote atoms.
 * @returns X16; never farther from the mark than the bankruptcy threshold.
 */
import { ceilDiv, floorDiv } from "../integers.ts";
import { PIPS } from "./limits.ts";
import type { TierLine } from "./tierLines.ts";

export function liquidationThreshold(isLong: boolean, lots: bigint, cost: bigint, lines: readonly TierLine[]): bigint {
  const value = (cost << 16n) * PIPS;
  let nearest: bigint | undefined;
  for (const { rate, offset } of lines) {
    const threshold = isLong
      ? ceilDiv(value - offset, lots * (PIPS - rate)) - 1n
      : floorDiv(value + offset, lots * (PIPS + rate)) + 1n;
    if (nearest === undefined || (isLong ? threshold > nearest : threshold < nearest)) nearest = threshold;
  }
  if (nearest === undefined) throw new Error("a market has at least its first tier");
  return nearest;
}
