/**
 * What the makers and the bidders put into the book, and when the makers take it out. Pure.
 */
import { type DemoMarket, lotsOf, tickOf } from "../market/market.ts";

export type Quote = {
  readonly isBid: boolean;
  readonly tick: number;
  readonly lots: bigint;
  readonly leverage: number;
};

/** Levels of a maker: distance from the mark, and dollars. Each maker stands a little behind the one before. */
const LEVELS = [
  { distance: 0.0003, dollars: 25_000 },
  { distance: 0.001, dollars: 60_000 },
  { distance: 0.0025, dollars: 120_000 },
];
const MAKER_STEP = 0.00006;
const MAKER_LEVERAGE = 5;

/** @param rank Which maker, from 0. @param share Of the usual size. */
export function makerQuotes(market: DemoMarket, price: number, rank: number, share: number): Quote[] {
  return LEVELS.flatMap(({ distance, dollars }) =>
    [true, false].map((isBid) => {
      const offset = (distance + rank * MAKER_STEP) * (isBid ? -1 : 1);
      const tick = tickOf(market, price * (1 + offset));
      return { isBid, tick, lots: lotsOf(market, dollars * share, price), leverage: MAKER_LEVERAGE };
    }),
  );
}

/** How far from the price before the crash the bidders wait. */
const WAITING = { nearest: 0.02, farthest: 0.12, dollars: 12_000, leverage: 4, levels: 5 };

/** @param rank Which bidder, from 0: every third waits above the market. */
export function bidderQuotes(market: DemoMarket, price: number, rank: number): Quote[] {
  const isBid = rank % 3 !== 2;
  return Array.from({ length: WAITING.levels }, (_, i) => {
    const distance = WAITING.nearest + ((WAITING.farthest - WAITING.nearest) * (i + (rank % 4) / 4)) / WAITING.levels;
    const tick = tickOf(market, price * (1 + (isBid ? -distance : distance)));
    return { isBid, tick, lots: lotsOf(market, WAITING.dollars, price), leverage: WAITING.leverage };
  });
}

/** Makers leave when one answer moves the price by this much, or several together by that. */
const FAST = { step: 0.0045, several: 0.01, over: 4 };
/** Calm answers before they come back, and answers during which they come back with less. */
const RETURN = { after: 3, slowly: 6 };

export type Nerve = {
  /** Of their usual size that the makers quote now: 0 when they are gone. */
  readonly share: number;
};

/** How brave the makers are after these prices, the newest last. */
export function nerveOf(prices: readonly number[]): Nerve {
  let calm = 0;
  for (let i = prices.length - 1; i > 0 && !isFast(prices, i); i--) calm++;
  const everFast = calm < prices.length - 1;
  if (!everFast) return { share: 1 };
  if (calm < RETURN.after) return { share: 0 };
  return { share: Math.min(1, (calm - RETURN.after + 1) / RETURN.slowly) };
}

function isFast(prices: readonly number[], i: number): boolean {
  const move = (back: number) => Math.abs((prices[i] ?? 1) / (prices[Math.max(0, i - back)] ?? 1) - 1);
  return move(1) > FAST.step || move(FAST.over) > FAST.several;
}
