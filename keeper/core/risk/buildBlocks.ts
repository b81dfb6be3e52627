/**
 * Sorts rows by key and lays them into blocks with running sums: the part of createSortedBlocks that a million positions go through at once.
 */
import { type Block, bitsOf, CAPACITY, emptyBlocks, PART } from "./block.ts";
import { sortOrder } from "./sortOrder.ts";

/** Blocks are built two thirds full: a change rarely has to split one. */
const FILL = (CAPACITY * 2) / 3;

/** @param rows Those with a key ≥ 0, ascending. @param costOf K by row; without it, K is not summed. */
export function buildBlocks(
  rows: Int32Array,
  keyOf: BigInt64Array,
  lotsOf: Float64Array,
  costOf?: Float64Array,
): Block[] {
  const n = rows.length;
  const keys = new BigInt64Array(n);
  // one record a row (key, row, lots, K) side by side: after sorting they are read in random order, and so with one miss of the cache
  const records = new Float64Array(4 * n);
  // keys move as the doubles that their bits spell, because reading one as bigint allocates it; up to 2^62 none of them spells NaN
  const [from, to] = [bitsOf(keyOf), bitsOf(keys)];
  for (let i = 0; i < n; i++) {
    const row = rows[i] as number;
    const key = from[row] as number;
    to[i] = key;
    records[4 * i] = key;
    records[4 * i + 1] = row;
    records[4 * i + 2] = Math.abs(lotsOf[row] as number);
    if (costOf !== undefined) records[4 * i + 3] = costOf[row] as number;
  }
  const order = sortOrder(keys);
  const blocks = emptyBlocks(Math.ceil(n / FILL));
  for (let b = 0; b < blocks.length; b++) fill(blocks[b] as Block, records, order, b * FILL);
  return blocks;
}

function fill(block: Block, records: Float64Array, order: Uint32Array, start: number): void {
  block.n = Math.min(FILL, order.length - start);
  const { bits, rows, lots, high, low, n } = block;
  let [sumOfLots, sumOfHigh, sumOfLow] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const at = 4 * (order[start + i] as number);
    bits[i] = records[at] as number;
    rows[i] = records[at + 1] as number;
    sumOfLots += records[at + 2] as number;
    const cost = records[at + 3] as number;
    const part = Math.floor(cost / PART);
    sumOfHigh += part;
    sumOfLow += cost - part * PART;
    lots[i] = sumOfLots;
    high[i] = sumOfHigh;
    low[i] = sumOfLow;
  }
}
