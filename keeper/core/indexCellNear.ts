/**
 * The index cell of a position (indexKey.ts), in doubles where that is provably exact; −1 where it is not. A million positions need it.
 *
 * Floor of K·2^16/|lots|: K is below 2^53 and the factor a power of two, so the dividend is exact, and `%` on doubles is. What is left of it
 * divides, but for two roundings of 2^-53 each, and a quotient below 2^50 survives those within one half. Ticks are then read off the
 * double's own exponent and mantissa, as in entryTickNear.ts.
 */
import { entryTickNear } from "./entryTickNear.ts";
import { cellOf, coordinateU, coordinateV, ZERO } from "./grid.ts";

const view = new Float64Array(1);
const words = new Uint32Array(view.buffer);
const SCALE = 65_536;
const EXACT = 2 ** 50;
const LAST = (16 << 8) - 1;

/** @param lots Signed, not zero. All are safe integers, or the answer is −1. @param index F₀. */
export function indexCellNear(lots: number, cost: number, margin: number, index: number, base: number): number {
  const isLong = lots > 0;
  const size = isLong ? lots : -lots;
  const k = isLong ? cost - margin : cost + margin;
  if (!Number.isSafeInteger(margin) || !Number.isSafeInteger(k)) return -1;
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size)) return -1;
  const entry = entryTickNear(cost, size, base);
  if (entry === undefined) return -1;
  const value = k * SCALE;
  const rest = value % size;
  const quotient = Math.round((value - rest) / size);
  if (quotient >= EXACT || quotient <= -EXACT) return -1;
  const b = (rest < 0 ? quotient - 1 : quotient) - index;
  if (!Number.isSafeInteger(b)) return -1;
  const tick = b >= 0 ? ZERO + encode(b, base) : ZERO - 1 - encode(-b - 1, base);
  return cellOf(coordinateU(isLong, entry), coordinateV(isLong, tick));
}

function encode(x: number, base: number): number {
  view[0] = x;
  const high = words[1] as number; // little endian: sign and exponent, then the upper 20 bits of the mantissa
  const octave = (high >>> 20) - 1023 - base;
  if (octave < 0) return 0;
  return octave >= 16 ? LAST : (octave << 8) | ((high >>> 12) & 0xff);
}
