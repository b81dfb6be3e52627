/**
 * Seeded randomness: the same seed and stream give the same numbers on every machine. Streams with different names are independent, so
 * that a change in one part of the demo leaves the others as they were.
 */

export type Random = {
  /** Uniform in [0, 1). */
  readonly uniform: () => number;
  /** Standard normal. */
  readonly normal: () => number;
  /** Whole number in [0, n). */
  readonly below: (n: number) => number;
  readonly between: (low: number, high: number) => number;
  /** Uniform in the logarithm: as many small ones as large ones. */
  readonly logBetween: (low: number, high: number) => number;
  readonly pick: <T>(items: readonly T[]) => T;
  readonly chance: (probability: number) => boolean;
};

export function createRandom(seed: number, stream: string): Random {
  let state = hash(seed, stream);
  let spare: number | undefined;

  /** mulberry32: 32 bits of state are plenty for a few ten thousand draws, and it fits in five lines. */
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };

  /** Box and Muller: two at a time. */
  const normal = () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };

  const below = (n: number) => Math.floor(uniform() * n);
  return {
    uniform,
    normal,
    below,
    between: (low, high) => low + (high - low) * uniform(),
    logBetween: (low, high) => low * (high / low) ** uniform(),
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError("nothing to pick from");
      return item;
    },
    chance: (probability) => uniform() < probability,
  };
}

/** FNV-1a over the stream's name, mixed with the seed. */
function hash(seed: number, stream: string): number {
  let value = 0x811c9dc5 ^ seed;
  for (const character of stream) value = Math.imul(value ^ character.charCodeAt(0), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return Math.imul(value ^ (value >>> 13), 0xc2b2ae35) ^ seed;
}
