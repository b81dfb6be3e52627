/** An order that meets its own account: each of the three ways to prevent the trade, and what the events say of it. */
import { expect } from "chai";
import {
  ask,
  bid,
  CANCEL_RESTING,
  CANCEL_TAKING,
  cross,
  DECREMENT_BOTH,
  FOK,
  place,
  Reason,
  requestOf,
  submit,
} from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, named, type ParsedEvent, trader, USD } from "../utils/venue.ts";

const TICK = 10_000;

const of = (events: readonly ParsedEvent[], name: string, ...keys: string[]) =>
  named(events, name).map((e) => keys.map((key) => e[key]));

describe("Self-trade prevention", () => {
  const venue = useVenue({ traders: 4, deposit: 10_000n * USD });
  const own = () => trader(venue(), 0);
  const other = () => trader(venue(), 1);
  const freeOf = async () => (await venue().exchange.accountAt(own().account)).free;
  const lotsAt = async (tick: number, isBid = false) => (await venue().exchange.levelAt(1, isBid, tick))[0];

  it("CancelResting, the default: the resting order goes, the taker goes on", async () => {
    const v = venue();
    const { orderId } = await place(v, own(), ask(TICK, 700));
    await place(v, other(), ask(10_001, 700));
    const o = bid(10_001, 500, { ioc: true });
    expect(requestOf(o).selfTrade).equal(CANCEL_RESTING);
    const { events, filled } = await place(v, own(), o);
    expect(filled).equal(500n);
    expect(of(events, "OrderRemoved", "orderId", "lots", "reason")).to.deep.equal([[orderId, 700n, Reason.SelfTrade]]);
    expect(named(events, "SelfTradePrevented")).to.have.length(0);
  });

  it("CancelTaking: keeps what it filled before, the rest goes and never rests; the resting order stays as it was", async () => {
    const v = venue();
    await place(v, other(), ask(9_999, 300));
    const { orderId } = await place(v, own(), ask(TICK, 700));
    await place(v, other(), ask(10_001, 700));
    const o = bid(10_001, 1_000, { selfTrade: CANCEL_TAKING });
    const [, filledLots, , steps] = await own().exchange.placeOrder.staticCall(requestOf(o), GAS);
    expect([filledLots, steps]).to.deep.equal([300n, 2n]);
    const { events, filled, orderId: rested } = await place(v, own(), o);
    expect([filled, rested]).to.deep.equal([300n, 0n]);
    expect(of(events, "SelfTradePrevented", "account", "orderId", "mode", "lots")).to.deep.equal([
      [BigInt(own().account), orderId, BigInt(CANCEL_TAKING), 700n],
    ]);
    expect(named(events, "OrderRemoved").length + named(events, "OrderReduced").length).equal(0);
    expect(await lotsAt(TICK)).equal(700n);
  });

  it("CancelTaking, with nothing filled before: nothing happens but the event", async () => {
    const v = venue();
    await place(v, own(), ask(TICK, 700));
    const free = await freeOf();
    const { events, filled } = await place(v, own(), bid(TICK, 1_000, { selfTrade: CANCEL_TAKING }));
    expect(filled).equal(0n);
    expect(events.map((e) => e.name)).to.deep.equal(["SelfTradePrevented"]);
    expect(await freeOf()).equal(free);
  });

  it("DecrementBoth, the resting order larger: it is reduced, keeps its id and place, and gives back its part of the reserve", async () => {
    const v = venue();
    const { orderId } = await place(v, own(), ask(TICK, 1_000, { leverage: 7 }));
    await place(v, other(), ask(TICK, 1_000));
    const { events, filled } = await place(v, own(), bid(TICK, 400, { selfTrade: DECREMENT_BOTH }));
    expect(filled).equal(0n);
    expect(of(events, "OrderReduced", "orderId", "lots", "reason")).to.deep.equal([[orderId, 400n, Reason.SelfTrade]]);
    expect(of(events, "SelfTradePrevented", "orderId", "mode", "lots")).to.deep.equal([
      [orderId, BigInt(DECREMENT_BOTH), 400n],
    ]);
    expect(await freeOf()).equal(10_000n * USD - (600n * 10_000n * 10n + 6n) / 7n);
    const next = await place(v, trader(v, 2), bid(TICK, 700, { ioc: true }));
    expect(of(next.events, "Trade", "maker", "lots")).to.deep.equal([
      [BigInt(own().account), 600n],
      [BigInt(other().account), 100n],
    ]);
  });

  it("DecrementBoth, the resting order smaller: it goes, and the taker goes on with what is left of it", async () => {
    const v = venue();
    const { orderId } = await place(v, own(), ask(TICK, 300));
    await place(v, other(), ask(10_001, 200));
    const o = bid(10_001, 1_000, { selfTrade: DECREMENT_BOTH });
    const { events, filled, orderId: rested } = await place(v, own(), o);
    expect(of(events, "OrderRemoved", "orderId", "lots", "reason")).to.deep.equal([[orderId, 300n, Reason.SelfTrade]]);
    expect(filled).equal(200n);
    expect(rested).not.equal(0n);
    expect(await lotsAt(10_001, true)).equal(500n); // 1,000 less 300 that met itself less 200 filled
  });

  it("DecrementBoth: what would stay as dust goes, too, so nobody can leave orders below the minimum this way", async () => {
    const v = venue();
    const { orderId } = await place(v, own(), ask(TICK, 199));
    const { events } = await place(v, own(), bid(TICK, 100, { selfTrade: DECREMENT_BOTH })); // 99 would stay
    expect(of(events, "OrderRemoved", "orderId", "lots", "reason")).to.deep.equal([[orderId, 199n, Reason.SelfTrade]]);
    expect(of(events, "SelfTradePrevented", "lots")).to.deep.equal([[100n]]);
    const kept = await place(v, own(), ask(TICK, 200));
    await place(v, own(), bid(TICK, 100, { selfTrade: DECREMENT_BOTH }));
    expect(await lotsAt(TICK)).equal(100n);
    expect(kept.orderId).not.equal(0n);
  });

  it("an expired own order in the way is removed as expired, in every mode", async () => {
    const v = venue();
    const { time } = v.connection.networkHelpers;
    for (const selfTrade of [CANCEL_RESTING, CANCEL_TAKING, DECREMENT_BOTH]) {
      const { orderId } = await place(v, own(), ask(TICK, 300, { expiry: (await time.latest()) + 10 }));
      await time.increase(20);
      const { events } = await place(v, own(), bid(TICK, 300, { ioc: true, selfTrade }));
      expect(of(events, "OrderRemoved", "orderId", "reason")).to.deep.equal([[orderId, Reason.Expired]]);
    }
  });

  it("fill or kill with any mode that costs the taker lots reverts", async () => {
    const v = venue();
    await place(v, own(), ask(TICK, 300));
    await place(v, other(), ask(10_001, 1_000));
    for (const selfTrade of [CANCEL_TAKING, DECREMENT_BOTH]) {
      await expect(submit(own(), bid(10_001, 1_000, { timeInForce: FOK, selfTrade }))).to.be.revertedWithCustomError(
        v.exchange,
        "FillOrKillFailed",
      );
    }
    expect(await lotsAt(TICK)).equal(300n);
    expect((await place(v, own(), bid(10_001, 1_000, { timeInForce: FOK }))).filled).equal(1_000n);
  });

  it("reduce-only orders that meet: no reserve moves, no position changes", async () => {
    const v = venue();
    await cross(v, own(), other(), { tick: TICK, lots: 2_000 });
    await place(v, own(), ask(10_010, 1_000, { reduceOnly: true }));
    const before = (await readPositions(v)).get(own().account);
    const free = await freeOf();
    const { events } = await place(v, own(), bid(10_010, 400, { ioc: true, selfTrade: DECREMENT_BOTH }));
    expect(of(events, "OrderReduced", "lots")).to.deep.equal([[400n]]);
    expect((await readPositions(v)).get(own().account)).to.deep.equal(before);
    expect(await freeOf()).equal(free);
  });

  it("the mode is the taker's: what the resting order was placed with does not matter", async () => {
    const v = venue();
    const { orderId } = await place(v, own(), ask(TICK, 300, { selfTrade: CANCEL_TAKING }));
    const { events } = await place(v, own(), bid(TICK, 300, { ioc: true }));
    expect(of(events, "OrderRemoved", "orderId", "reason")).to.deep.equal([[orderId, Reason.SelfTrade]]);
  });
});
