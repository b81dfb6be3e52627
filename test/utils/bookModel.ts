/** The order book a second time: arrays and a sort. Knows price-time priority and why a maker is removed; nothing of money. */

export interface ModelOrder {
  id: bigint;
  account: number;
  isBid: boolean;
  tick: number;
  lots: number;
  expiry: number;
  reduceOnly: boolean;
  postOnly: boolean;
  /** SelfTrade. */
  selfTrade: number;
  /** Order of arrival. */
  arrived: number;
}

export interface ModelRequest {
  account: number;
  isBid: boolean;
  tick: number;
  lots: number;
  /** TimeInForce. */
  timeInForce: number;
  /** SelfTrade. */
  selfTrade: number;
  reduceOnly: boolean;
  expiry: number;
  maxSteps: number;
}

export interface ModelResult {
  trades: { orderId: bigint; maker: number; tick: number; lots: number }[];
  /** Order id and RemovalReason. */
  removed: { orderId: bigint; lots: number; reason: number }[];
  /** Orders that lost lots without filling, and stay. */
  reduced: { orderId: bigint; lots: number; reason: number }[];
  filled: number;
  steps: number;
  /** Lots that rest; 0 for none. */
  rests: number;
}

export class BookModel {
  orders: ModelOrder[] = [];
  /** Signed lots by account. */
  readonly positions = new Map<number, number>();
  private clock = 0;

  /** One side, best first. */
  queue(isBid: boolean): ModelOrder[] {
    return this.orders
      .filter((o) => o.isBid === isBid)
      .sort((a, b) => (a.tick === b.tick ? a.arrived - b.arrived : isBid ? b.tick - a.tick : a.tick - b.tick));
  }

  closing(account: number, buys: boolean, lots: number): number {
    const position = this.positions.get(account) ?? 0;
    return position === 0 || position > 0 === buys ? 0 : Math.min(Math.abs(position), lots);
  }

  /** The name of the error, if the order is refused; then the model is as before. */
  place(request: ModelRequest, now: number): ModelResult | string {
    const before = { orders: this.orders.map((o) => ({ ...o })), positions: new Map(this.positions) };
    const outcome = this.match(request, now);
    if (typeof outcome === "string") {
      this.orders = before.orders;
      for (const [account, lots] of before.positions) this.positions.set(account, lots);
      for (const account of this.positions.keys()) if (!before.positions.has(account)) this.positions.delete(account);
    }
    return outcome;
  }

  /** Another price or more lots: taken off and placed again as it was placed, or, when that is refused, as before. */
  requeue(
    order: ModelOrder,
    tick: number,
    lots: number,
    now: number,
  ): { request: ModelRequest; result: ModelResult | string } {
    const request: ModelRequest = {
      account: order.account,
      isBid: order.isBid,
      tick,
      lots,
      timeInForce: order.postOnly ? 3 : 0,
      selfTrade: order.selfTrade,
      reduceOnly: order.reduceOnly,
      expiry: order.expiry,
      maxSteps: 64,
    };
    if (order.expiry !== 0 && order.expiry < now) return { request, result: "OrderExpired" };
    const gone = { orderId: order.id, lots: order.lots, reason: 8 };
    this.remove(order.id);
    const result = this.place(request, now);
    if (typeof result === "string")
      this.orders.push(order); // sorted by arrival, so its place is what it was
    else result.removed.unshift(gone);
    return { request, result };
  }

  private match(request: ModelRequest, now: number): ModelResult | string {
    const result: ModelResult = { trades: [], removed: [], reduced: [], filled: 0, steps: 0, rests: 0 };
    const first = this.queue(!request.isBid)[0];
    const crosses = first && (request.isBid ? first.tick <= request.tick : first.tick >= request.tick);
    if (crosses && request.timeInForce === 3) return "PostOnlyWouldCross";
    let remaining = request.lots;
    if (request.reduceOnly) {
      remaining = this.closing(request.account, request.isBid, request.lots);
      if (remaining === 0) return "NothingToReduce";
    }
    const wanted = remaining;
    let exhausted = false;
    while (remaining > 0) {
      const best = this.queue(!request.isBid)[0];
      if (!best || (request.isBid ? best.tick > request.tick : best.tick < request.tick)) break;
      if (result.steps === request.maxSteps) {
        exhausted = true;
        break;
      }
      result.steps++;
      const own = best.account === request.account && !(best.expiry !== 0 && best.expiry < now);
      if (own && request.selfTrade === 1) {
        exhausted = true; // cancels what is left of the taker
        break;
      }
      if (own && request.selfTrade === 2) {
        remaining -= this.decrement(best, remaining, result);
        continue;
      }
      const lots = this.meet(best, request, remaining, now, result);
      remaining -= lots;
      result.filled += lots;
    }
    if (request.timeInForce === 2 && result.filled !== wanted) return "FillOrKillFailed";
    const mayRest = request.timeInForce === 0 || request.timeInForce === 3;
    if (remaining > 0 && mayRest && !exhausted) result.rests = remaining;
    return result;
  }

  /** Both sides of a self-trade lose what would have met. There is no minimum notional here, so no dust either. */
  private decrement(own: ModelOrder, remaining: number, result: ModelResult): number {
    const lots = Math.min(remaining, own.lots);
    const entry = { orderId: own.id, lots, reason: 2 };
    if (lots === own.lots) {
      this.remove(own.id);
      result.removed.push(entry);
    } else {
      own.lots -= lots;
      result.reduced.push(entry);
    }
    return lots;
  }

  /** What an amendment does without a trade: less at the same tick. */
  reduce(id: bigint, lots: number): void {
    const order = this.orders.find((o) => o.id === id);
    if (order) order.lots = lots;
  }

  /** Lots filled against one resting order; 0 when it was removed instead. */
  private meet(maker: ModelOrder, taker: ModelRequest, remaining: number, now: number, result: ModelResult): number {
    const drop = (reason: number) => {
      this.remove(maker.id);
      result.removed.push({ orderId: maker.id, lots: maker.lots, reason });
      return 0;
    };
    if (maker.expiry !== 0 && maker.expiry < now) return drop(1);
    if (maker.account === taker.account) return drop(2);
    let lots = Math.min(remaining, maker.lots);
    if (maker.reduceOnly) lots = this.closing(maker.account, maker.isBid, lots);
    if (lots === 0) return drop(4);
    result.trades.push({ orderId: maker.id, maker: maker.account, tick: maker.tick, lots });
    this.move(maker.account, maker.isBid ? lots : -lots);
    this.move(taker.account, taker.isBid ? lots : -lots);
    maker.lots -= lots;
    if (maker.lots === 0) this.remove(maker.id);
    return lots;
  }

  rest(request: ModelRequest, id: bigint, lots: number): void {
    const { account, isBid, tick, expiry, reduceOnly, selfTrade } = request;
    const postOnly = request.timeInForce === 3;
    this.orders.push({
      id,
      account,
      isBid,
      tick,
      lots,
      expiry,
      reduceOnly,
      postOnly,
      selfTrade,
      arrived: this.clock++,
    });
  }

  remove(id: bigint): void {
    this.orders = this.orders.filter((o) => o.id !== id);
  }

  private move(account: number, lots: number): void {
    this.positions.set(account, (this.positions.get(account) ?? 0) + lots);
  }
}
