/**
 * Who holds what: open interest, margin, equity, leverage and concentration of one market. One walk over the columns.
 */
import type { Columns } from "./createColumns.ts";
import { createLeverageCounter } from "./leverageBuckets.ts";
import { PIPS } from "./limits.ts";
import type { AccountShare, Exposure, SideExposure } from "./types.ts";

export const TOP_ACCOUNTS = 10;

type Side = { positions: number; lots: number; cost: bigint; margin: bigint; largest: number[] };

export function exposureOf(columns: Columns, price: bigint): Exposure {
  const longs: Side = { positions: 0, lots: 0, cost: 0n, margin: 0n, largest: [] };
  const shorts: Side = { positions: 0, lots: 0, cost: 0n, margin: 0n, largest: [] };
  const leverage = createLeverageCounter();
  const nearPrice = Number(price);
  const sums = { long: createSum(), longMargin: createSum(), short: createSum(), shortMargin: createSum() };
  for (let row = 0; row < columns.length; row++) {
    const signed = columns.lots[row] as number;
    if (signed === 0) continue;
    const isLong = signed > 0;
    const side = isLong ? longs : shorts;
    const lots = isLong ? signed : -signed;
    const cost = columns.settled[row] as number;
    const margin = columns.margin[row] as number;
    side.positions++;
    side.lots += lots;
    (isLong ? sums.long : sums.short).add(cost);
    if (Number.isNaN(margin)) side.margin += columns.marginAt(row);
    else (isLong ? sums.longMargin : sums.shortMargin).add(margin);
    keepLargest(side.largest, row, lots, columns.lots);
    leverage.add(isLong, lots, cost, nearPrice, price);
  }
  [longs.cost, shorts.cost] = [sums.long.total(), sums.short.total()];
  longs.margin += sums.longMargin.total();
  shorts.margin += sums.shortMargin.total();
  return {
    openInterest: BigInt(Math.max(longs.lots, shorts.lots)),
    longs: summarise(columns, longs, price, 1n),
    shorts: summarise(columns, shorts, price, -1n),
    leverage: leverage.buckets(),
  };
}

function summarise(columns: Columns, side: Side, price: bigint, sign: bigint): SideExposure {
  const lots = BigInt(side.lots);
  const sizes = side.largest.map((row) => BigInt(Math.abs(columns.lots[row] as number)));
  const shareOf = (part: bigint) => (lots === 0n ? 0n : (part * PIPS) / lots);
  const topShare = (count: number) => shareOf(sizes.slice(0, count).reduce((sum, size) => sum + size, 0n));
  const top = side.largest.map((row, i): AccountShare => {
    const size = sizes[i] as bigint;
    return { account: columns.account[row] as number, notional: (size * price) >> 16n, share: shareOf(size) };
  });
  return {
    positions: side.positions,
    lots,
    notional: (lots * price) >> 16n,
    margin: side.margin,
    equity: (sign * (lots * price - (side.cost << 16n))) >> 16n,
    top,
    concentration: { top1: topShare(1), top5: topShare(5), top10: topShare(10) },
  };
}

/** Keeps the rows of the largest positions, largest first, earlier rows first among equals. */
function keepLargest(rows: number[], row: number, lots: number, lotsOf: Float64Array): void {
  const last = rows[TOP_ACCOUNTS - 1];
  if (last !== undefined && Math.abs(lotsOf[last] as number) >= lots) return;
  let i = Math.min(rows.length, TOP_ACCOUNTS - 1);
  while (i > 0 && Math.abs(lotsOf[rows[i - 1] as number] as number) < lots) {
    rows[i] = rows[i - 1] as number;
    i--;
  }
  rows[i] = row;
}

/** An exact sum of safe integers: the part in floating point is moved to the bigint before it could be rounded. */
function createSum() {
  const limit = 2 ** 52;
  let [near, far] = [0, 0n];
  return {
    add(x: number) {
      // both below 2^52 in size: their sum is exact
      if (x >= limit || x <= -limit) far += BigInt(x);
      else near += x;
      if (near >= limit || near <= -limit) {
        far += BigInt(near);
        near = 0;
      }
    },
    total: () => far + BigInt(near),
  };
}
