import { expect } from "chai";
import { ask, bid, cross, place, requestOf, submit } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, trader, USD } from "../utils/venue.ts";

// One lot at tick 10,000 is 0.1 quote units.
const TICK = 10_000;

describe("Order book: matching", () => {
  const venue = useVenue({ traders: 6, deposit: 10_000n * USD });

  it("best price first, then first come first served; each maker settles at once", async () => {
    const v = venue();
    const [a, b, c, taker] = [trader(v, 0), trader(v, 1), trader(v, 2), trader(v, 3)];
    await place(v, a, ask(10_010, 1_000));
    await place(v, b, ask(10_000, 1_000));
    await place(v, c, ask(10_010, 1_000));
    await place(v, a, ask(10_005, 1_000));
    const { events, filled, orderId } = await place(v, taker, bid(10_020, 3_500, { ioc: true }));
    expect(filled).equal(3_500n);
    expect(orderId).equal(0n);
    expect(named(events, "Trade").map((e) => [Number(e["maker"]), Number(e["tick"]), e["lots"]])).to.deep.equal([
      [b.account, 10_000, 1_000n],
      [a.account, 10_005, 1_000n],
      [a.account, 10_010, 1_000n],
      [c.account, 10_010, 500n],
    ]);
    const positions = await readPositions(v);
    expect(positions.get(a.account)?.lots).equal(-2_000n);
    expect(positions.get(taker.account)?.cost).equal(10n * (10_000n * 1_000n + 10_005n * 1_000n + 10_010n * 1_500n));
  });

  it("a partly filled order keeps its place in the queue", async () => {
    const v = venue();
    const [a, b, taker] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await place(v, a, bid(TICK, 1_000));
    await place(v, b, bid(TICK, 1_000));
    await place(v, taker, ask(TICK, 300, { ioc: true }));
    const { events } = await place(v, taker, ask(TICK, 900, { ioc: true }));
    expect(named(events, "Trade").map((e) => [Number(e["maker"]), e["lots"]])).to.deep.equal([
      [a.account, 700n],
      [b.account, 200n],
    ]);
    expect(await v.exchange.levelAt(1, true, TICK)).to.deep.equal([800n, 1n, 800n]);
  });

  it("IOC: what does not cross is cancelled", async () => {
    const v = venue();
    await place(v, trader(v, 0), ask(TICK, 500));
    const { filled, events } = await place(v, trader(v, 1), bid(TICK, 2_000, { ioc: true }));
    expect(filled).equal(500n);
    expect(named(events, "OrderPlaced")).to.have.length(0);
    expect((await v.exchange.marketAt(1)).bestBid).equal(0n);
  });

  it("GTC: the remainder rests at its limit, with its own id, and says so", async () => {
    const v = venue();
    await place(v, trader(v, 0), ask(TICK, 500));
    const o = bid(10_010, 2_000, { clientId: 77, leverage: 4, expiry: 2_000_000_000 });
    const { filled, orderId, events } = await place(v, trader(v, 1), o);
    expect(filled).equal(500n);
    const placed = named(events, "OrderPlaced")[0];
    expect(placed?.["tick"]).equal(10_010n);
    expect(placed?.["lots"]).equal(1_500n);
    expect(placed?.["clientId"]).equal(77n);
    expect((await v.exchange.orderMarginAt(1, trader(v, 1).account)).orderIds).to.deep.equal([orderId]);
  });

  it("a remainder that still crosses never rests: step budget", async () => {
    const v = venue();
    for (const i of [0, 1, 2]) await place(v, trader(v, i), ask(TICK + i, 200));
    const o = bid(10_100, 2_000, { maxSteps: 2 });
    const result = await trader(v, 3).exchange.placeOrder.staticCall(requestOf(o), GAS);
    expect([result.orderId, result.filledLots, result.steps]).to.deep.equal([0n, 400n, 2n]);
    const { orderId } = await place(v, trader(v, 3), o);
    expect(orderId).equal(0n);
    expect((await v.exchange.marketAt(1)).bestAsk).equal(10_002n);
  });

  it("a remainder rests when the budget ends with nothing left to cross", async () => {
    const v = venue();
    for (const i of [0, 1]) await place(v, trader(v, i), ask(TICK + i, 200));
    const { filled, orderId } = await place(v, trader(v, 3), bid(10_100, 2_000, { maxSteps: 2 }));
    expect(filled).equal(400n);
    expect(orderId).not.equal(0n);
  });

  it("a remainder that crosses an ask beyond the band never rests", async () => {
    const v = venue();
    await place(v, trader(v, 0), ask(10_600, 200)); // the band ends at 10,500
    const { filled, orderId } = await place(v, trader(v, 1), bid(10_700, 200));
    expect([filled, orderId]).to.deep.equal([0n, 0n]);
    expect((await v.exchange.marketAt(1)).bestAsk).equal(10_600n);
  });

  it("the band is checked when it matches: its edges fill, a tick further does not", async () => {
    const v = venue();
    await place(v, trader(v, 0), bid(9_500, 200));
    await place(v, trader(v, 0), bid(9_499, 200));
    const { filled } = await place(v, trader(v, 1), ask(9_000, 400, { ioc: true, leverage: 5 }));
    expect(filled).equal(200n);
  });

  it("a flip is two fills: the close pays out, the rest opens with its own margin", async () => {
    const v = venue();
    const [a, b] = [trader(v, 0), trader(v, 1)];
    await cross(v, a, b, { tick: TICK, lots: 1_000, longLeverage: 10 });
    await setTick(v, 10_100);
    const before = (await v.exchange.accountAt(a.account)).free;
    await place(v, trader(v, 2), bid(10_100, 3_000, { leverage: 10 }));
    await place(v, a, ask(10_100, 3_000, { leverage: 10, ioc: true }));
    const p = (await readPositions(v)).get(a.account);
    expect(p?.lots).equal(-2_000n);
    expect(p?.cost).equal(2_000n * 101_000n);
    expect(p?.margin).equal(20_200_000n);
    // 10 of margin and 1 of profit came back, 20.2 went in
    expect((await v.exchange.accountAt(a.account)).free - before).equal(11n * USD - 20_200_000n);
    expect((await v.exchange.marketAt(1)).openInterest).equal(3_000n);
  });

  it("open interest counts lots that are open, not traded", async () => {
    const v = venue();
    const [a, b, c] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    const oi = async () => (await v.exchange.marketAt(1)).openInterest;
    await cross(v, a, b, { tick: TICK, lots: 1_000 });
    expect(await oi()).equal(1_000n);
    await cross(v, c, a, { tick: TICK, lots: 1_000 }); // a hands over to c
    expect(await oi()).equal(1_000n);
    await cross(v, b, c, { tick: TICK, lots: 400 }); // both close
    expect(await oi()).equal(600n);
  });
});

describe("Order book: fees", () => {
  const venue = useVenue({
    traders: 2,
    deposit: 1_000n * USD,
    markets: [{ takerFeeRate: 333, makerFeeRate: 77, insuranceShare: 700_001 }],
  });

  it("taker and maker pay on notional, rounded up; the split loses nothing", async () => {
    const v = venue();
    const [a, b] = [trader(v, 0), trader(v, 1)];
    await place(v, b, ask(TICK, 1_001));
    await eventsOf(v, submit(a, bid(TICK, 1_001, { ioc: true })));
    const notional = 1_001n * 100_000n;
    const up = (rate: bigint) => (notional * rate + 999_999n) / 1_000_000n;
    const positions = await readPositions(v);
    expect(positions.get(a.account)?.margin).equal(notional / 10n - up(333n));
    expect(positions.get(b.account)?.margin).equal(notional / 10n - up(77n));
    const fees = up(333n) + up(77n);
    const toFund = (fees * 700_001n) / 1_000_000n;
    expect(await v.exchange.insuranceBalance()).equal(toFund);
    expect(await v.exchange.keeperReserve()).equal(fees - toFund);
  });
});
