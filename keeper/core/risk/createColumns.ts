/**
 * The risk engine's columns: all positions of a market (core/columns) with what follows from them at one funding index: K and the keys of the
 * two orders. A row's derived columns are valid after `derive`.
 */
import { createPositionColumns, isSafe, larger } from "../columns/createPositionColumns.ts";
import { entryTickNear } from "../entryTickNear.ts";
import { entryTick } from "../grid.ts";
import type { AccountId } from "../types.ts";
import type { Thresholds } from "./createThresholds.ts";
import { MAX_COST, MAX_LOTS } from "./limits.ts";
import { RiskRangeError } from "./RiskRangeError.ts";
import { settledCost } from "./settledCost.ts";
import type { RiskPosition } from "./types.ts";
import { writeKey } from "./writeKey.ts";

const LIMIT = Number(MAX_COST);

export type Columns = {
  /** As PositionColumns. */
  readonly length: number;
  readonly open: number;
  readonly account: Uint32Array;
  readonly lots: Float64Array;
  /** K, quote atoms, settled: below 2^52, so exact. */
  settled: Float64Array;
  /** Margin after settlement; NaN for a wide position (see marginAt). */
  margin: Float64Array;
  /** Tick of the entry price. */
  tick: Uint16Array;
  /** Keys of the two orders (see createRiskMarket), NEVER for none. */
  bankruptcyKey: BigInt64Array;
  liquidationKey: BigInt64Array;
  readonly rowOf: { readonly get: (account: AccountId) => number | undefined };
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
  const stored = createPositionColumns(Math.max(1024, sizeHint), grow);
  const first = stored.capacity;
  let clock = 0;
  // lots of both sides: running sums of them are exact as long as this is
  let held = 0;
  let deriving = 0;
  const exactCost = () => BigInt(columns.settled[deriving] as number);

  const columns: Columns = {
    get length() {
      return stored.length;
    },
    get open() {
      return stored.open;
    },
    get account() {
      return stored.account;
    },
    get lots() {
      return stored.lots;
    },
    settled: new Float64Array(first),
    margin: new Float64Array(first),
    tick: new Uint16Array(first),
    bankruptcyKey: new BigInt64Array(first),
    liquidationKey: new BigInt64Array(first),
    rowOf: { get: stored.rowOf },
    positionAt: (row) => ({ ...stored.positionAt(row), joined: stored.joined[row] as number }),
    marginAt: (row) => {
      const lots = stored.lots[row] as number;
      const { cost } = stored.positionAt(row);
      const k = BigInt(columns.settled[row] as number);
      return lots > 0 ? cost - k : k - cost;
    },
    joinedAt: (row) => stored.joined[row] as number,
    write,
    remove(row) {
      held -= Math.abs(stored.lots[row] as number);
      stored.remove(row);
    },
    derive,
  };
  return columns;

  function write(p: RiskPosition): number {
    const size = p.lots < 0n ? -p.lots : p.lots;
    if (size === 0n || size > MAX_LOTS) throw new RiskRangeError(`Account ${p.account} has ${p.lots} lots`);
    const before = stored.rowOf(p.account);
    held += Number(size) - (before === undefined ? 0 : Math.abs(stored.lots[before] as number));
    if (held > Number.MAX_SAFE_INTEGER) throw new RiskRangeError(`All positions together have ${held} lots`);
    const joined = p.joined ?? clock;
    clock = Math.max(clock, joined) + 1;
    const row = stored.write(p, joined);
    columns.tick[row] =
      entryTickNear(stored.cost[row] as number, Number(size), base) ?? entryTick((p.cost << 16n) / size, base);
    return row;
  }

  function derive(row: number, funding: bigint): void {
    const lots = stored.lots[row] as number;
    const isLong = lots > 0;
    const k = settleNear(row, lots, funding) ?? settleWide(row, funding);
    columns.settled[row] = k;
    deriving = row;
    const size = isLong ? lots : -lots;
    writeKey(columns.bankruptcyKey, row, isLong, thresholds.bankruptcy(isLong, size, k, exactCost));
    writeKey(columns.liquidationKey, row, isLong, thresholds.liquidation(isLong, size, k, exactCost));
  }

  /** K in doubles; undefined when an intermediate value could have been rounded. Writes the margin on the way. */
  function settleNear(row: number, lots: number, funding: bigint): number | undefined {
    const f = Number(funding);
    if (stored.isWide(row) || !isSafe(f)) return undefined;
    const owed = lots * (f - (stored.index[row] as number));
    if (!isSafe(owed)) return undefined;
    // a power of two: the division is exact, so is rounding it up
    const settled = (stored.margin[row] as number) - Math.ceil(owed / 65_536);
    const cost = stored.cost[row] as number;
    const k = lots > 0 ? cost - settled : cost + settled;
    if (!isSafe(settled) || !isSafe(k)) return undefined;
    if (k > LIMIT || k < -LIMIT) return undefined;
    columns.margin[row] = settled;
    return k;
  }

  function settleWide(row: number, funding: bigint): number {
    const k = settledCost(stored.positionAt(row), funding);
    if (k > MAX_COST || k < -MAX_COST) {
      throw new RiskRangeError(`The position of account ${stored.account[row]} is worth ${k} quote atoms`);
    }
    columns.margin[row] = Number.NaN;
    return Number(k);
  }

  function grow(capacity: number): void {
    columns.settled = larger(columns.settled, new Float64Array(capacity));
    columns.margin = larger(columns.margin, new Float64Array(capacity));
    columns.tick = larger(columns.tick, new Uint16Array(capacity));
    columns.bankruptcyKey = larger(columns.bankruptcyKey, new BigInt64Array(capacity));
    columns.liquidationKey = larger(columns.liquidationKey, new BigInt64Array(capacity));
  }
}
