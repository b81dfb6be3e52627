/** Orders and positions: placing, crossing, and building a position with a given entry and margin. */
import { eventsOf, GAS, named, type ParsedEvent, type Trader, type Venue } from "./venue.ts";

export const GTC = 0;
export const IOC = 1;

export interface OrderOptions {
  market?: number;
  isBid: boolean;
  tick: number;
  lots: number | bigint;
  ioc?: boolean;
  reduceOnly?: boolean;
  leverage?: number;
  expiry?: number;
  maxSteps?: number;
  clientId?: number;
}

export function requestOf(o: OrderOptions) {
  return {
    market: o.market ?? 1,
    isBid: o.isBid,
    tick: o.tick,
    lots: o.lots,
    timeInForce: o.ioc ? IOC : GTC,
    reduceOnly: o.reduceOnly ?? false,
    leverage: o.leverage ?? 10,
    expiry: o.expiry ?? 0,
    maxSteps: o.maxSteps ?? 64,
    clientId: o.clientId ?? 0,
  };
}

export interface Placed {
  /** 0n when nothing rests. */
  orderId: bigint;
  filled: bigint;
  events: ParsedEvent[];
}

/** Sends the order without waiting: for expectations about reverts. */
export function submit(t: Trader, o: OrderOptions) {
  return t.exchange.placeOrder(requestOf(o), GAS);
}

export async function place(venue: Venue, t: Trader, o: OrderOptions): Promise<Placed> {
  const events = await eventsOf(venue, submit(t, o));
  const [placed] = named(events, "OrderPlaced");
  const filled = named(events, "Trade").reduce((sum, e) => sum + (e["lots"] as bigint), 0n);
  return { orderId: placed ? (placed["orderId"] as bigint) : 0n, filled, events };
}

export const bid = (tick: number, lots: number | bigint, rest: Partial<OrderOptions> = {}): OrderOptions => ({
  isBid: true,
  tick,
  lots,
  ...rest,
});
export const ask = (tick: number, lots: number | bigint, rest: Partial<OrderOptions> = {}): OrderOptions => ({
  isBid: false,
  tick,
  lots,
  ...rest,
});

export interface CrossOptions {
  market?: number;
  tick: number;
  lots: number | bigint;
  longLeverage?: number;
  shortLeverage?: number;
  /** Quote atoms added to the positions afterwards. */
  longExtra?: bigint;
  shortExtra?: bigint;
}

/** `long` buys from `short`: the short rests, the long takes. The mark must be near the tick, and no other order in the way. */
export async function cross(venue: Venue, long: Trader, short: Trader, o: CrossOptions): Promise<void> {
  const market = o.market ?? 1;
  const lots = BigInt(o.lots);
  const rested = await place(venue, short, ask(o.tick, lots, { market, leverage: o.shortLeverage ?? 10 }));
  if (rested.filled !== 0n) throw new Error("cross: something was in the way of the short");
  const taken = await place(venue, long, bid(o.tick, lots, { market, leverage: o.longLeverage ?? 10, ioc: true }));
  if (taken.filled !== lots) throw new Error(`cross: ${taken.filled} of ${lots} lots filled`);
  if (o.longExtra) await long.exchange.addMargin(market, o.longExtra, GAS);
  if (o.shortExtra) await short.exchange.addMargin(market, o.shortExtra, GAS);
}
