/**
 * The crowd: what all actors send in one block, given the prices. Decides only from prices and its own plan, never from the chain.
 */
import type { Call } from "../chain/connectChain.ts";
import type { Actor, Context } from "../context.ts";
import { atoms, type DemoMarket, lotsOf, tickOf } from "../market/market.ts";
import { type Intent, MARKET_COUNT, ROUNDS } from "./population.ts";
import { bidderQuotes, makerQuotes, nerveOf, type Quote } from "./quotes.ts";

export type Crowd = {
  /** The bidders' orders, placed once, around the prices of the path's beginning. */
  readonly waiting: (prices: readonly number[]) => Call[];
  readonly reserves: () => Call[];
  /** One block of the opening. */
  readonly open: (round: number, prices: readonly number[], time: number) => Call[];
  /** One block of the path. @param share How far along, from 0 to 1. */
  readonly follow: (share: number, prices: readonly number[], time: number) => Call[];
};

/** A hit goes this far through the mark: well past the makers' levels, well within the band. */
const REACH = 0.004;
/** A patient order stands this far from the mark: before the makers. */
const PATIENCE = 0.0002;
/** Makers move their quotes when the mark has moved by this much, or when they are about to expire. */
const REQUOTE = 0.0005;

/** Equity / notional at which a top-up order asks for help, pips: above maintenance, or it would come too late. */
const TOP_UP_TRIGGER = 15_000;
/** Answers that makers remember. */
const MEMORY = 12;
/** During the opening everybody comes at once: makers quote this many times their usual size. */
const OPENING_SIZE = 8;

/** @param interval Seconds between the oracle's answers: quotes expire after a few of them, or they would outlive a silent oracle. */
export function createCrowd(context: Context, interval: number): Crowd {
  const { calls, markets, actors, administrator } = context;
  const makers = actors.filter(({ role }) => role === "maker");
  const bidders = actors.filter(({ role }) => role === "bidder");
  const opening = actors.filter(({ role }) => role === "trader");
  const late = actors.filter(({ role }) => role === "late");
  const history: number[][] = markets.map(() => []);
  const quoted = markets.map(() => ({ price: 0, share: 0, until: 0 }));
  const life = 4 * interval;
  let came = 0;

  function waiting(prices: readonly number[]): Call[] {
    return bidders.map((bidder, rank) =>
      calls.placeMany(
        bidder.address,
        markets.flatMap((market, i) => orders(market, bidderQuotes(market, prices[i] ?? 0, rank), 0)),
      ),
    );
  }

  /** Top-up orders, given once. */
  function reserves(): Call[] {
    return opening.flatMap(({ address, topUp, intents }) =>
      topUp === 0
        ? []
        : intents.map(({ market }) =>
            calls.setTopUp(address, markets[market] as DemoMarket, TOP_UP_TRIGGER, atoms(topUp)),
          ),
    );
  }

  function open(round: number, prices: readonly number[], time: number): Call[] {
    const entries = opening.flatMap((actor) =>
      actor.intents.filter(({ when }) => when === round).map((intent) => enter(actor, intent, prices)),
    );
    const patient = entries.filter(({ rests }) => rests).map(({ call }) => call);
    const impatient = entries.filter(({ rests }) => !rests).map(({ call }) => call);
    return [...answer(prices, time, OPENING_SIZE), ...patient, ...impatient];
  }

  function follow(share: number, prices: readonly number[], time: number): Call[] {
    const entries = late.flatMap((actor) =>
      actor.intents
        .filter(({ when }) => when > came && when <= share)
        .map((intent) => enter(actor, intent, prices).call),
    );
    came = share;
    for (const [i, price] of prices.entries()) history[i]?.push(price);
    return [...answer(prices, time, undefined), ...entries];
  }

  /** Makers that leave or move take their quotes out before the new price is there, and quote after it. */
  function answer(prices: readonly number[], time: number, size: number | undefined): Call[] {
    const cancels: Call[] = [];
    const quotes: Call[] = [];
    for (const [i, market] of markets.entries()) {
      const price = prices[i] ?? 0;
      const share = size ?? nerveOf(history[i]?.slice(-MEMORY) ?? []).share;
      const last = quoted[i] ?? { price: 0, share: 0, until: 0 };
      const still = share === last.share && Math.abs(price / last.price - 1) < REQUOTE && time + interval <= last.until;
      if (still || (share === 0 && last.share === 0)) continue;
      quoted[i] = { price, share, until: time + life };
      if (last.share > 0) cancels.push(...makers.map(({ address }) => calls.cancelAll(address, market)));
      if (share === 0) continue;
      for (const [rank, { address }] of makers.entries()) {
        quotes.push(calls.placeMany(address, orders(market, makerQuotes(market, price, rank, share), time + life)));
      }
    }
    return [
      ...cancels,
      ...markets.map((market, i) => calls.setPrice(administrator, market, prices[i] ?? 0)),
      ...quotes,
    ];
  }

  function enter(
    { address }: Actor,
    { market: index, isLong, leverage, notional, patient }: Intent,
    prices: readonly number[],
  ) {
    const market = markets[index % MARKET_COUNT] as DemoMarket;
    const price = prices[market.index] ?? 0;
    const distance = patient ? -PATIENCE : REACH;
    const tick = tickOf(market, price * (1 + (isLong ? distance : -distance)));
    const lots = lotsOf(market, notional, price);
    return {
      rests: patient,
      call: calls.place(address, { market, isBid: isLong, tick, lots, leverage, rests: patient }),
    };
  }

  function orders(market: DemoMarket, quotes: readonly Quote[], expiry: number) {
    return quotes.map((quote) => ({ ...quote, market, rests: true, expiry }));
  }

  return { waiting, reserves, open, follow };
}

/**
 * The prices of the opening: it begins somewhat above the path's first price and comes down to it, so that entries differ.
 *
 * @param first The path's first prices, by market.
 */
export function openingPrices(first: readonly number[], normal: () => number): number[][] {
  return Array.from({ length: ROUNDS }, (_, round) => {
    const left = 1 - round / (ROUNDS - 1);
    return first.map((price) => price * (1 + 0.02 * left + 0.003 * left * normal()));
  });
}
