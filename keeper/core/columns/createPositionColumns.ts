/**
 * Positions in columns, a row each: what the market's state and the risk engine keep their positions in.
 *
 * Whole numbers below 2^53 are kept as doubles, eight bytes each instead of a bigint; a position with a larger one is kept as it came beside
 * them ("wide"), so nothing is ever rounded. Rows of closed positions are used again. Arrays are replaced when they grow: read them from
 * the object each time.
 */
import type { AccountId, Position } from "../types.ts";
import { createRowMap } from "./createRowMap.ts";

export type PositionColumns = {
  /** Rows ever used: the bound of a walk. A row is open when its lots are not zero. */
  length: number;
  /** Open rows. */
  open: number;
  capacity: number;
  account: Uint32Array;
  /** Signed; zero for a free row. Of a wide position, the nearest double. */
  lots: Float64Array;
  cost: Float64Array;
  margin: Float64Array;
  /** F₀, X16. */
  index: Float64Array;
  /** Where the row came in the order of arrival. */
  joined: Float64Array;
  readonly rowOf: (account: AccountId) => number | undefined;
  /** Whether the columns hold rounded values of this row; `positionAt` has the exact ones. */
  readonly isWide: (row: number) => boolean;
  readonly positionAt: (row: number) => Position;
  /** Stores a position in its account's row, or in a new one. Its lots are not zero. */
  readonly write: (position: Position, joined: number) => number;
  /** The same from safe integers. */
  readonly writeNear: (
    account: AccountId,
    lots: number,
    cost: number,
    margin: number,
    index: number,
    joined: number,
  ) => number;
  readonly remove: (row: number) => void;
};

const MIN_CAPACITY = 64;

/** @param onGrow Told of a new capacity before a row beyond the old one is used: for columns beside these. */
export function createPositionColumns(sizeHint: number, onGrow?: (capacity: number) => void): PositionColumns {
  const rows = createRowMap();
  const wide = new Map<number, Position>();
  const free: number[] = [];
  const first = Math.max(MIN_CAPACITY, sizeHint);
  const columns: PositionColumns = {
    length: 0,
    open: 0,
    capacity: first,
    account: new Uint32Array(first),
    lots: new Float64Array(first),
    cost: new Float64Array(first),
    margin: new Float64Array(first),
    index: new Float64Array(first),
    joined: new Float64Array(first),
    rowOf: rows.get,
    isWide: (row) => wide.size > 0 && wide.has(row),
    positionAt,
    write,
    writeNear,
    remove,
  };
  return columns;

  function positionAt(row: number): Position {
    const kept = wide.size > 0 ? wide.get(row) : undefined;
    if (kept !== undefined) return kept;
    return {
      account: columns.account[row] as number,
      lots: BigInt(columns.lots[row] as number),
      cost: BigInt(columns.cost[row] as number),
      margin: BigInt(columns.margin[row] as number),
      fundingIndex: BigInt(columns.index[row] as number),
    };
  }

  function write(p: Position, joined: number): number {
    const [lots, cost] = [Number(p.lots), Number(p.cost)];
    const [margin, index] = [Number(p.margin), Number(p.fundingIndex)];
    const row = writeNear(p.account, lots, cost, margin, index, joined);
    if (!isSafe(lots) || !isSafe(cost) || !isSafe(margin) || !isSafe(index)) {
      const { account, lots, cost, margin, fundingIndex } = p;
      wide.set(row, { account, lots, cost, margin, fundingIndex });
    }
    return row;
  }

  function writeNear(
    account: AccountId,
    lots: number,
    cost: number,
    margin: number,
    index: number,
    joined: number,
  ): number {
    let row = rows.get(account);
    if (row === undefined) {
      row = free.pop() ?? columns.length++;
      if (row >= columns.capacity) grow();
      rows.set(account, row);
      columns.account[row] = account;
      columns.open++;
    } else if (wide.size > 0) wide.delete(row);
    columns.lots[row] = lots;
    columns.cost[row] = cost;
    columns.margin[row] = margin;
    columns.index[row] = index;
    columns.joined[row] = joined;
    return row;
  }

  function remove(row: number): void {
    rows.delete(columns.account[row] as number);
    columns.lots[row] = 0;
    wide.delete(row);
    free.push(row);
    columns.open--;
  }

  function grow(): void {
    // by half: a market of a million positions keeps at most a third too much
    const capacity = Math.ceil((columns.capacity * 3) / 2);
    columns.capacity = capacity;
    columns.account = larger(columns.account, new Uint32Array(capacity));
    columns.lots = larger(columns.lots, new Float64Array(capacity));
    columns.cost = larger(columns.cost, new Float64Array(capacity));
    columns.margin = larger(columns.margin, new Float64Array(capacity));
    columns.index = larger(columns.index, new Float64Array(capacity));
    columns.joined = larger(columns.joined, new Float64Array(capacity));
    onGrow?.(capacity);
  }
}

/** A larger copy of a column. */
export function larger<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}

export function isSafe(x: number): boolean {
  return x <= Number.MAX_SAFE_INTEGER && x >= -Number.MAX_SAFE_INTEGER;
}
