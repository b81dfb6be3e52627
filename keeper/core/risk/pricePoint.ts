/**
 * A price as a move of the mark, and as a multiple of an hour's standard deviation. A line that the mark has already crossed is at the mark.
 */
import { abs } from "../integers.ts";
import { PIPS } from "./limits.ts";
import type { Direction, PricePoint } from "./types.ts";

export function pricePoint(direction: Direction, crossing: bigint, mark: bigint, volatility: bigint): PricePoint {
  const crossed = direction === "down" ? crossing > mark : crossing < mark;
  const price = crossed ? mark : crossing;
  // bigint division truncates: towards zero, so that no move is said to be smaller in effect than it is
  const move = ((price - mark) * PIPS) / mark;
  return { price, move, sigmasMilli: volatility > 0n ? (abs(move) * 1000n) / volatility : undefined };
}
