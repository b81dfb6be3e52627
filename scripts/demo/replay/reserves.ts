/**
 * What accounts have reserved for their resting orders: OrderDesk.sol and OrderMargin.sol once more.
 *
 * A side's reserve is the sum of what its orders need, except that a fill that opens exposure also takes as much off the other side, which
 * then can only close it again.
 */
import type { RestingOrder } from "../../../keeper/audit/restingOrders.ts";
import type { MarketReplay } from "./replayState.ts";

export type Reserves = { readonly bid: bigint; readonly ask: bigint };

const NONE: Reserves = { bid: 0n, ask: 0n };

/** What so many lots of an order need: ⌈lots · price / leverage⌉; reduce-only needs nothing. */
export function needOf(one: MarketReplay, order: RestingOrder, lots: bigint): bigint {
  if (order.reduceOnly) return 0n;
  return (lots * order.tick * one.market.tickValue + order.leverage - 1n) / order.leverage;
}

export function reservesOf(one: MarketReplay, account: number): Reserves {
  return one.reserves.get(account) ?? NONE;
}

/** What is held back from free collateral: the larger side. */
export function heldBy({ bid, ask }: Reserves): bigint {
  return bid > ask ? bid : ask;
}

export function reserve(one: MarketReplay, order: RestingOrder): void {
  change(one, order.account, order.isBid, needOf(one, order, order.lots));
}

export function releaseAll(one: MarketReplay, order: RestingOrder): void {
  change(one, order.account, order.isBid, -needOf(one, order, order.lots));
}

/** Lots that an order lost other than by a fill. */
export function releaseReduced(one: MarketReplay, order: RestingOrder, lots: bigint): void {
  change(one, order.account, order.isBid, needOf(one, order, order.lots - lots) - needOf(one, order, order.lots));
}

/** A fill of a resting order. The maker's position is still the one before it. */
export function releaseFilled(one: MarketReplay, order: RestingOrder, lots: bigint): void {
  const part = needOf(one, order, order.lots) - needOf(one, order, order.lots - lots);
  change(one, order.account, order.isBid, -part);
  const position = one.positions.positions.get(order.account);
  if (position === undefined || position.isLong === order.isBid) change(one, order.account, !order.isBid, -part);
}

function change(one: MarketReplay, account: number, isBid: boolean, amount: bigint): void {
  const before = reservesOf(one, account);
  const side = (isBid ? before.bid : before.ask) + amount;
  const after = side > 0n ? side : 0n;
  one.reserves.set(account, isBid ? { ...before, bid: after } : { ...before, ask: after });
}
