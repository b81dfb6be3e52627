/**
 * The order that sorts keys: indices, ascending by key, equal keys in the order given. A radix sort, because comparing a million bigints
 * takes longer than everything else together. Keys are not negative.
 */
const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

export function sortOrder(keys: BigInt64Array): Uint32Array {
  const n = keys.length;
  // little endian: the low word first
  const words = new Uint32Array(keys.buffer, keys.byteOffset, 2 * n);
  let [order, spare] = [new Uint32Array(n), new Uint32Array(n)];
  for (let i = 0; i < n; i++) order[i] = i;
  const differing = differingBits(words);
  const counts = new Uint32Array(DIGITS);
  const digits = new Uint16Array(n);
  for (let shift = 0; shift < 63; shift += DIGIT_BITS) {
    if (((differing >> BigInt(shift)) & BigInt(DIGITS - 1)) === 0n) continue;
    readDigits(words, digits, shift);
    counts.fill(0);
    for (let i = 0; i < n; i++) (counts[digits[i] as number] as number)++;
    let sum = 0;
    for (let d = 0; d < DIGITS; d++) {
      const count = counts[d] as number;
      counts[d] = sum;
      sum += count;
    }
    for (let i = 0; i < n; i++) {
      const index = order[i] as number;
      const digit = digits[index] as number;
      const place = counts[digit] as number;
      counts[digit] = place + 1;
      spare[place] = index;
    }
    [order, spare] = [spare, order];
  }
  return order;
}

/** Bits in which any two keys differ: a digit without one needs no pass. */
function differingBits(words: Uint32Array): bigint {
  let [low, high] = [0, 0];
  const [firstLow = 0, firstHigh = 0] = words;
  for (let i = 0; i < words.length; i += 2) {
    low |= (words[i] as number) ^ firstLow;
    high |= (words[i + 1] as number) ^ firstHigh;
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

function readDigits(words: Uint32Array, digits: Uint16Array, shift: number): void {
  const mask = DIGITS - 1;
  for (let i = 0; i < digits.length; i++) {
    const [low, high] = [words[2 * i] as number, words[2 * i + 1] as number];
    if (shift >= 32) digits[i] = (high >>> (shift - 32)) & mask;
    else if (shift + DIGIT_BITS <= 32) digits[i] = (low >>> shift) & mask;
    else digits[i] = ((low >>> shift) | (high << (32 - shift))) & mask;
  }
}
