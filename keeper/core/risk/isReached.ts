/**
 * Whether a price would reach anybody: the first in the order of liquidation prices of either side.
 */
import type { Columns } from "./createColumns.ts";
import type { RiskSide } from "./createSide.ts";
import { positionRiskOf } from "./positionRiskOf.ts";

export function isReached(sides: readonly RiskSide[], columns: Columns, price: bigint): boolean {
  return sides.some(({ liquidations }) =>
    liquidations.rows(0, 1).some((row) => positionRiskOf(columns, row, price).status !== "healthy"),
  );
}
