/**
 * One block of createSortedBlocks: up to CAPACITY rows in the order of (key, row), with inclusive running sums of lots and of K.
 *
 * K is summed in two parts, K = high·2^26 + low with 0 ≤ low < 2^26: |K| < 2^52, so sums of a hundred million rows are exact in doubles.
 */
export const CAPACITY = 768;

export type Block = {
  /** Rows in it. */
  n: number;
  readonly keys: BigInt64Array;
  readonly rows: Int32Array;
  readonly lots: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
};

export const PART = 2 ** 26;

/** Empty blocks out of one piece of memory. */
export function emptyBlocks(count: number): Block[] {
  const n = count * CAPACITY;
  const keys = new BigInt64Array(n);
  const rows = new Int32Array(n);
  const [lots, high, low] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [i * CAPACITY, (i + 1) * CAPACITY];
    return {
      n: 0,
      keys: keys.subarray(from, to),
      rows: rows.subarray(from, to),
      lots: lots.subarray(from, to),
      high: high.subarray(from, to),
      low: low.subarray(from, to),
    };
  });
}

export function emptyBlock(): Block {
  return emptyBlocks(1)[0] as Block;
}

export function isBefore(block: Block, i: number, key: bigint, row: number): boolean {
  const other = block.keys[i] as bigint;
  return other < key || (other === key && (block.rows[i] as number) < row);
}

/** The first place of a block that does not come before (key, row). */
export function place(block: Block, key: bigint, row: number): number {
  let [low, high] = [0, block.n];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(block, middle, key, row)) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function shift(block: Block, from: number, to: number, count: number): void {
  block.keys.copyWithin(to, from, from + count);
  block.rows.copyWithin(to, from, from + count);
  block.lots.copyWithin(to, from, from + count);
  block.high.copyWithin(to, from, from + count);
  block.low.copyWithin(to, from, from + count);
}

/** Adds to the running sums from place `i` on. */
export function add(block: Block, i: number, lots: number, high: number, low: number): void {
  for (let j = i; j < block.n; j++) {
    block.lots[j] = (block.lots[j] as number) + lots;
    block.high[j] = (block.high[j] as number) + high;
    block.low[j] = (block.low[j] as number) + low;
  }
}

/** Takes the upper half of a block into a new one. */
export function upperHalf(block: Block): Block {
  const rest = emptyBlock();
  const half = block.n >> 1;
  rest.n = block.n - half;
  rest.keys.set(block.keys.subarray(half, block.n));
  rest.rows.set(block.rows.subarray(half, block.n));
  rest.lots.set(block.lots.subarray(half, block.n));
  rest.high.set(block.high.subarray(half, block.n));
  rest.low.set(block.low.subarray(half, block.n));
  block.n = half;
  const last = half - 1;
  add(rest, 0, -(block.lots[last] as number), -(block.high[last] as number), -(block.low[last] as number));
  return rest;
}
