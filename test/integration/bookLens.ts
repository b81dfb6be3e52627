/** The Lens's view of the book: queues in pages, places in line, and what an order would meet, against what the book then does. */
import { expect } from "chai";
import { ask, bid, IOC, place, requestOf } from "../utils/orders.ts";
import { createRandom, type Random } from "../utils/random.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, trader, USD, type Venue } from "../utils/venue.ts";

const MARK = 10_000;
const FILLED = 0n;
const NOTHING_CROSSES = 1n;
const EXHAUSTED = 2n;

/** Orders of five accounts on both sides of the mark, some reduce-only, some about to expire. */
async function fillBook(v: Venue, random: Random): Promise<void> {
  // positions for the reduce-only orders to reduce
  await place(v, trader(v, 0), bid(MARK, 600, { leverage: 1 }));
  await place(v, trader(v, 1), ask(MARK, 600, { leverage: 1, ioc: true }));
  const now = await v.connection.networkHelpers.time.latest();
  for (let i = 0; i < 30; i++) {
    const t = trader(v, random.int(0, 4));
    const isBid = random.chance(0.5);
    const options = {
      isBid,
      tick: MARK + (isBid ? -1 : 1) * random.int(1, 6),
      lots: random.int(50, 400),
      reduceOnly: random.chance(0.25) && t.account === trader(v, isBid ? 1 : 0).account,
      expiry: random.chance(0.2) ? now + 200 : 0,
      leverage: 2,
    };
    await place(v, t, options);
  }
  await v.connection.networkHelpers.time.increase(400);
}

describe("Lens on the book", () => {
  const venue = useVenue(
    { traders: 6, deposit: 1_000_000n * USD, markets: [{ minNotional: 1n, minMargin: 1n }] },
    (v) => fillBook(v, createRandom(4)),
  );

  for (const isBid of [true, false]) {
    it(`${isBid ? "bids" : "asks"} in pages: best first, first in first out; each order's place in line`, async () => {
      const v = venue();
      const { lens } = v;
      const [, whole, end] = await lens.orders(1, isBid, 0, 1_000);
      expect(end).equal(0n);
      expect(whole.length).greaterThan(8);
      const paged: bigint[] = [];
      for (let cursor = 0n, first = true; first || cursor !== 0n; first = false) {
        const [, page, next] = await lens.orders(1, isBid, cursor, 3);
        paged.push(...page.map((o) => o.orderId));
        cursor = next;
      }
      expect(paged).to.deep.equal(whole.map((o) => o.orderId));
      for (const [i, order] of whole.entries()) {
        const before = whole[i - 1];
        if (before) expect(isBid ? before.tick >= order.tick : before.tick <= order.tick).equal(true);
        const [, at] = await lens.queuePosition(1, order.orderId);
        const ahead = whole.slice(0, i).filter((o) => o.tick === order.tick);
        const better = whole.slice(0, i).filter((o) => o.tick !== order.tick);
        const level = whole.filter((o) => o.tick === order.tick);
        const lots = (orders: typeof ahead) => orders.reduce((sum, o) => sum + o.lots, 0n);
        expect([
          at.ordersAhead,
          at.lotsAhead,
          at.lotsBetter,
          at.levelsBetter,
          at.levelOrders,
          at.levelLots,
        ]).to.deep.equal([
          BigInt(ahead.length),
          lots(ahead),
          lots(better),
          BigInt(new Set(better.map((o) => o.tick)).size),
          BigInt(level.length),
          lots(level),
        ]);
      }
    });
  }

  it("a place in line only for an order that is there", async () => {
    const v = venue();
    const { orderId } = await place(v, trader(v, 5), bid(9_000, 100));
    await trader(v, 5).exchange.cancelOrder(1, orderId, GAS);
    for (const id of [0n, orderId, 2n ** 200n]) {
      await expect(v.lens.queuePosition(1, id)).to.be.revertedWithCustomError(v.exchange, "UnknownOrder").withArgs(id);
    }
    await expect(v.lens.orders(1, true, orderId, 1)).to.be.revertedWithCustomError(v.exchange, "UnknownOrder");
  });

  for (const isBid of [true, false]) {
    for (const lots of [1, 120, 700, 2_500, 50_000]) {
      for (const [who, maxSteps] of [
        [5, 64],
        [2, 64],
        [2, 5],
      ] as const) {
        it(`what ${lots} lots ${isBid ? "bought" : "sold"} by trader ${who} in ${maxSteps} steps would meet is what they meet`, async () => {
          const v = venue();
          const t = trader(v, who);
          const tick = isBid ? MARK + 5 : MARK - 5;
          const [, p] = await v.lens.previewFill(1, isBid, lots, tick, t.account, maxSteps);
          const request = requestOf({ isBid, tick, lots, timeInForce: IOC, leverage: 2, maxSteps });
          const result = await t.exchange.placeOrder.staticCall(request, GAS);
          const events = await eventsOf(v, t.exchange.placeOrder(request, GAS));
          const trades = named(events, "Trade");
          expect([p.filledLots, p.notional, p.steps]).to.deep.equal([
            result.filledLots,
            result.filledNotional,
            result.steps,
          ]);
          expect([p.fills, p.removals]).to.deep.equal([
            BigInt(trades.length),
            BigInt(named(events, "OrderRemoved").length),
          ]);
          expect(p.worstTick).equal((trades.at(-1)?.["tick"] as bigint | undefined) ?? 0n);
          const exact = p.filledLots === 0n ? 0n : (p.notional << 16n) / p.filledLots;
          const up = p.filledLots !== 0n && (p.notional << 16n) % p.filledLots !== 0n && isBid;
          expect(p.averagePrice).equal(up ? exact + 1n : exact);
          const ends = p.filledLots === BigInt(lots) ? [FILLED] : [NOTHING_CROSSES, EXHAUSTED];
          expect(ends).to.include(p.end);
          if (p.end === EXHAUSTED) expect(p.steps).equal(BigInt(maxSteps));
        });
      }
    }
  }

  it("no limit, the market's own step budget, and nobody's account", async () => {
    const v = venue();
    const [, open] = await v.lens.previewFill(1, true, 1_000_000, 0, 0, 0);
    const [, depth] = await v.lens.orders(1, false, 0, 1_000);
    expect(open.steps >= BigInt(depth.length)).equal(true);
    expect(open.end).equal(NOTHING_CROSSES);
    const [, none] = await v.lens.previewFill(1, true, 0, 0, 0, 0);
    expect([none.filledLots, none.steps, none.averagePrice, none.end]).to.deep.equal([0n, 0n, 0n, FILLED]);
  });
});
