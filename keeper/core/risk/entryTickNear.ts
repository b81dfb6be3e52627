/**
 * The entry tick of cost / lots, read off a double's own exponent and mantissa; undefined where the quotient might be rounded (then Grid's
 * arithmetic in bigint decides). A tick is just that: an exponent above the base, and ten bits of mantissa.
 */
import { MAX } from "../grid.ts";

const view = new Float64Array(1);
const words = new Uint32Array(view.buffer);
const EXACT = 2 ** 50;

export function entryTickNear(cost: number, lots: number, base: number): number | undefined {
  if (cost > Number.MAX_SAFE_INTEGER) return undefined;
  const value = cost * 65_536;
  // exact for the same reasons as in createThresholds
  const price = Math.round((value - (value % lots)) / lots);
  if (price >= EXACT) return undefined;
  view[0] = price;
  const high = words[1] as number; // little endian: sign and exponent, then the upper 20 bits of the mantissa
  const octave = (high >>> 20) - 1023 - base;
  if (octave < 0) return 0;
  return Math.min(MAX, (octave << 10) | ((high >>> 10) & 0x3ff));
}
