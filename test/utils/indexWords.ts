/** Walks the words of a rank index from the root: a bit left set for an empty cell shows nowhere else. */
import type { Venue } from "./venue.ts";

const ROOT = 12;

/** Cell ids (u << 14 | v) whose bit is set. Every set bit of an upper level must lead to one; throws otherwise. */
export async function readIndexCells(venue: Venue, isLong: boolean, market = 1): Promise<Set<number>> {
  const cells = new Set<number>();
  const walk = async (shift: number, u: number, v: number): Promise<void> => {
    const word = await venue.exchange.indexWordAt(market, isLong, shift, u, v);
    if (word === 0n && shift !== ROOT) {
      throw new Error(`IDX-1: the word at level ${shift} (${u}, ${v}) is empty, its bit above is set`);
    }
    for (let bit = 0; bit < 256; bit++) {
      if (((word >> BigInt(bit)) & 1n) === 0n) continue;
      const [childU, childV] = [(u << 4) | (bit >> 4), (v << 4) | (bit & 15)];
      if (shift === 0) cells.add(childU * 16_384 + childV);
      else await walk(shift - 4, childU, childV);
    }
  };
  await walk(ROOT, 0, 0);
  return cells;
}
