/**
 * The entry tick of cost / lots, read off a double's own exponent and mantissa; undefined where the quotient might be rounded (then Grid's
 * arithmetic in bigint decides). A tick is just that: an exponent above the base, and eight bits of mantissa; rounding the price down to a
 * whole number first, as the contract does, cannot change it, because the edges of ticks are whole.
 */
import { MAX_U } from "./grid.ts";

const view = new Float64Array(1);
const words = new Uint32Array(view.buffer);
const EXACT = 2 ** 50;

export function entryTickNear(cost: number, lots: number, base: number): number | undefined {
  // below 2^8 a tick is narrower than one
  if (cost > Number.MAX_SAFE_INTEGER || base < 10) return undefined;
  const price = (cost * 65_536) / lots;
  if (price >= EXACT) return undefined;
  view[0] = price;
  // one rounding: it can only have reached the edge of a tick from below if all bits behind the tick's are zero
  if (words[0] === 0 && ((words[1] as number) & 0xfff) === 0) return undefined;
  const high = words[1] as number; // little endian: sign and exponent, then the upper 20 bits of the mantissa
  const octave = (high >>> 20) - 1023 - base;
  if (octave < 0) return 0;
  return Math.min(MAX_U, (octave << 8) | ((high >>> 12) & 0xff));
}
