/**
 * The grid of the rank index, bit for bit as Grid.sol: price → tick → price, and the mirrored coordinates (u, v).
 *
 * Ticks are small floating-point numbers (4 bits of exponent; 8 bits of mantissa; bankruptcy prices have a sign, too).
 * All prices are X16. Both tick functions are monotone over all inputs and clamp outside the grid.
 */

/** Bits of v in a cell id. */
export const BITS = 13;
/** Largest bankruptcy tick, and largest v. */
export const MAX = (1 << BITS) - 1;
/** Largest entry tick, and largest u. */
export const MAX_U = (1 << (BITS - 1)) - 1;
/** Bankruptcy tick of the first cell at or above zero. */
export const ZERO = 1 << (BITS - 1);

const ENTRY_MANTISSA = 8;
const BANKRUPTCY_MANTISSA = 8;

/** Tick of a price ≥ 0: 0 below the first octave, all ones above the last. */
export function entryTick(price: bigint, base: number): number {
  return encode(price, base, ENTRY_MANTISSA);
}

/** Tick of a signed price. */
export function bankruptcyTick(price: bigint, base: number): number {
  if (price >= 0n) return ZERO + encode(price, base, BANKRUPTCY_MANTISSA);
  return ZERO - 1 - encode(~price, base, BANKRUPTCY_MANTISSA);
}

/** The price that stands for an entry tick: the lower edge of its cell. Never zero. */
export function entryPrice(tick: number, base: number): bigint {
  return decode(tick, base, ENTRY_MANTISSA);
}

/** The price that stands for a bankruptcy tick: the edge nearer to zero. */
export function bankruptcyPrice(tick: number, base: number): bigint {
  if (tick >= ZERO) return decode(tick - ZERO, base, BANKRUPTCY_MANTISSA);
  return -decode(ZERO - 1 - tick, base, BANKRUPTCY_MANTISSA);
}

/**
 * Width of the bankruptcy cell that holds a price ≥ 0, X16, rounded up. The outermost has no end: its width is more than any position
 * can bear.
 */
export function tickWidth(price: bigint, base: number): bigint {
  const tick = encode(price, base, BANKRUPTCY_MANTISSA);
  if (tick === 0) return (1n << BigInt(base)) + (1n << BigInt(base - BANKRUPTCY_MANTISSA)) + 1n;
  if (tick === (16 << BANKRUPTCY_MANTISSA) - 1) return 1n << 128n;
  return (1n << BigInt(exponentOf(price) - BANKRUPTCY_MANTISSA)) + 1n;
}

export function coordinateU(isLong: boolean, tick: number): number {
  return isLong ? tick : MAX_U - tick;
}

export function coordinateV(isLong: boolean, tick: number): number {
  return isLong ? MAX - tick : tick;
}

/** The price of row v that is nearest to the mark's side, X16: a long is in the row or beyond it below, a short at or above. */
export function rowEdge(isLong: boolean, v: number, base: number): bigint {
  const tick = isLong ? MAX - v + 1 : v; // a long's row ends where the tick above begins
  if (tick >= ZERO) return tick === ZERO ? 0n : decode(tick - ZERO, base, BANKRUPTCY_MANTISSA);
  // below zero a tick's lower price is the outer edge
  return -decode(ZERO - tick, base, BANKRUPTCY_MANTISSA);
}

/** Cell id: orders by u, then by v. */
export function cellOf(u: number, v: number): number {
  return (u << BITS) | v;
}

/** Base exponent of a market listed at `price`: seven octaves lie below the price's own, eight above. */
export function baseFor(price: bigint): number {
  return exponentOf(price) - 7;
}

function encode(x: bigint, base: number, mantissa: number): number {
  if (x >> BigInt(base) === 0n) return 0;
  const exponent = exponentOf(x);
  if (exponent - base >= 16) return (16 << mantissa) - 1;
  // the implicit leading one carries into the exponent field: hence the last term
  return ((exponent - base) << mantissa) + Number(x >> BigInt(exponent - mantissa)) - (1 << mantissa);
}

function decode(tick: number, base: number, mantissa: number): bigint {
  const one = 1 << mantissa;
  return BigInt(one | (tick & (one - 1))) << BigInt((tick >> mantissa) + base - mantissa);
}

/** Position of the highest set bit of x > 0. Hexadecimal is the one radix whose length is cheap to ask a bigint for. */
function exponentOf(x: bigint): number {
  const digits = x.toString(16);
  return digits.length * 4 - 1 - (Math.clz32(Number.parseInt(digits[0] ?? "0", 16)) - 28);
}
