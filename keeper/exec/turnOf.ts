/**
 * How long a keeper waits before it takes a piece of work that it has just seen. Keepers that know of each other take turns, in an order that the
 * work and the block decide: the first begins at once, and each of the others a whole turn later, so that it sees in the mempool, or in the next
 * block, what was begun before it. The next block draws another order: whoever had the turn may be busy, or gone. A keeper that knows of nobody
 * begins at a moment of its own within the first turn.
 */
import { keccak256, toHex } from "viem";

export type Turn = {
  readonly keeper: string;
  /** Lower case, without `keeper`. */
  readonly others: readonly string[];
  /** What is to be done, by name and amount, and at which block. */
  readonly work: string;
  /** Milliseconds that a turn lasts. */
  readonly turnMs: number;
};

/** Of a turn: keepers that do not agree yet about who is there rarely begin at the same moment even so. */
const SPREAD = 0.1;

/** @returns Milliseconds, the same every time for the same keeper and work. */
export function turnOf({ keeper, others, work, turnMs }: Turn): number {
  if (turnMs === 0) return 0;
  const mine = draw(keeper.toLowerCase(), work);
  if (others.length === 0) return mine * turnMs;
  const before = others.filter((other) => draw(other, work) < mine).length;
  return (before + SPREAD * mine) * turnMs;
}

/** Of [0, 1). */
function draw(keeper: string, work: string): number {
  return Number.parseInt(keccak256(toHex(`${keeper} ${work}`)).slice(2, 10), 16) / 2 ** 32;
}
