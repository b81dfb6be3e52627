/**
 * How long a keeper waits before it takes a piece of work that it has just seen: the same every time for the same keeper and the same work, and
 * different for every other keeper, so that they do not all call at once.
 */
import { type Address, keccak256, toHex } from "viem";

/** @param work What is to be done, by name and amount. @returns Milliseconds below `most`. */
export function jitterOf(keeper: Address, work: string, most: number): number {
  if (most === 0) return 0;
  const draw = Number.parseInt(keccak256(toHex(`${keeper.toLowerCase()} ${work}`)).slice(2, 10), 16);
  return (draw * most) / 2 ** 32;
}
