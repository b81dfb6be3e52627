/**
 * How all positions of a market are closed against each other through the book, by reduce-only orders. Pure.
 *
 * At the mark almost everybody can meet. Two kinds cannot, and go first: dust, which must not rest and so takes; and positions whose equity
 * does not cover the fee at the mark, which rest at the first tick that they can bear and are met by whoever is strongest. By the corridor
 * there is room for both.
 */

import { closeIsCovered } from "../../../keeper/audit/closeLimits.ts";
import { bankruptcyCost } from "../../../keeper/core/closing.ts";
import { abs } from "../../../keeper/core/integers.ts";
import { PIPS } from "../../../keeper/core/position.ts";
import type { Position } from "../../../keeper/core/types.ts";
import type { DemoMarket } from "../market/market.ts";

export type UnwindOrder = {
  readonly account: number;
  readonly isBid: boolean;
  readonly tick: bigint;
  readonly lots: bigint;
  readonly rests: boolean;
};

/** Fees round up once a fill: a position must bear this many atoms more. */
const ROUNDING = 128n;
/** The weak look this far from the mark for a tick, in 1/10000 of it: within every band. */
const SEARCH = 300n;

/** One block of orders, in this order. Empty when there are no positions. Repeat on what is left. */
export function planUnwind(market: DemoMarket, priceX16: bigint, positions: readonly Position[]): UnwindOrder[] {
  const tick = (priceX16 / market.tickValue + (1n << 15n)) >> 16n;
  const isDust = (p: Position) => abs(p.lots) * tick * market.tickValue < market.minNotional;
  const isWeak = (p: Position) => !bears(p, tick, market);
  const special = positions.filter((p) => isDust(p) || isWeak(p));
  const strong = positions.filter((p) => !isDust(p) && !isWeak(p));
  if (special.length > 0 && strong.length > 0) {
    for (const isLong of [true, false]) {
      const few = special.filter((p) => p.lots > 0n === isLong);
      const many = strong.filter((p) => p.lots > 0n !== isLong);
      if (few.length > 0 && many.length > 0) return meet(few, many, isLong, tick, isDust, market);
    }
  }
  const shorts = positions.filter(({ lots }) => lots < 0n);
  const longs = positions.filter(({ lots }) => lots > 0n);
  return [
    ...shorts.filter((p) => !isDust(p)).map((p) => order(p, tick, abs(p.lots), true)),
    ...longs.map((p) => order(p, tick, abs(p.lots), false)),
  ];
}

/** The special ones of one side against the strongest of the other. */
function meet(
  few: readonly Position[],
  many: readonly Position[],
  fewAreLong: boolean,
  mark: bigint,
  isDust: (p: Position) => boolean,
  market: DemoMarket,
): UnwindOrder[] {
  const strongest = many.toSorted((a, b) => {
    const difference = bankruptcyCost(a) * abs(b.lots) - bankruptcyCost(b) * abs(a.lots);
    return (difference < 0n ? -1 : difference > 0n ? 1 : 0) * (fewAreLong ? -1 : 1);
  });
  const dust = few.filter(isDust);
  if (dust.length > 0) {
    // one strong position rests, the dust takes
    const host = strongest[0] as Position;
    const ticks = dust.map((p) => bearable(p, mark, market));
    const tick = ticks.reduce((worst, one) => (one > worst === fewAreLong ? one : worst), mark);
    return [order(host, tick, abs(host.lots), true), ...dust.map((p) => order(p, tick, abs(p.lots), false))];
  }
  const orders = few.map((p) => order(p, bearable(p, mark, market), abs(p.lots), true));
  const worst = orders.reduce((far, { tick }) => (tick > far === fewAreLong ? tick : far), mark);
  let left = few.reduce((sum, { lots }) => sum + abs(lots), 0n);
  for (const p of strongest) {
    if (left === 0n) break;
    const lots = abs(p.lots) < left ? abs(p.lots) : left;
    orders.push(order(p, worst, lots, false));
    left -= lots;
  }
  return orders;
}

/** The tick nearest to the mark at which the position can be closed, fee included. */
function bearable(p: Position, mark: bigint, market: DemoMarket): bigint {
  const step = p.lots > 0n ? 1n : -1n;
  const stride = mark / 20_000n + 1n;
  const limit = (mark * SEARCH) / 10_000n;
  let tick = mark;
  while (!bears(p, tick, market) && (tick - mark) * step < limit) tick += step * stride;
  return tick;
}

/** With the taker's fee, the higher one. */
function bears(p: Position, tick: bigint, market: DemoMarket): boolean {
  const notional = abs(p.lots) * tick * market.tickValue;
  return closeIsCovered(p, abs(p.lots), notional, (notional * market.takerFeeRate) / PIPS + ROUNDING);
}

function order({ account, lots }: Position, tick: bigint, size: bigint, rests: boolean): UnwindOrder {
  return { account, isBid: lots < 0n, tick, lots: size, rests };
}
