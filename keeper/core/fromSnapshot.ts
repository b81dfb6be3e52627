/**
 * Builds a market's state from open positions and their links in the cells' circular FIFO lists (ILens.PositionEntry), page by page.
 */
import { KeeperError } from "../errors.ts";
import { cellFor } from "./cellFor.ts";
import { larger } from "./columns/createPositionColumns.ts";
import { createMarketState, type MarketState } from "./marketState.ts";
import type { AccountId, Position } from "./types.ts";

/** `prev` is 0 for the first of a cell; `next` of the last is the first. */
export type LinkedPosition = Position & { readonly prev: AccountId; readonly next: AccountId };

export type SnapshotBuilder = {
  readonly add: (position: LinkedPosition) => void;
  /** Throws SnapshotError when the links do not form one list a cell: then the pages were not of one block, or a key differs. */
  readonly finish: () => MarketState;
};

export function fromSnapshot(base: number, positions: Iterable<LinkedPosition>): MarketState {
  const builder = createSnapshotBuilder(base);
  for (const position of positions) builder.add(position);
  return builder.finish();
}

export function createSnapshotBuilder(base: number): SnapshotBuilder {
  const state = createMarketState(base);
  const { columns } = state;
  let prev = new Uint32Array(1024);
  let next = new Uint32Array(1024);

  return {
    add(position) {
      if (columns.rowOf(position.account) !== undefined) {
        throw new SnapshotError(`account ${position.account} comes twice`);
      }
      const row = columns.write(position, 0);
      if (row >= prev.length) {
        prev = larger(prev, new Uint32Array(2 * prev.length));
        next = larger(next, new Uint32Array(2 * next.length));
      }
      prev[row] = position.prev;
      next[row] = position.next;
    },
    finish() {
      const linked = new Uint8Array(columns.length);
      let count = 0;
      for (let head = 0; head < columns.length; head++) {
        if (prev[head] !== 0) continue;
        const isLong = (columns.lots[head] as number) > 0;
        const cell = cellFor(columns.positionAt(head), base);
        const index = isLong ? state.longs : state.shorts;
        const account = columns.account[head] as number;
        if (index.head(cell) !== -1) {
          throw new SnapshotError(`cell ${cell} has two heads, one is account ${account}`);
        }
        let row = head;
        do {
          const member = columns.positionAt(row);
          if (member.lots > 0n !== isLong || linked[row] !== 0 || cellFor(member, base) !== cell) {
            throw new SnapshotError(`account ${member.account} is linked into the cell of account ${account}`);
          }
          linked[row] = 1;
          count++;
          columns.joined[row] = state.clock++;
          state.link(row, cell);
          const after = columns.rowOf(next[row] as number);
          if (after === undefined) {
            throw new SnapshotError(`account ${member.account} links to ${next[row]}, which has no position`);
          }
          row = after;
        } while (row !== head);
      }
      if (count !== columns.open) throw new SnapshotError(`${columns.open - count} positions are in no cell's list`);
      return state;
    },
  };
}

export class SnapshotError extends KeeperError {
  override readonly name = "SnapshotError";

  constructor(details: string) {
    super("The snapshot of the index is not consistent", { details });
  }
}
