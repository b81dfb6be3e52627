/**
 * The key of a threshold: the coordinate that grows as the price moves away from the side's safety, the threshold itself for shorts, its
 * distance below MAX_PRICE for longs. A position is over the line exactly when its key is at or below the coordinate of the price.
 */
import { MAX_PRICE } from "./limits.ts";

/** The key of a position that no price makes bankrupt, or liquidatable. */
export const NEVER = -1n;

const WORD = 2 ** 32;
/** The upper word of MAX_PRICE, whose lower word is zero. */
const MAX_HIGH = Number(MAX_PRICE >> 32n);
/** Keys as words, by array: the same memory, without a bigint for each key. */
const words = new WeakMap<BigInt64Array, Int32Array>();

export function wordsOf(keys: BigInt64Array): Int32Array {
  let view = words.get(keys);
  if (view === undefined) {
    view = new Int32Array(keys.buffer, keys.byteOffset, 2 * keys.length);
    words.set(keys, view);
  }
  return view;
}

export function writeKey(keys: BigInt64Array, row: number, isLong: boolean, threshold: number | bigint): void {
  if (typeof threshold === "bigint" || threshold < 1) keys[row] = exactKey(isLong, BigInt(threshold));
  else {
    const high = Math.floor(threshold / WORD);
    const low = threshold - high * WORD;
    const view = wordsOf(keys);
    // stored modulo 2^32, which is what a word is
    view[2 * row] = isLong ? -low : low;
    view[2 * row + 1] = isLong ? MAX_HIGH - high - (low > 0 ? 1 : 0) : high;
  }
}

function exactKey(isLong: boolean, price: bigint): bigint {
  if (isLong) return price < 1n ? NEVER : MAX_PRICE - (price < MAX_PRICE ? price : MAX_PRICE);
  return price >= MAX_PRICE ? NEVER : price < 1n ? 1n : price;
}
