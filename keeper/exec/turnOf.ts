/**
 * How long a keeper waits before it takes a piece of work that it has just seen. Keepers that know of each other take turns, in an order that the
 * work and the block decide: the first begins at once, and each of the others so much later that it sees in the mempool what was begun
 * before it. A keeper that knows of nobody draws from the whole time.
 */
import { keccak256, toHex } from "viem";

export type Turn = {
  readonly keeper: string;
  /** Lower case, without `keeper`. */
  readonly others: readonly string[];
  /** What is to be done, by name and amount, and at which block. */
  readonly work: string;
  /** Milliseconds. */
  readonly most: number;
};

/** Of a turn: keepers that do not agree yet about who is there rarely begin at the same moment even so. */
const SPREAD = 0.25;

/** @returns Milliseconds below `most`, the same every time for the same keeper and work. */
export function turnOf({ keeper, others, work, most }: Turn): number {
  if (most === 0) return 0;
  const mine = draw(keeper.toLowerCase(), work);
  if (others.length === 0) return mine * most;
  const before = others.filter((other) => draw(other, work) < mine).length;
  return ((before + SPREAD * mine) * most) / (others.length + 1);
}

/** Of [0, 1). */
function draw(keeper: string, work: string): number {
  return Number.parseInt(keccak256(toHex(`${keeper} ${work}`)).slice(2, 10), 16) / 2 ** 32;
}
