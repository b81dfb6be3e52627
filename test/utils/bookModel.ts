/** The order book a second time: arrays and a sort. Knows price-time priority and why a maker is removed; nothing of money. */

export interface ModelOrder {
  id: bigint;
  account: number;
  isBid: boolean;
  tick: number;
  lots: number;
  expiry: number;
  reduceOnly: boolean;
  /** Order of arrival. */
  arrived: number;
}

export interface ModelRequest {
  account: number;
  isBid: boolean;
  tick: number;
  lots: number;
  ioc: boolean;
  reduceOnly: boolean;
  expiry: number;
  maxSteps: number;
}

export interface ModelResult {
  trades: { orderId: bigint; maker: number; tick: number; lots: number }[];
  /** Order id and RemovalReason. */
  removed: { orderId: bigint; lots: number; reason: number }[];
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

  /** Null: refused because there is nothing to reduce. */
  place(request: ModelRequest, now: number): ModelResult | null {
    const result: ModelResult = { trades: [], removed: [], filled: 0, steps: 0, rests: 0 };
    let remaining = request.lots;
    if (request.reduceOnly) {
      remaining = this.closing(request.account, request.isBid, request.lots);
      if (remaining === 0) return null;
    }
    let exhausted = false;
    while (remaining > 0) {
      const best = this.queue(!request.isBid)[0];
      if (!best || (request.isBid ? best.tick > request.tick : best.tick < request.tick)) break;
      if (result.steps === request.maxSteps) {
        exhausted = true;
        break;
      }
      result.steps++;
      const lots = this.meet(best, request, remaining, now, result);
      remaining -= lots;
      result.filled += lots;
    }
    if (remaining > 0 && !request.ioc && !exhausted) result.rests = remaining;
    return result;
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
    const { account, isBid, tick, expiry, reduceOnly } = request;
    this.orders.push({ id, account, isBid, tick, lots, expiry, reduceOnly, arrived: this.clock++ });
  }

  remove(id: bigint): void {
    this.orders = this.orders.filter((o) => o.id !== id);
  }

  private move(account: number, lots: number): void {
    this.positions.set(account, (this.positions.get(account) ?? 0) + lots);
  }
}
