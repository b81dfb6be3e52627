/**
 * S at one price, with its parts: two binary searches. Quote atoms, each part rounded up.
 */
import { ceilDiv } from "../integers.ts";
import { coordinate } from "./coordinate.ts";
import type { DepthCurve } from "./createDepthCurve.ts";
import type { SortedBlocks } from "./createSortedBlocks.ts";
import { ONE_X16 } from "./limits.ts";
import { shortfallX16 } from "./shortfallX16.ts";
import type { Direction, Shortfall } from "./types.ts";

export function shortfallAt(
  direction: Direction,
  price: bigint,
  bankruptcies: SortedBlocks,
  curve: DepthCurve,
): Omit<Shortfall, "move"> {
  const { count, lots: near, cost } = bankruptcies.upTo(coordinate(direction, price));
  const lots = BigInt(near);
  const deficit = shortfallX16(direction, price, lots, cost, () => 0n);
  const exitCost = curve.exitCost(lots);
  return {
    price,
    bankruptcies: count,
    bankruptLots: lots,
    deficit: ceilDiv(deficit, ONE_X16),
    exitCost: ceilDiv(exitCost, ONE_X16),
    total: ceilDiv(deficit + exitCost, ONE_X16),
  };
}
