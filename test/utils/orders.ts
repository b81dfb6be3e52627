/** Orders and positions: placing, crossing, and building a position with a given entry and margin. */
import { eventsOf, GAS, named, type ParsedEvent, type Trader, type Venue } from "./venue.ts";

/** TimeInForce. */
export const [GTC, IOC, FOK, POST_ONLY] = [0, 1, 2, 3] as const;
/** SelfTrade. */
export const [CANCEL_RESTING, CANCEL_TAKING, DECREMENT_BOTH] = [0, 1, 2] as const;
/** IExchangeEvents.RemovalReason */
export const Reason = {
  Cancelled: 0n,
  Expired: 1n,
  SelfTrade: 2n,
  OutsideBand: 3n,
  ReduceOnlyExhausted: 4n,
  MarginShort: 5n,
  Liquidation: 6n,
  Retired: 7n,
  Amended: 8n,
  Uncovered: 9n,
} as const;

export interface OrderOptions {
  market?: number;
  isBid: boolean;
  tick: number;
  lots: number | bigint;
  ioc?: boolean;
  /** Instead of `ioc`. */
  timeInForce?: number;
  selfTrade?: number;
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
    timeInForce: o.timeInForce ?? (o.ioc ? IOC : GTC),
    selfTrade: o.selfTrade ?? CANCEL_RESTING,
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
