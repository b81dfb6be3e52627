/**
 * The farthest price at which S ≤ insurance, by one binary search over the sorted bankruptcy prices and one division.
 *
 * S never falls as the price moves away: each bankrupt position's deficit grows, more positions become bankrupt, and the cost of leaving
 * grows with their lots. Between two bankruptcy prices the set is fixed and S is a straight line, which is solved exactly.
 */
import { ceilDiv, floorDiv } from "../integers.ts";
import { coordinate } from "./coordinate.ts";
import type { SortedBlocks } from "./createSortedBlocks.ts";
import { MAX_PRICE, ONE_X16 } from "./limits.ts";
import { type ExitCost, shortfallX16 } from "./shortfallX16.ts";
import type { Direction } from "./types.ts";

/** @returns X16, at most one step before S exceeds the insurance; undefined when no representable price does. */
export function lastSolventPrice(
  direction: Direction,
  bankruptcies: SortedBlocks,
  exitCost: ExitCost,
  insurance: bigint,
): bigint | undefined {
  const limit = insurance * ONE_X16;
  const failing = bankruptcies.first(
    (key, lots, cost) => shortfallX16(direction, coordinate(direction, key), BigInt(lots), cost, exitCost) > limit,
  );
  const down = direction === "down";
  const before = failing && coordinate(direction, failing.key) + (down ? 1n : -1n);
  // only strictly nearer keys: rows that share the failing key are bankrupt only from it on
  const solid = failing === undefined ? bankruptcies.total() : bankruptcies.upTo(failing.key - 1n);
  if (solid.count === 0) return before;
  const lots = BigInt(solid.lots);
  const room = limit - exitCost(lots);
  const value = solid.cost << 16n;
  const solved = down ? ceilDiv(value - room, lots) : floorDiv(value + room, lots);
  const nearer = before === undefined || (down ? solved > before : solved < before) ? solved : before;
  return nearer >= 1n && nearer < MAX_PRICE ? nearer : undefined;
}
