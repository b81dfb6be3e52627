/**
 * One step of the LeverageWaterfill, bit for bit as WaterStep.sol: how far the position at the head of the order comes down, and how many
 * lots that takes.
 */
import { MAX, rowEdge } from "./grid.ts";
import { abs, ceilDiv } from "./integers.ts";
import { bankruptcyCost } from "./risk/closing.ts";
import type { Position } from "./types.ts";

/** A step is a sixteenth of the distance from the mark. */
const PART_BITS = 4;
/** What rounding the price of a close and its cover can take, atoms × 2^16. */
const SLACK = 2n << 16n;

/** The row that a position in row v comes down to. */
export function targetRow(v: number, vMin: number): number {
  return Math.min(MAX, v + 1 + ((v - vMin) >> PART_BITS));
}

/**
 * The smallest number of lots whose close brings settled counterparty `o` into the row or beyond; all, if there is no less.
 *
 * @param v Row that it is in. @param cover What the fund can pay for the whole bankrupt position, quote atoms.
 */
export function lotsTo(bankrupt: Position, o: Position, v: number, row: number, base: number, cover: bigint): bigint {
  const size = abs(o.lots);
  if (v === MAX) return size;
  const isLong = o.lots > 0n;
  const edge = rowEdge(isLong, row, base) + o.fundingIndex;
  const open = abs(bankrupt.lots);
  const side = isLong ? 1n : -1n;
  const far = side * ((bankruptcyCost(o) << 16n) - edge * size) + SLACK;
  const near = side * ((bankruptcyCost(bankrupt) << 16n) - edge * open) + (cover << 16n);
  if (near <= 0n) return size;
  if (far <= 0n) return 1n;
  const lots = ceilDiv(far * open, near);
  return lots < size ? lots : size;
}
