/**
 * One market as the contract holds it, as far as events tell: positions and the index cells they lie in, standing top-up orders, triggers, and when
 * steps of large positions' liquidations began, and how far they are. Changed only by `applyChange`, `applyEvent`, their undoing, and what
 * builds a state (fromSnapshot.ts, the database); everything else reads.
 *
 * Positions lie in columns (columns/): entries are made when they are asked for, and are values, not places.
 *
 * Invariants: an entry is in exactly one cell, the one of its key; within a cell, `joined` orders the members as the contract's FIFO list does.
 */
import { type Cells, createCells } from "./columns/createCells.ts";
import { createPositionColumns, larger, type PositionColumns } from "./columns/createPositionColumns.ts";
import { BITS, MAX } from "./grid.ts";
import type { TopUpOrder } from "./topUp.ts";
import type { TriggerOrders } from "./trigger.ts";
import type { AccountId, Entry } from "./types.ts";

/** Members of an index cell, first in first. */
export type Cell = readonly Entry[];

/** A step of a large position's liquidation: the second of its first fill, and the lots that were closed of it. */
export type Step = { readonly began: bigint; readonly closed: bigint };

/** All open positions, in the order of their rows. */
export type Positions = {
  readonly size: number;
  readonly get: (account: AccountId) => Entry | undefined;
  readonly has: (account: AccountId) => boolean;
  readonly keys: () => Generator<AccountId>;
  readonly values: () => Generator<Entry>;
};

/** Cells of one side, by id. */
export type CellIndex = Cells & {
  readonly get: (cell: number) => Cell | undefined;
  readonly values: () => Generator<Cell>;
  readonly [Symbol.iterator]: () => Generator<readonly [number, Cell]>;
};

export type MarketState = {
  readonly base: number;
  readonly columns: PositionColumns;
  /** The cell of each row. */
  readonly cellAt: (row: number) => number;
  readonly entryAt: (row: number) => Entry;
  /** Puts a row, written to the columns, into a cell of its side. */
  readonly link: (row: number, cell: number) => void;
  /** Takes a row out of its cell. */
  readonly unlink: (row: number) => void;
  readonly positions: Positions;
  readonly longs: CellIndex;
  readonly shorts: CellIndex;
  /** The next `joined`: grows only, also through undo, because only the order matters. */
  clock: number;
  /** Every account that ever gave a top-up order, withdrawn ones too. */
  readonly topUps: Map<AccountId, TopUpOrder>;
  /** Every account that ever placed a trigger, with those that stand. */
  readonly triggers: TriggerOrders;
  /** The last step of each large position's liquidation; steps before the snapshot are not known. */
  readonly steps: Map<AccountId, Step>;
  /** Seconds at which a call last accrued funding, or may have discarded its interval; 0 while not known. */
  accruedAt: bigint;
  /** Of the market's last event. The next one must be one more, or something was missed. */
  sequence: bigint;
};

/** @param sizeHint How many positions are to be expected. */
export function createMarketState(base: number, sizeHint = 0): MarketState {
  const columns = createPositionColumns(sizeHint, (capacity) => {
    cells = larger(cells, new Int32Array(capacity));
    links.next = larger(links.next, new Int32Array(capacity));
    links.prev = larger(links.prev, new Int32Array(capacity));
  });
  let cells = new Int32Array(columns.capacity);
  const links = {
    next: new Int32Array(columns.capacity),
    prev: new Int32Array(columns.capacity),
    joined: () => columns.joined,
  };

  const entryAt = (row: number): Entry => {
    const cell = cells[row] as number;
    const { account, lots, cost, margin, fundingIndex } = columns.positionAt(row);
    const [u, v] = [cell >>> BITS, cell & MAX];
    const joined = columns.joined[row] as number;
    return { account, lots, cost, margin, fundingIndex, isLong: lots > 0n, u, v, cell, joined };
  };
  const cellFrom = (head: number): Cell => {
    const members: Entry[] = [];
    for (let row = head; row !== -1; row = links.next[row] as number) members.push(entryAt(row));
    return members;
  };
  const createIndex = (): CellIndex => {
    const index = createCells(links, sizeHint / 2);
    return {
      ...index,
      get(cell) {
        const head = index.head(cell);
        return head === -1 ? undefined : cellFrom(head);
      },
      *values() {
        for (const id of index.ids()) yield cellFrom(index.head(id));
      },
      *[Symbol.iterator]() {
        for (const id of index.ids()) yield [id, cellFrom(index.head(id))] as const;
      },
    };
  };
  const [longs, shorts] = [createIndex(), createIndex()];
  const sideOf = (row: number) => ((columns.lots[row] as number) > 0 ? longs : shorts);

  return {
    base,
    columns,
    cellAt: (row) => cells[row] as number,
    entryAt,
    link(row, cell) {
      cells[row] = cell;
      sideOf(row).insert(cell, row);
    },
    unlink: (row) => sideOf(row).remove(cells[row] as number, row),
    positions: {
      get size() {
        return columns.open;
      },
      get(account) {
        const row = columns.rowOf(account);
        return row === undefined ? undefined : entryAt(row);
      },
      has: (account) => columns.rowOf(account) !== undefined,
      *keys() {
        for (let row = 0; row < columns.length; row++) {
          if (columns.lots[row] !== 0) yield columns.account[row] as number;
        }
      },
      *values() {
        for (let row = 0; row < columns.length; row++) if (columns.lots[row] !== 0) yield entryAt(row);
      },
    },
    longs,
    shorts,
    clock: 0,
    topUps: new Map(),
    triggers: new Map(),
    steps: new Map(),
    accruedAt: 0n,
    sequence: 0n,
  };
}

/** The cells of one side. */
export function cellsOf(state: MarketState, isLong: boolean): CellIndex {
  return isLong ? state.longs : state.shorts;
}
