/**
 * The price nearest to safety at which the contract finds a settled position bankrupt (Margin.isBankrupt: equity × 2^16 < 0):
 *
 *     long:  |lots|·P < K·2^16   ⇔   P ≤ ⌈K·2^16/|lots|⌉ − 1
 *     short: |lots|·P > K·2^16   ⇔   P ≥ ⌊K·2^16/|lots|⌋ + 1
 *
 * @param lots Unsigned. @param cost K, quote atoms.
 * @returns X16. It may be zero or negative: then no price makes a long bankrupt, and every price a short.
 */
import { ceilDiv, floorDiv } from "../integers.ts";

export function bankruptcyThreshold(isLong: boolean, lots: bigint, cost: bigint): bigint {
  const value = cost << 16n;
  return isLong ? ceilDiv(value, lots) - 1n : floorDiv(value, lots) + 1n;
}
