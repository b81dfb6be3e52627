/**
 * The words of a rank index, as RankIndex.sol lays them out: a leaf (level 0) holds 8 × 32 cells, a word above it 16 × 16 words of the level
 * below, the root (level 3) two of them.
 */
export const ROOT = 3;

const rowBits = (level: number) => (level === 0 ? 5 : 4);

/** Where a bit of the word (level, u, v) leads: to a cell from a leaf, to a word of the level below from any other. */
export function childOf(level: number, u: number, v: number, bit: number): { u: number; v: number } {
  const rows = rowBits(level);
  return { u: (u << (8 - rows)) | (bit >> rows), v: (v << rows) | (bit & ((1 << rows) - 1)) };
}
