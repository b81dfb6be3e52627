/** Walks the words of a rank index from the root: a bit left set for an empty cell shows nowhere else. */
import { cellOf } from "../../keeper/core/grid.ts";
import { childOf, ROOT } from "../../keeper/core/indexWords.ts";
import type { Venue } from "./venue.ts";

/** Cell ids (u << 13 | v) whose bit is set. Every set bit of an upper level must lead to one; throws otherwise. */
export async function readIndexCells(venue: Venue, isLong: boolean, market = 1): Promise<Set<number>> {
  const cells = new Set<number>();
  const walk = async (level: number, u: number, v: number): Promise<void> => {
    const word = await venue.exchange.indexWordAt(market, isLong, level, u, v);
    if (word === 0n && level !== ROOT) {
      throw new Error(`IDX-1: the word at level ${level} (${u}, ${v}) is empty, its bit above is set`);
    }
    for (let bit = 0; bit < 256; bit++) {
      if (((word >> BigInt(bit)) & 1n) === 0n) continue;
      const child = childOf(level, u, v, bit);
      if (level === 0) cells.add(cellOf(child.u, child.v));
      else await walk(level - 1, child.u, child.v);
    }
  };
  await walk(ROOT, 0, 0);
  return cells;
}
