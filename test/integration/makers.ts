/** Resting orders that cannot fill: each is removed, costs one step, and leaves the taker as it was. */
import { expect } from "chai";
import { ask, bid, cross, place, Reason, requestOf } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, named, type ParsedEvent, setTick, type Trader, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;

function removals(events: readonly ParsedEvent[]): unknown[][] {
  return named(events, "OrderRemoved").map((e) => [Number(e["account"]), e["orderId"], e["lots"], e["reason"]]);
}

describe("Order book: makers that cannot fill", () => {
  const venue = useVenue({ traders: 6, deposit: 10_000n * USD });

  /** The taker buys 500 lots at `limit`: the maker in the way is removed, the good one behind it fills, two steps are used. */
  async function takesPast(
    v: Venue,
    taker: Trader,
    bad: { maker: Trader; orderId: bigint; lots: bigint; reason: bigint },
    good: Trader,
  ) {
    const o = bid(10_050, 500, { ioc: true });
    const { steps } = await taker.exchange.placeOrder.staticCall(requestOf(o), GAS);
    expect(steps).equal(2n);
    const { events, filled } = await place(v, taker, o);
    expect(removals(events)).to.deep.equal([[bad.maker.account, bad.orderId, bad.lots, bad.reason]]);
    expect(filled).equal(500n);
    expect(named(events, "Trade").map((e) => Number(e["maker"]))).to.deep.equal([good.account]);
  }

  it("expired: Expired; the last second itself still fills", async () => {
    const v = venue();
    const [maker, good, taker] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    const { time } = v.connection.networkHelpers;
    const expiry = (await time.latest()) + 100;
    const { orderId } = await place(v, maker, ask(TICK, 700, { expiry }));
    await place(v, good, ask(10_001, 700));
    await time.setNextBlockTimestamp(expiry);
    expect((await place(v, taker, bid(TICK, 100, { ioc: true }))).filled).equal(100n);
    await time.setNextBlockTimestamp(expiry + 1);
    await v.exchange.poke(1);
    await takesPast(v, taker, { maker, orderId, lots: 600n, reason: Reason.Expired }, good);
    expect((await v.exchange.orderMarginAt(1, maker.account)).askReserve).equal(0n);
  });

  it("own order: SelfTrade; what it held may pay for the taker's own fills", async () => {
    const v = venue();
    const [taker, good] = [trader(v, 0), trader(v, 1)];
    // all collateral is held by the resting order
    const { orderId } = await place(v, taker, ask(TICK, 100_000, { leverage: 1 }));
    expect((await v.exchange.accountAt(taker.account)).free).equal(0n);
    await place(v, good, ask(10_001, 700));
    await takesPast(v, taker, { maker: taker, orderId, lots: 100_000n, reason: Reason.SelfTrade }, good);
    const p = (await readPositions(v)).get(taker.account);
    expect((await v.exchange.accountAt(taker.account)).free).equal(10_000n * USD - (p?.margin ?? 0n));
  });

  it("on the far side of the band: OutsideBand", async () => {
    const v = venue();
    const [maker, good, taker] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    const { orderId } = await place(v, maker, ask(TICK, 700));
    await setTick(v, 10_600); // the band begins at 10,070
    await place(v, good, ask(10_600, 700));
    const { events, filled } = await place(v, taker, bid(10_600, 500, { ioc: true }));
    expect(removals(events)).to.deep.equal([[maker.account, orderId, 700n, Reason.OutsideBand]]);
    expect(filled).equal(500n);
  });

  it("reduce-only with nothing left to reduce: ReduceOnlyExhausted", async () => {
    const v = venue();
    const [maker, good, taker] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, maker, taker, { tick: TICK, lots: 700 });
    const { orderId } = await place(v, maker, ask(10_010, 700, { reduceOnly: true }));
    await place(v, maker, ask(TICK, 700)); // closes before
    await place(v, taker, bid(TICK, 700, { ioc: true }));
    expect((await readPositions(v)).size).equal(0);
    await place(v, good, ask(10_020, 700));
    await takesPast(v, taker, { maker, orderId, lots: 700n, reason: Reason.ReduceOnlyExhausted }, good);
  });

  it("reduce-only larger than the position: fills what reduces, the rest goes when next met", async () => {
    const v = venue();
    const [maker, other, taker] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, maker, other, { tick: TICK, lots: 700 });
    const { orderId } = await place(v, maker, ask(10_010, 700, { reduceOnly: true }));
    await cross(v, other, maker, { tick: TICK, lots: 300 }); // 400 are left
    const { events, filled } = await place(v, taker, bid(10_010, 500, { ioc: true }));
    expect(filled).equal(400n);
    expect(removals(events)).to.deep.equal([[maker.account, orderId, 300n, Reason.ReduceOnlyExhausted]]);
  });

  it("margin short for what it opens: MarginShort; what it held comes back", async () => {
    const v = venue();
    const [maker, good, taker] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    const { orderId } = await place(v, maker, ask(TICK, 500, { leverage: 50 }));
    await maker.exchange.withdraw((await v.exchange.accountAt(maker.account)).free, maker.address, GAS);
    await setTick(v, 10_040); // selling at 10,000 now loses 0.2 and needs 1.004 beside; 1 is held
    await place(v, good, ask(10_041, 700));
    await takesPast(v, taker, { maker, orderId, lots: 500n, reason: Reason.MarginShort }, good);
    expect((await v.exchange.accountAt(maker.account)).free).equal(USD);
    expect((await readPositions(v)).get(maker.account)).equal(undefined);
  });

  it("margin short for its opening leg only: the closing leg fills, the rest goes", async () => {
    const v = venue();
    const [maker, good, taker] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, maker, good, { tick: TICK, lots: 400, longLeverage: 50 });
    const { orderId } = await place(v, maker, ask(TICK, 1_000, { leverage: 50 }));
    await maker.exchange.withdraw((await v.exchange.accountAt(maker.account)).free, maker.address, GAS);
    await setTick(v, 10_300); // the short leg of 600 would lose 1.8 and need 1.236 beside; 2 are held, and the close pays 0.8
    const { events, filled } = await place(v, taker, bid(10_000, 1_000, { ioc: true }));
    expect(filled).equal(400n);
    expect(removals(events)).to.deep.equal([[maker.account, orderId, 600n, Reason.MarginShort]]);
    expect((await readPositions(v)).get(maker.account)).equal(undefined);
  });

  it("a reducing fill worse than its own bankruptcy price: Uncovered", async () => {
    const v = venue();
    const [maker, other, good, taker] = [trader(v, 0), trader(v, 1), trader(v, 2), trader(v, 3)];
    await cross(v, maker, other, { tick: TICK, lots: 1_000, longLeverage: 50 }); // b at 9,800
    const low = await place(v, maker, ask(9_799, 1_000, { reduceOnly: true }));
    expect(low.orderId).not.equal(0n);
    await place(v, good, ask(9_801, 1_000));
    const { events, filled } = await place(v, taker, bid(9_801, 500, { ioc: true }));
    expect(removals(events)).to.deep.equal([[maker.account, low.orderId, 1_000n, Reason.Uncovered]]);
    expect(named(events, "Trade").map((e) => Number(e["maker"]))).to.deep.equal([good.account]);
    expect(filled).equal(500n);
  });

  it("at its own bankruptcy price exactly, a reducing fill happens and pays out nothing", async () => {
    const v = venue();
    const [maker, other, taker] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, maker, other, { tick: TICK, lots: 1_000, longLeverage: 50 });
    const before = (await v.exchange.accountAt(maker.account)).free;
    await place(v, maker, ask(9_800, 1_000, { reduceOnly: true }));
    expect((await place(v, taker, bid(9_800, 1_000, { ioc: true }))).filled).equal(1_000n);
    expect((await v.exchange.accountAt(maker.account)).free).equal(before);
  });

  it("every removal costs a step: a budget of removals alone fills nothing and rests nothing", async () => {
    const v = venue();
    const taker = trader(v, 2);
    for (let i = 0; i < 3; i++)
      await place(v, trader(v, 0), ask(TICK, 200, { expiry: (await v.connection.networkHelpers.time.latest()) + 30 }));
    await place(v, trader(v, 1), ask(TICK, 200));
    await v.connection.networkHelpers.time.increase(60);
    const { filled, orderId, events } = await place(v, taker, bid(TICK, 500, { maxSteps: 3 }));
    expect([filled, orderId]).to.deep.equal([0n, 0n]);
    expect(removals(events).map((r) => r[3])).to.deep.equal([Reason.Expired, Reason.Expired, Reason.Expired]);
    expect((await v.exchange.marketAt(1)).bestAsk).equal(BigInt(TICK));
  });

  it("a small fill of an order whose own reserve is enough takes the whole reserve, and the rest goes", async () => {
    const v = venue();
    const [maker, taker] = [trader(v, 0), trader(v, 1)];
    const { orderId } = await place(v, maker, bid(TICK, 10_000, { leverage: 50 })); // holds 20
    await maker.exchange.withdraw((await v.exchange.accountAt(maker.account)).free, maker.address, GAS);
    // 100 lots need the minimum margin of 1; their part of the reserve is 0.2
    const { events, filled } = await place(v, taker, ask(TICK, 100, { ioc: true }));
    expect(filled).equal(100n);
    expect(removals(events)).to.deep.equal([[maker.account, orderId, 9_900n, Reason.MarginShort]]);
    expect((await readPositions(v)).get(maker.account)?.margin).equal(USD);
    expect((await v.exchange.accountAt(maker.account)).free).equal(19n * USD);
  });

  it("quotes on both sides share one reserve, and either can fill in full", async () => {
    const v = venue();
    const [maker, taker] = [trader(v, 0), trader(v, 1)];
    await place(v, maker, bid(9_990, 1_000, { leverage: 40 }));
    await place(v, maker, ask(10_010, 1_000, { leverage: 40 })); // holds the larger: 2.5025
    await maker.exchange.withdraw((await v.exchange.accountAt(maker.account)).free, maker.address, GAS);
    expect((await place(v, taker, ask(9_990, 1_000, { ioc: true }))).filled).equal(1_000n);
    expect((await place(v, taker, bid(10_010, 1_000, { ioc: true }))).filled).equal(1_000n);
    expect((await v.exchange.accountAt(maker.account)).free).equal(2_502_500n + 200_000n);
  });
});
