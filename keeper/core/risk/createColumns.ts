/**
 * All positions of a market in columns, a row each, with what follows from them at one funding index: K and the keys of the two orders.
 *
 * Whole numbers below 2^53 are kept as doubles; a position with a larger one is kept as it came beside them ("wide"), so nothing is rounded.
 * Rows of closed positions are used again. A row's derived columns are valid after `derive`.
 */
import { entryTick } from "../grid.ts";
import { createRowMap, type RowMap } from "./createRowMap.ts";
import type { Thresholds } from "./createThresholds.ts";
import { entryTickNear } from "./entryTickNear.ts";
import { MAX_COST, MAX_LOTS, MAX_PRICE } from "./limits.ts";
import { RiskRangeError } from "./RiskRangeError.ts";
import { settledCost } from "./settledCost.ts";
import type { RiskPosition } from "./types.ts";

/** The key of a position that no price makes bankrupt, or liquidatable. */
export const NEVER = -1n;

const LIMIT = Number(MAX_COST);

export type Columns = {
  /** Rows ever used: the bound of a walk. A row is open when its lots are not zero. */
  length: number;
  /** Open rows. */
  open: number;
  account: Uint32Array;
  /** Signed; zero for a free row. */
  lots: Float64Array;
  /** K, quote atoms, settled: below 2^52, so exact. */
  settled: Float64Array;
  /** Margin after settlement; NaN for a wide position (see marginAt). */
  margin: Float64Array;
  /** Tick of the entry price. */
  tick: Uint16Array;
  /** Keys of the two orders (see createRiskMarket), NEVER for none. */
  bankruptcyKey: BigInt64Array;
  liquidationKey: BigInt64Array;
  readonly rowOf: Pick<RowMap, "get">;
  readonly positionAt: (row: number) => RiskPosition;
  /** Margin after settlement, exact. */
  readonly marginAt: (row: number) => bigint;
  /** Where the row came in the order of arrival. */
  readonly joinedAt: (row: number) => number;
  /** Stores a position in a new row, or in its account's. */
  readonly write: (position: RiskPosition) => number;
  readonly remove: (row: number) => void;
  /** Computes what depends on funding: K and both keys. */
  readonly derive: (row: number, funding: bigint) => void;
};

export function createColumns(base: number, thresholds: Thresholds, sizeHint: number): Columns {
  let capacity = Math.max(1024, sizeHint);
  let cost = new Float64Array(capacity);
  let margin = new Float64Array(capacity);
  let index = new Float64Array(capacity);
  let joined = new Float64Array(capacity);
  let clock = 0;
  const wide = new Map<number, RiskPosition>();
  const rowOf = createRowMap();
  const free: number[] = [];
  // lots of both sides: running sums of them are exact as long as this is
  let held = 0;
  let deriving = 0;
  const exactCost = () => BigInt(columns.settled[deriving] as number);

  const columns: Columns = {
    length: 0,
    open: 0,
    account: new Uint32Array(capacity),
    lots: new Float64Array(capacity),
    settled: new Float64Array(capacity),
    margin: new Float64Array(capacity),
    tick: new Uint16Array(capacity),
    bankruptcyKey: new BigInt64Array(capacity),
    liquidationKey: new BigInt64Array(capacity),
    rowOf,
    positionAt,
    marginAt: (row) => {
      const lots = columns.lots[row] as number;
      const { cost } = positionAt(row);
      const k = BigInt(columns.settled[row] as number);
      return lots > 0 ? cost - k : k - cost;
    },
    joinedAt: (row) => joined[row] as number,
    write,
    remove(row) {
      rowOf.delete(columns.account[row] as number);
      held -= Math.abs(columns.lots[row] as number);
      columns.lots[row] = 0;
      wide.delete(row);
      free.push(row);
      columns.open--;
    },
    derive,
  };
  return columns;

  function write(p: RiskPosition): number {
    const size = p.lots < 0n ? -p.lots : p.lots;
    if (size === 0n || size > MAX_LOTS) throw new RiskRangeError(`Account ${p.account} has ${p.lots} lots`);
    let row = rowOf.get(p.account);
    if (row === undefined) {
      row = free.pop() ?? columns.length++;
      if (row >= capacity) grow();
      rowOf.set(p.account, row);
      columns.account[row] = p.account;
      columns.open++;
    }
    held += Number(size) - Math.abs(columns.lots[row] as number);
    if (held > Number.MAX_SAFE_INTEGER) throw new RiskRangeError(`All positions together have ${held} lots`);
    columns.lots[row] = Number(p.lots);
    cost[row] = Number(p.cost);
    margin[row] = Number(p.margin);
    index[row] = Number(p.fundingIndex);
    if (isSafe(cost[row]) && isSafe(margin[row]) && isSafe(index[row])) wide.delete(row);
    else wide.set(row, p);
    joined[row] = p.joined ?? clock;
    clock = Math.max(clock, joined[row] as number) + 1;
    columns.tick[row] =
      entryTickNear(cost[row] as number, Number(size), base) ?? entryTick((p.cost << 16n) / size, base);
    return row;
  }

  function positionAt(row: number): RiskPosition {
    const order = { joined: joined[row] as number };
    const kept = wide.get(row);
    if (kept !== undefined) return { ...kept, ...order };
    return {
      account: columns.account[row] as number,
      lots: BigInt(columns.lots[row] as number),
      cost: BigInt(cost[row] as number),
      margin: BigInt(margin[row] as number),
      fundingIndex: BigInt(index[row] as number),
      ...order,
    };
  }

  function derive(row: number, funding: bigint): void {
    const lots = columns.lots[row] as number;
    const isLong = lots > 0;
    const k = settleNear(row, lots, funding) ?? settleWide(row, funding);
    columns.settled[row] = k;
    deriving = row;
    const size = isLong ? lots : -lots;
    columns.bankruptcyKey[row] = keyOf(isLong, thresholds.bankruptcy(isLong, size, k, exactCost));
    columns.liquidationKey[row] = keyOf(isLong, thresholds.liquidation(isLong, size, k, exactCost));
  }

  /** K in doubles; undefined when an intermediate value could have been rounded. Writes the margin on the way. */
  function settleNear(row: number, lots: number, funding: bigint): number | undefined {
    const f = Number(funding);
    if (wide.has(row) || !isSafe(f)) return undefined;
    const owed = lots * (f - (index[row] as number));
    if (!isSafe(owed)) return undefined;
    // a power of two: the division is exact, so is rounding it up
    const settled = (margin[row] as number) - Math.ceil(owed / 65_536);
    const k = lots > 0 ? (cost[row] as number) - settled : (cost[row] as number) + settled;
    if (!isSafe(settled) || !isSafe(k)) return undefined;
    if (k > LIMIT || k < -LIMIT) return undefined;
    columns.margin[row] = settled;
    return k;
  }

  function settleWide(row: number, funding: bigint): number {
    const k = settledCost(positionAt(row), funding);
    if (k > MAX_COST || k < -MAX_COST) {
      throw new RiskRangeError(`The position of account ${columns.account[row]} is worth ${k} quote atoms`);
    }
    columns.margin[row] = Number.NaN;
    return Number(k);
  }

  function grow(): void {
    capacity *= 2;
    const larger = <T extends { set(from: T): void }>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    cost = larger(cost, new Float64Array(capacity));
    margin = larger(margin, new Float64Array(capacity));
    index = larger(index, new Float64Array(capacity));
    joined = larger(joined, new Float64Array(capacity));
    columns.account = larger(columns.account, new Uint32Array(capacity));
    columns.lots = larger(columns.lots, new Float64Array(capacity));
    columns.settled = larger(columns.settled, new Float64Array(capacity));
    columns.margin = larger(columns.margin, new Float64Array(capacity));
    columns.tick = larger(columns.tick, new Uint16Array(capacity));
    columns.bankruptcyKey = larger(columns.bankruptcyKey, new BigInt64Array(capacity));
    columns.liquidationKey = larger(columns.liquidationKey, new BigInt64Array(capacity));
  }
}

function isSafe(x: number | undefined): boolean {
  return x !== undefined && x <= Number.MAX_SAFE_INTEGER && x >= -Number.MAX_SAFE_INTEGER;
}

/**
 * The coordinate that grows as the price moves away from the side's safety: the threshold itself for shorts, its distance below MAX_PRICE
 * for longs. A position is over the line exactly when its key is at or below the coordinate of the price.
 */
function keyOf(isLong: boolean, threshold: number | bigint): bigint {
  const price = BigInt(threshold);
  if (isLong) return price < 1n ? NEVER : MAX_PRICE - (price < MAX_PRICE ? price : MAX_PRICE);
  return price >= MAX_PRICE ? NEVER : price < 1n ? 1n : price;
}
