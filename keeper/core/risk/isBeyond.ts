/**
 * Whether a price lies beyond the last one that a move in this direction could reach.
 */
import { MAX_PRICE } from "./limits.ts";
import type { Direction } from "./types.ts";

export function isBeyond(direction: Direction, price: bigint): boolean {
  return direction === "down" ? price < 1n : price >= MAX_PRICE;
}
