/** What an order must be, what it holds, and how it leaves. */
import { expect } from "chai";
import { ask, bid, cross, place, submit } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, trader, USD } from "../utils/venue.ts";

const TICK = 10_000;

describe("Orders: requirements", () => {
  const venue = useVenue({ traders: 4, deposit: 1_000n * USD, markets: [{ maxOpenInterest: 5_000n }] });

  it("each malformed request reverts with its own error", async () => {
    const v = venue();
    const t = trader(v, 0);
    const x = v.exchange;
    const now = await v.connection.networkHelpers.time.latest();
    await expect(submit(t, bid(0, 100)))
      .to.be.revertedWithCustomError(x, "InvalidTick")
      .withArgs(0);
    await expect(submit(t, bid(TICK, 0)))
      .to.be.revertedWithCustomError(x, "InvalidLots")
      .withArgs(0);
    await expect(submit(t, bid(TICK, 99)))
      .to.be.revertedWithCustomError(x, "NotionalTooSmall")
      .withArgs(9_900_000n, 10n * USD);
    await expect(submit(t, bid(TICK, 99, { ioc: true }))).to.be.revertedWithCustomError(x, "NotionalTooSmall");
    await expect(submit(t, bid(TICK, 100, { leverage: 0 })))
      .to.be.revertedWithCustomError(x, "InvalidLeverage")
      .withArgs(0, 50);
    await expect(submit(t, bid(TICK, 100, { leverage: 51 })))
      .to.be.revertedWithCustomError(x, "InvalidLeverage")
      .withArgs(51, 50);
    await expect(submit(t, bid(TICK, 100, { expiry: now - 1 })))
      .to.be.revertedWithCustomError(x, "OrderExpired")
      .withArgs(now - 1);
    await expect(submit(t, bid(TICK, 100, { maxSteps: 0 })))
      .to.be.revertedWithCustomError(x, "InvalidStepBudget")
      .withArgs(0, 64);
    await expect(submit(t, bid(TICK, 100, { maxSteps: 65 })))
      .to.be.revertedWithCustomError(x, "InvalidStepBudget")
      .withArgs(65, 64);
    await expect(submit(t, bid(TICK, 100, { reduceOnly: true })))
      .to.be.revertedWithCustomError(x, "NothingToReduce")
      .withArgs(t.account);
    await place(v, t, bid(TICK, 100)); // the smallest
  });

  it("free collateral must cover what rests", async () => {
    const v = venue();
    const t = trader(v, 0);
    await expect(submit(t, bid(TICK, 10_001, { leverage: 1 })))
      .to.be.revertedWithCustomError(v.exchange, "InsufficientFreeCollateral")
      .withArgs(t.account, 1_000n * USD, 1_000_100_000n);
    await place(v, t, bid(TICK, 10_000, { leverage: 1 }));
    expect((await v.exchange.accountAt(t.account)).free).equal(0n);
    await place(v, t, ask(10_001, 9_000, { leverage: 1 })); // the smaller side is free
    await expect(submit(t, ask(10_001, 1_000, { leverage: 1 }))).to.be.revertedWithCustomError(
      v.exchange,
      "InsufficientFreeCollateral",
    );
  });

  it("the taker's first fill refused: FillRefused with the reason; later ones: it keeps what it has, the rest is cancelled", async () => {
    const v = venue();
    const [maker, taker] = [trader(v, 0), trader(v, 1)];
    await place(v, maker, ask(TICK, 1_000));
    await place(v, maker, ask(10_001, 1_000));
    await taker.exchange.withdraw(1_000n * USD - 15n * USD, taker.address, GAS); // 15 left, a fill takes 10
    await expect(submit(taker, bid(10_001, 1_000, { leverage: 5 })))
      .to.be.revertedWithCustomError(v.exchange, "FillRefused")
      .withArgs(taker.account, 2);
    const { filled, orderId } = await place(v, taker, bid(10_001, 2_000));
    expect([filled, orderId]).to.deep.equal([1_000n, 0n]);
    expect((await v.exchange.accountAt(taker.account)).free).equal(5n * USD);
  });

  it("a reducing fill worse than the taker's own bankruptcy price is refused; at it, it happens", async () => {
    const v = venue();
    const [taker, other, maker] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, taker, other, { tick: TICK, lots: 1_000, longLeverage: 50 }); // b = 9,800
    await place(v, maker, bid(9_799, 1_000));
    await expect(submit(taker, ask(9_799, 1_000, { ioc: true, reduceOnly: true })))
      .to.be.revertedWithCustomError(v.exchange, "FillRefused")
      .withArgs(taker.account, 1);
    await place(v, maker, bid(9_800, 1_000));
    expect((await place(v, taker, ask(9_799, 1_000, { ioc: true, reduceOnly: true }))).filled).equal(1_000n);
  });

  it("open interest stops at its cap: OpenInterestCapped; handing over and closing go on", async () => {
    const v = venue();
    const [a, b, c] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, a, b, { tick: TICK, lots: 5_000 });
    await place(v, c, ask(TICK, 200));
    await expect(submit(b, bid(TICK, 6_000, { ioc: true }))).to.not.be.revert(v.connection.ethers);
    expect((await v.exchange.marketAt(1)).openInterest).equal(5_000n); // b handed 200 to c
    await place(v, c, ask(TICK, 200));
    await expect(submit(a, bid(TICK, 200, { ioc: true })))
      .to.be.revertedWithCustomError(v.exchange, "FillRefused")
      .withArgs(a.account, 4);
    // a taker whose opening leg is capped still closes
    const flip = await place(v, b, bid(TICK, 4_900, { ioc: true }));
    expect(flip.filled).equal(200n);
  });

  it("reduce-only: clipped to the position, holds nothing, never flips", async () => {
    const v = venue();
    const [a, b, c] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, a, b, { tick: TICK, lots: 1_000 });
    const free = (await v.exchange.accountAt(a.account)).free;
    await place(v, a, ask(10_100, 5_000, { reduceOnly: true }));
    expect((await v.exchange.levelAt(1, false, 10_100))[0]).equal(1_000n);
    expect((await v.exchange.accountAt(a.account)).free).equal(free);
    await place(v, c, bid(TICK, 5_000));
    expect((await place(v, a, ask(TICK, 5_000, { ioc: true, reduceOnly: true }))).filled).equal(1_000n);
    expect((await readPositions(v)).get(a.account)).equal(undefined);
    await expect(submit(a, ask(TICK, 100, { reduceOnly: true }))).to.be.revertedWithCustomError(
      v.exchange,
      "NothingToReduce",
    );
  });

  it("the last dust of a position can be closed at once", async () => {
    const v = venue();
    const [a, b] = [trader(v, 0), trader(v, 1)];
    await cross(v, a, b, { tick: TICK, lots: 1_000 });
    await cross(v, b, a, { tick: TICK, lots: 950 });
    expect((await readPositions(v)).get(a.account)?.lots).equal(50n);
    await expect(submit(a, ask(TICK, 50, { reduceOnly: true }))).to.be.revertedWithCustomError(
      v.exchange,
      "NotionalTooSmall",
    );
    await place(v, trader(v, 2), bid(TICK, 100));
    expect((await place(v, a, ask(TICK, 50, { reduceOnly: true, ioc: true }))).filled).equal(50n);
  });

  it("no dust rests: reduce-only clipped below the minimum", async () => {
    const v = venue();
    const [a, b] = [trader(v, 0), trader(v, 1)];
    await cross(v, a, b, { tick: TICK, lots: 1_000 });
    await cross(v, b, a, { tick: TICK, lots: 950 });
    await submit(a, ask(10_100, 5_000, { reduceOnly: true })).catch(() => undefined);
    expect((await v.exchange.levelAt(1, false, 10_100))[0]).equal(0n);
  });

  it("no dust rests: the remainder of a fill below the minimum", async () => {
    const v = venue();
    await place(v, trader(v, 0), ask(TICK, 999));
    const { filled, orderId } = await place(v, trader(v, 1), bid(TICK, 1_000));
    expect([filled, orderId]).to.deep.equal([999n, 0n]);
  });
});

describe("Orders: leaving the book", () => {
  const venue = useVenue({ traders: 3, deposit: 1_000n * USD });

  it("cancel: frees what it held, says so, and only the owner may", async () => {
    const v = venue();
    const [a, b] = [trader(v, 0), trader(v, 1)];
    const { orderId } = await place(v, a, bid(TICK, 1_000, { leverage: 7 }));
    await expect(b.exchange.cancelOrder(1, orderId, GAS))
      .to.be.revertedWithCustomError(v.exchange, "NotOrderOwner")
      .withArgs(orderId, b.account);
    const { sequence } = await v.exchange.marketAt(1);
    await expect(a.exchange.cancelOrder(1, orderId, GAS))
      .to.emit(v.exchange, "OrderRemoved")
      .withArgs(1, a.account, orderId, 1_000, 0, sequence + 1n);
    expect((await v.exchange.accountAt(a.account)).free).equal(1_000n * USD);
    await expect(a.exchange.cancelOrder(1, orderId, GAS))
      .to.be.revertedWithCustomError(v.exchange, "UnknownOrder")
      .withArgs(orderId);
  });

  it("a stale id never touches the order that reuses its slot", async () => {
    const v = venue();
    const a = trader(v, 0);
    const first = await place(v, a, bid(TICK, 1_000));
    await a.exchange.cancelOrder(1, first.orderId, GAS);
    const second = await place(v, a, bid(9_999, 2_000));
    expect(second.orderId & 0xff_ffff_ffffn).equal(first.orderId & 0xff_ffff_ffffn);
    expect(second.orderId >> 40n).equal((first.orderId >> 40n) + 1n);
    await expect(a.exchange.cancelOrder(1, first.orderId, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "UnknownOrder",
    );
    expect((await v.exchange.marketAt(1)).bestBid).equal(9_999n);
    await expect(a.exchange.cancelOrder(1, 0, GAS)).to.be.revertedWithCustomError(v.exchange, "UnknownOrder");
  });

  it("cancel in the middle of a queue keeps the others in order", async () => {
    const v = venue();
    const [a, b, c] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await place(v, a, bid(TICK, 100));
    const middle = await place(v, b, bid(TICK, 100));
    await place(v, a, bid(TICK, 200));
    await b.exchange.cancelOrder(1, middle.orderId, GAS);
    const { events } = await place(v, c, ask(TICK, 300, { ioc: true }));
    expect(named(events, "Trade").map((e) => e["lots"])).to.deep.equal([100n, 200n]);
  });

  it("32 orders an account: the 33rd is refused, IOC still works, and a freed seat is used again", async () => {
    const v = venue();
    const a = trader(v, 0);
    const ids: bigint[] = [];
    for (let i = 0; i < 32; i++)
      ids.push((await place(v, a, i % 2 ? bid(9_900 - i, 150) : ask(10_100 + i, 150))).orderId);
    await expect(submit(a, bid(9_000, 200)))
      .to.be.revertedWithCustomError(v.exchange, "TooManyOrders")
      .withArgs(a.account);
    await place(v, trader(v, 1), ask(TICK, 200));
    expect((await place(v, a, bid(TICK, 200, { ioc: true }))).filled).equal(200n);
    await a.exchange.cancelOrder(1, ids[17] ?? 0n, GAS);
    await place(v, a, bid(9_800, 200));
    expect((await v.exchange.orderMarginAt(1, a.account)).orderIds).to.have.length(32);
  });

  it("cancelAll: all of them, of this account and market, and nothing else", async () => {
    const v = venue();
    const [a, b] = [trader(v, 0), trader(v, 1)];
    for (let i = 0; i < 32; i++) await place(v, a, i % 3 ? bid(9_900 - i, 150) : ask(10_100 + i, 150));
    await place(v, b, bid(9_890, 150));
    const events = await eventsOf(v, a.exchange.cancelAll(1, GAS));
    expect(named(events, "OrderRemoved")).to.have.length(32);
    expect((await v.exchange.accountAt(a.account)).free).equal(1_000n * USD);
    expect((await v.exchange.marketAt(1)).bestBid).equal(9_890n);
    expect(await a.exchange.cancelAll.staticCall(1, GAS)).equal(0n);
  });

  it("order margin is the larger side, exactly what the open orders need", async () => {
    const v = venue();
    const a = trader(v, 0);
    const free = async () => (await v.exchange.accountAt(a.account)).free;
    const up = (n: bigint, d: bigint) => (n + d - 1n) / d;
    const bidNeeds = up(9_999n * 333n * 10n, 7n);
    const askNeeds = up(10_001n * 101n * 10n, 3n);
    await place(v, a, bid(9_999, 333, { leverage: 7 }));
    expect(await free()).equal(1_000n * USD - bidNeeds);
    await place(v, a, ask(10_001, 101, { leverage: 3 }));
    expect(await free()).equal(1_000n * USD - (bidNeeds > askNeeds ? bidNeeds : askNeeds));
    const [bidOrder] = (await v.exchange.orderMarginAt(1, a.account)).orderIds;
    await a.exchange.cancelOrder(1, bidOrder ?? 0n, GAS);
    expect(await free()).equal(1_000n * USD - askNeeds);
  });

  it("the reserve of an order filled in pieces is given back without remainder", async () => {
    const v = venue();
    const [a, b] = [trader(v, 0), trader(v, 1)];
    await place(v, a, bid(9_997, 809, { leverage: 7 }));
    for (const lots of [101, 103, 302, 303]) await place(v, b, ask(9_997, lots, { ioc: true }));
    const m = await v.exchange.orderMarginAt(1, a.account);
    expect([m.bidReserve, m.askReserve, m.orderIds.length]).to.deep.equal([0n, 0n, 0]);
    await setTick(v, TICK);
  });
});
