/**
 * Where eligible profits are used up (stage 4 begins), if the mark jumps there and the book takes nothing.
 *
 * Bankrupt positions are resolved furthest first. What position i and those before it need are their lots; who is eligible for it is in
 * profit at its X by a whole entry tick (eligibility.ts). Those sets only grow from position to position, so stage 3 suffices for all of
 * them exactly when, for every i, the lots of 1 … i are at most the eligible lots at X_i; the first i for which they are more needs
 * principal. One walk over the sorted bankruptcy prices, whole blocks skipped.
 */
import { coordinateU, entryTick, MAX_U } from "../grid.ts";
import { floorDiv } from "../integers.ts";
import { coordinate } from "./coordinate.ts";
import type { Columns } from "./createColumns.ts";
import type { RiskSide } from "./createSide.ts";
import type { Direction } from "./types.ts";

/**
 * @param hurt The side that the direction hurts. @param other The side of its counterparties.
 * @returns The bankruptcy threshold of that position, X16; undefined when profits always suffice.
 */
export function principalThreshold(
  direction: Direction,
  columns: Columns,
  hurt: RiskSide,
  other: RiskSide,
  base: number,
): bigint | undefined {
  const bankruptIsLong = direction === "down";
  const eligible = runningSum(other.lotsByPlace);
  // eligible lots at X: those with u below the u of X
  const lotsAt = (x: bigint) => (x <= 0n ? 0 : (eligible[coordinateU(!bankruptIsLong, entryTick(x, base))] as number));
  const priceOf = (row: number) => coordinate(direction, columns.bankruptcyKey[row] as bigint);

  let found: bigint | undefined;
  hurt.bankruptcies.walk(
    // X lies within one step of the threshold, and further rows have more eligible lots
    (lotsAtEnd, firstRow) => lotsAtEnd <= lotsAt(bankruptIsLong ? priceOf(firstRow) + 1n : priceOf(firstRow) - 1n),
    (row, lots) => {
      const size = BigInt(Math.abs(columns.lots[row] as number));
      const x = floorDiv(BigInt(columns.settled[row] as number) << 16n, size);
      if (lots <= lotsAt(x)) return false;
      found = priceOf(row);
      return true;
    },
  );
  return found;
}

/** Lots of a side with index coordinate u below each place. */
function runningSum(lotsByPlace: Float64Array): Float64Array {
  const before = new Float64Array(MAX_U + 2);
  for (let u = 0; u <= MAX_U; u++) before[u + 1] = (before[u] as number) + (lotsByPlace[u] as number);
  return before;
}
