/**
 * One position's distance from liquidation and from bankruptcy.
 */
import { abs } from "../integers.ts";
import type { AccountId } from "../types.ts";
import { coordinate } from "./coordinate.ts";
import { type Columns, NEVER } from "./createColumns.ts";
import { PIPS } from "./limits.ts";
import type { PositionRisk } from "./types.ts";

export function positionRiskOf(columns: Columns, row: number, price: bigint): PositionRisk {
  const { account, lots: signed, cost } = columns.positionAt(row);
  const isLong = signed > 0n;
  const lots = abs(signed);
  const owed = BigInt(columns.settled[row] as number) << 16n;
  const equityX16 = isLong ? lots * price - owed : owed - lots * price;
  const direction = isLong ? "down" : "up";
  const priceOf = (key: bigint) => (key === NEVER ? undefined : coordinate(direction, key));
  const moveTo = (to: bigint | undefined) => (to === undefined ? undefined : ((to - price) * PIPS) / price);
  const reached = (to: bigint | undefined) => to !== undefined && (isLong ? price <= to : price >= to);
  const liquidationPrice = priceOf(columns.liquidationKey[row] as bigint);
  const bankruptcyPrice = priceOf(columns.bankruptcyKey[row] as bigint);
  return {
    account: account satisfies AccountId,
    isLong,
    lots,
    entryPrice: (cost << 16n) / lots,
    margin: columns.marginAt(row),
    equity: equityX16 >> 16n,
    leverageMilli: equityX16 > 0n ? (lots * price * 1000n) / equityX16 : undefined,
    status: reached(bankruptcyPrice) ? "bankrupt" : reached(liquidationPrice) ? "liquidatable" : "healthy",
    liquidationPrice,
    bankruptcyPrice,
    liquidationMove: moveTo(liquidationPrice),
    bankruptcyMove: moveTo(bankruptcyPrice),
  };
}
