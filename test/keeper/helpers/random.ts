/**
 * Seeded random numbers: a failing test prints its seed, and the seed brings the failure back.
 */
export type Random = {
  /** Uniform in [0, bound). */
  readonly below: (bound: number) => number;
  /** Up to `bits` bits, every length equally likely: small and large numbers both come up. */
  readonly bits: (bits: number) => bigint;
};

/** mulberry32 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (bound: number) => next() % bound;
  return {
    below,
    bits: (bits) => {
      let value = 0n;
      for (let i = 0; i < bits; i += 32) value = (value << 32n) | BigInt(next());
      return BigInt.asUintN(below(bits) + 1, value);
    },
  };
}
