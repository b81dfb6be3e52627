/**
 * A set of grid coordinates (13 bits): one bit each, and over them one bit a word, so that the next member is found in a few steps however
 * empty the set is. The contract's bitmaps, once more.
 */
const WORDS = 256;
const SUMMARY = 8;

export type BitRow = Uint32Array;

export function createBitRow(): BitRow {
  return new Uint32Array(WORDS + SUMMARY);
}

export function setBit(row: BitRow, at: number): void {
  const word = at >>> 5;
  row[word] = (row[word] as number) | (1 << (at & 31));
  const summary = WORDS + (word >>> 5);
  row[summary] = (row[summary] as number) | (1 << (word & 31));
}

/** Returns whether the set is empty afterwards. */
export function clearBit(row: BitRow, at: number): boolean {
  const word = at >>> 5;
  const left = (row[word] as number) & ~(1 << (at & 31));
  row[word] = left;
  if (left !== 0) return false;
  const summary = WORDS + (word >>> 5);
  row[summary] = (row[summary] as number) & ~(1 << (word & 31));
  for (let i = WORDS; i < WORDS + SUMMARY; i++) if (row[i] !== 0) return false;
  return true;
}

/** The smallest member at or above `from`; −1 for none. */
export function nextBit(row: BitRow, from: number): number {
  if (from >= WORDS * 32) return -1;
  let word = from >>> 5;
  const rest = (row[word] as number) & (-1 << (from & 31));
  if (rest !== 0) return word * 32 + lowest(rest);
  word++;
  for (let summary = word >>> 5; summary < SUMMARY; summary++) {
    let words = row[WORDS + summary] as number;
    if (summary === word >>> 5) words &= -1 << (word & 31);
    if (words === 0) continue;
    const found = summary * 32 + lowest(words);
    return found * 32 + lowest(row[found] as number);
  }
  return -1;
}

function lowest(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
