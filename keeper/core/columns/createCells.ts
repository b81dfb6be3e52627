/**
 * The rank index of one side, kept up to date: which cells of the grid hold positions, in both directions of the grid, and each cell's
 * members, first in first. As the contract keeps it (a bitmap and a circular list a cell), so every question that the contract answers
 * with a walk is answered with the same walk here.
 *
 * Invariants: a cell's bit is set exactly when the cell has a member; along `next` a cell's members ascend by `joined`; `next` of the last
 * is −1, `prev` of the first is the last.
 */
import { BITS, MAX } from "../grid.ts";
import { type BitRow, clearBit, createBitRow, nextBit, setBit } from "./bitRow.ts";
import { createIntMap } from "./createIntMap.ts";

export type CellLinks = {
  /** By row. */
  next: Int32Array;
  prev: Int32Array;
  /** Order of arrival by row. */
  readonly joined: () => Float64Array;
};

export type Cells = {
  /** Cells that hold anybody. */
  readonly size: () => number;
  /** The first member's row; −1 for an empty cell. */
  readonly head: (cell: number) => number;
  /** The member after a row in its cell; −1 after the last. */
  readonly after: (row: number) => number;
  /** Puts a row into a cell, behind everybody who joined before it. */
  readonly insert: (cell: number, row: number) => void;
  readonly remove: (cell: number, row: number) => void;
  /** The smallest u at or above `from` that holds anybody; −1 for none. */
  readonly nextU: (from: number) => number;
  readonly nextV: (from: number) => number;
  /** The smallest v at or above `from` with a member at u; −1 for none. */
  readonly nextVAt: (u: number, from: number) => number;
  readonly nextUAt: (v: number, from: number) => number;
  readonly ids: () => Generator<number>;
};

export function createCells(links: CellLinks, sizeHint = 0): Cells {
  const heads = createIntMap(sizeHint);
  const byU = createGrid();
  const byV = createGrid();

  return {
    size: heads.size,
    head: heads.get,
    after: (row) => links.next[row] as number,
    insert(cell, row) {
      const { next, prev } = links;
      const head = heads.get(cell);
      if (head === -1) {
        next[row] = -1;
        prev[row] = row;
        heads.set(cell, row);
        const [u, v] = [cell >>> BITS, cell & MAX];
        byU.set(u, v);
        byV.set(v, u);
        return;
      }
      const joined = links.joined();
      const order = joined[row] as number;
      const last = prev[head] as number;
      // nearly always the newest; only what is taken back goes between
      let before = last;
      while ((joined[before] as number) > order) {
        if (before === head) {
          next[row] = head;
          prev[row] = last;
          prev[head] = row;
          heads.set(cell, row);
          return;
        }
        before = prev[before] as number;
      }
      const after = next[before] as number;
      next[row] = after;
      next[before] = row;
      prev[row] = before;
      prev[after === -1 ? head : after] = row;
    },
    remove(cell, row) {
      const { next, prev } = links;
      const head = heads.get(cell);
      const [before, after] = [prev[row] as number, next[row] as number];
      if (row !== head) {
        next[before] = after;
        prev[after === -1 ? head : after] = before;
        return;
      }
      if (after !== -1) {
        prev[after] = before;
        heads.set(cell, after);
        return;
      }
      heads.delete(cell);
      const [u, v] = [cell >>> BITS, cell & MAX];
      byU.clear(u, v);
      byV.clear(v, u);
    },
    nextU: byU.next,
    nextV: byV.next,
    nextVAt: byU.nextAt,
    nextUAt: byV.nextAt,
    ids: heads.keys,
  };
}

/** Bits by two coordinates; a line of the grid takes memory only once it was used. */
function createGrid() {
  const lines: (BitRow | undefined)[] = [];
  const used = createBitRow();
  return {
    set(line: number, at: number): void {
      let bits = lines[line];
      if (bits === undefined) {
        bits = createBitRow();
        lines[line] = bits;
      }
      setBit(bits, at);
      setBit(used, line);
    },
    clear(line: number, at: number): void {
      if (clearBit(lines[line] as BitRow, at)) clearBit(used, line);
    },
    next: (from: number): number => nextBit(used, from),
    nextAt(line: number, from: number): number {
      const bits = lines[line];
      return bits === undefined ? -1 : nextBit(bits, from);
    },
  };
}
