/**
 * One step of the LeverageWaterfill, bit for bit as WaterStep.sol: how many lots bring the position at the head of the order into the next row.
 */

import { bankruptcyCost } from "./closing.ts";
import { bankruptcyTick, coordinateV, MAX, rowEdge } from "./grid.ts";
import { abs, ceilDiv } from "./integers.ts";
import type { Position } from "./types.ts";

/** What rounding the price of a close and its cover can take, atoms × 2^16. */
const SLACK = 2n << 16n;

/** The first row of the wide steps, a leverage of about 8/7: from there on a step crosses up to sixteen rows. */
export function wideFrom(isLong: boolean, adjusted: bigint, base: number): number {
  return coordinateV(isLong, bankruptcyTick((isLong ? adjusted : adjusted * 15n) >> 3n, base));
}

/**
 * The smallest number of lots whose close brings settled counterparty `o` into its next row or beyond; all, if there is no less or no such row. The next
 * row is v + 1, in wide steps the next multiple of sixteen.
 *
 * @param v Row that it is in. @param wide See wideFrom. @param cover What the fund can pay for the whole bankrupt position, quote atoms.
 */
export function lotsToNextRow(
  bankrupt: Position,
  o: Position,
  v: number,
  wide: number,
  base: number,
  cover: bigint,
): bigint {
  const size = abs(o.lots);
  const target = v < wide ? v + 1 : (v | 15) + 1;
  if (target > MAX) return size;
  const isLong = o.lots > 0n;
  const edge = rowEdge(isLong, target, base) + o.fundingIndex;
  const open = abs(bankrupt.lots);
  const side = isLong ? 1n : -1n;
  const far = side * ((bankruptcyCost(o) << 16n) - edge * size) + SLACK;
  const near = side * ((bankruptcyCost(bankrupt) << 16n) - edge * open) + (cover << 16n);
  if (near <= 0n) return size;
  if (far <= 0n) return 1n;
  const lots = ceilDiv(far * open, near);
  return lots < size ? lots : size;
}
