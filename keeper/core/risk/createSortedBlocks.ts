/**
 * Rows in the order of a key, with running sums of their lots (and of K): what becomes of a side as the price moves away.
 *
 * Sorted blocks of at most 768 rows, each with its running sums; over them the running sums of whole blocks. So a query is two binary
 * searches, O(log n), and a change moves the rows of one block and the sums of the blocks behind it, O(√n) with small constants: tens of
 * microseconds at a million rows, where a balanced tree would miss the cache at every level.
 *
 * Invariants: rows are ordered by (key, row); no block is empty.
 */
import {
  add,
  type Block,
  CAPACITY,
  emptyBlock,
  emptyBlocks,
  isBefore,
  PART,
  place,
  shift,
  upperHalf,
} from "./block.ts";
import { sortOrder } from "./sortOrder.ts";

/** Blocks are built two thirds full: a change rarely has to split one. */
const FILL = (CAPACITY * 2) / 3;

export type Prefix = {
  readonly count: number;
  /** Unsigned. */
  readonly lots: number;
  /** Σ K, quote atoms. */
  readonly cost: bigint;
};

export type SortedBlocks = {
  readonly size: () => number;
  readonly total: () => Prefix;
  /** Sums over the rows with key ≤ `key`. */
  readonly upTo: (key: bigint) => Prefix;
  /**
   * The first row for which `fails(key, sums)` holds, sums including it; undefined when it holds for none. `fails` must stay true once it is.
   */
  readonly first: (fails: (key: bigint, lots: number, cost: bigint) => boolean) => { readonly key: bigint } | undefined;
  /** Rows from a place in the order on. */
  readonly rows: (from: number, count: number) => number[];
  /** Walks blocks: `skip(lastLots, firstRow)` says whether a block need not be looked into; `visit` ends the walk by true. */
  readonly walk: (
    skip: (lotsAtEnd: number, firstRow: number) => boolean,
    visit: (row: number, lots: number) => boolean,
  ) => void;
  /** `lots` unsigned, `cost` K. */
  readonly insert: (key: bigint, row: number, lots: number, cost: number) => void;
  /** With the lots and K that it was inserted with. */
  readonly remove: (key: bigint, row: number, lots: number, cost: number) => void;
};

/** @param source Rows with key ≥ 0, ascending by row; unsigned lots and K by row. */
export function createSortedBlocks(
  rows: Int32Array,
  keyOf: BigInt64Array,
  lotsOf: Float64Array,
  costOf: Float64Array,
): SortedBlocks {
  const blocks: Block[] = [];
  // sums before each block, and one more entry for the total
  let counts: number[] = [0];
  let lotsBefore: number[] = [0];
  let highBefore: number[] = [0];
  let lowBefore: number[] = [0];
  build();

  return {
    size: () => counts[blocks.length] as number,
    total: () => sumsAt(blocks.length, -1),
    upTo(key) {
      const b = firstBlock((block) => (block.keys[block.n - 1] as bigint) > key);
      const block = blocks[b];
      return block === undefined ? sumsAt(blocks.length, -1) : sumsAt(b, place(block, key + 1n, -1) - 1);
    },
    first(fails) {
      const at = (b: number, block: Block, i: number) =>
        fails(
          block.keys[i] as bigint,
          (lotsBefore[b] as number) + (block.lots[i] as number),
          whole(
            (highBefore[b] as number) + (block.high[i] as number),
            (lowBefore[b] as number) + (block.low[i] as number),
          ),
        );
      const b = firstBlock((block, b) => at(b, block, block.n - 1));
      const block = blocks[b];
      if (block === undefined) return undefined;
      let [low, high] = [0, block.n - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (at(b, block, middle)) high = middle;
        else low = middle + 1;
      }
      return { key: block.keys[low] as bigint };
    },
    rows(from, count) {
      const found: number[] = [];
      let b = firstBlock((_, b) => (counts[b + 1] as number) > from);
      let i = from - (counts[b] ?? 0);
      for (; b < blocks.length && found.length < count; b++, i = 0) {
        const block = blocks[b] as Block;
        for (; i < block.n && found.length < count; i++) found.push(block.rows[i] as number);
      }
      return found;
    },
    walk(skip, visit) {
      for (const [b, block] of blocks.entries()) {
        const before = lotsBefore[b] as number;
        if (skip(before + (block.lots[block.n - 1] as number), block.rows[0] as number)) continue;
        for (let i = 0; i < block.n; i++) {
          if (visit(block.rows[i] as number, before + (block.lots[i] as number))) return;
        }
      }
    },
    insert(key, row, lots, cost) {
      if (blocks.length === 0) blocks.push(emptyBlock());
      let b = Math.min(
        blocks.length - 1,
        firstBlock((block) => !isBefore(block, block.n - 1, key, row)),
      );
      if ((blocks[b] as Block).n === CAPACITY) {
        blocks.splice(b + 1, 0, upperHalf(blocks[b] as Block));
        const half = blocks[b] as Block;
        if (isBefore(half, half.n - 1, key, row)) b++;
      }
      const block = blocks[b] as Block;
      const i = place(block, key, row);
      shift(block, i, i + 1, block.n - i);
      block.n++;
      block.keys[i] = key;
      block.rows[i] = row;
      block.lots[i] = i === 0 ? 0 : (block.lots[i - 1] as number);
      block.high[i] = i === 0 ? 0 : (block.high[i - 1] as number);
      block.low[i] = i === 0 ? 0 : (block.low[i - 1] as number);
      const high = Math.floor(cost / PART);
      add(block, i, lots, high, cost - high * PART);
      sumFrom(b);
    },
    remove(key, row, lots, cost) {
      const b = firstBlock((block) => !isBefore(block, block.n - 1, key, row));
      const block = blocks[b];
      const i = block === undefined ? 0 : place(block, key, row);
      if (block?.rows[i] !== row || block.keys[i] !== key) throw new Error(`row ${row} is not at key ${key}`);
      shift(block, i + 1, i, block.n - i - 1);
      block.n--;
      const high = Math.floor(cost / PART);
      add(block, i, -lots, -high, high * PART - cost);
      if (block.n === 0) blocks.splice(b, 1);
      sumFrom(b);
    },
  };

  function build(): void {
    const n = rows.length;
    const keys = new BigInt64Array(n);
    for (let i = 0; i < n; i++) keys[i] = keyOf[rows[i] as number] as bigint;
    const order = sortOrder(keys);
    blocks.push(...emptyBlocks(Math.ceil(n / FILL)));
    for (const [b, block] of blocks.entries()) {
      const start = b * FILL;
      block.n = Math.min(FILL, n - start);
      let lots = 0;
      let high = 0;
      let low = 0;
      for (let i = 0; i < block.n; i++) {
        const at = order[start + i] as number;
        const row = rows[at] as number;
        lots += Math.abs(lotsOf[row] as number);
        const cost = costOf[row] as number;
        const part = Math.floor(cost / PART);
        high += part;
        low += cost - part * PART;
        block.keys[i] = keys[at] as bigint;
        block.rows[i] = row;
        block.lots[i] = lots;
        block.high[i] = high;
        block.low[i] = low;
      }
    }
    sumFrom(0);
  }

  function sumFrom(first: number): void {
    const length = blocks.length + 1;
    counts = resized(counts, length);
    lotsBefore = resized(lotsBefore, length);
    highBefore = resized(highBefore, length);
    lowBefore = resized(lowBefore, length);
    for (let b = first; b < blocks.length; b++) {
      const block = blocks[b] as Block;
      counts[b + 1] = (counts[b] as number) + block.n;
      lotsBefore[b + 1] = (lotsBefore[b] as number) + (block.lots[block.n - 1] as number);
      highBefore[b + 1] = (highBefore[b] as number) + (block.high[block.n - 1] as number);
      lowBefore[b + 1] = (lowBefore[b] as number) + (block.low[block.n - 1] as number);
    }
  }

  /** Sums up to and with place `i` of block `b`; −1 for those before the block. */
  function sumsAt(b: number, i: number): Prefix {
    const block = i < 0 ? undefined : blocks[b];
    const [lots, high, low] = [block?.lots[i] ?? 0, block?.high[i] ?? 0, block?.low[i] ?? 0];
    return {
      count: (counts[b] as number) + i + 1,
      lots: (lotsBefore[b] as number) + lots,
      cost: whole((highBefore[b] as number) + high, (lowBefore[b] as number) + low),
    };
  }

  /** Index of the first block for which a test that stays true holds; the number of blocks when it holds for none. */
  function firstBlock(test: (block: Block, b: number) => boolean): number {
    let [low, high] = [0, blocks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (test(blocks[middle] as Block, middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function resized(sums: number[], length: number): number[] {
  sums.length = length;
  sums[0] = 0;
  return sums;
}

function whole(high: number, low: number): bigint {
  return BigInt(high) * BigInt(PART) + BigInt(low);
}
