/**
 * Where a price lies on a direction's axis: the farther from the safety of the side that it hurts, the larger. `down` is the axis of the
 * longs. Its own inverse.
 */
import { MAX_PRICE } from "./limits.ts";
import type { Direction } from "./types.ts";

export function coordinate(direction: Direction, price: bigint): bigint {
  return direction === "down" ? MAX_PRICE - price : price;
}
