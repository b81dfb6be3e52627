/** A market on a pull oracle: the signed price travels in the transaction that needs it. */
import { expect } from "chai";
import { ask, bid, cross, place, requestOf, submit } from "../utils/orders.ts";
import { deliver, FEE, listPythMarket, nextWindow, type PythMarket, signed } from "../utils/pythMarket.ts";
import { LIMITS } from "../utils/randomMarket.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
/** IPriceSource.Status */
const STALE = 4;
const OUTSIDE_BAND = 12;

describe("Prices that are delivered with the call", () => {
  let market: PythMarket;
  let bounded: PythMarket;
  const venue = useVenue({ traders: 4, deposit: 10_000n * USD }, async (v) => {
    market = await listPythMarket(v, TICK);
    bounded = await listPythMarket(v, TICK, async (primary) => {
      const reference = v.deployed.markets[0]?.source;
      const source = await v.connection.ethers.deployContract("BoundedSource", [primary, reference, 20_000, 3_600]);
      return source.getAddress();
    });
    await setTick(v, TICK);
    await deliver(v, [market, bounded], TICK);
  });
  const encode = (v: Venue) => v.exchange.interface;
  const update = (v: Venue, data: string[], id = market.id) => encode(v).encodeFunctionData("updatePrice", [id, data]);
  const order = (v: Venue, request: ReturnType<typeof requestOf>) =>
    encode(v).encodeFunctionData("placeOrder", [request]);
  const on = { market: 2 };

  /** What an address pays for a transaction besides gas, wei. */
  async function paid(
    v: Venue,
    payer: string,
    send: () => Promise<{ wait(): Promise<{ gasUsed: bigint; gasPrice: bigint } | null> }>,
  ): Promise<bigint> {
    const { provider } = v.connection.ethers;
    const before = await provider.getBalance(payer);
    const receipt = await (await send()).wait();
    if (!receipt) throw new Error("the transaction was not mined");
    return before - (await provider.getBalance(payer)) - receipt.gasUsed * receipt.gasPrice;
  }

  it("update and order in one transaction: the order meets the new price, and the rest of the value comes back", async () => {
    const v = venue();
    const [a, b] = [trader(v, 0), trader(v, 1)];
    await place(v, b, ask(10_100, 500, on));
    const start = await nextWindow(v);
    const calls = [
      update(v, [signed(v, market, 10_100, start)]),
      order(v, requestOf(bid(10_100, 500, { ...on, ioc: true }))),
    ];
    let trades = 0;
    const spent = await paid(v, a.address, async () => {
      const sent = a.exchange.multicall(calls, { ...GAS, value: 5_000n });
      const events = await eventsOf(v, sent);
      trades = named(events, "Trade").length;
      return sent;
    });
    expect(spent).equal(FEE);
    expect(trades).equal(1);
    expect((await v.exchange.markPrice(2))[0]).equal((10_100n * 10n) << 16n);
    expect((await v.exchange.positionAt(2, a.account)).lots).equal(500n);
    expect(await v.connection.ethers.provider.getBalance(v.deployed.exchangeAddress)).equal(0n);
    expect(await v.connection.ethers.provider.getBalance(await market.source.getAddress())).equal(0n);
  });

  it("without an update for two windows: trading and clearing stop, cancelling and money moves do not", async () => {
    const v = venue();
    const [a, b] = [trader(v, 0), trader(v, 1)];
    await cross(v, a, b, { tick: TICK, lots: 500, ...on });
    await place(v, a, bid(9_900, 200, on));
    await nextWindow(v);
    await v.exchange.poke(2, GAS); // the previous window's price still counts
    await nextWindow(v);
    const stopped = [
      () => submit(a, bid(9_900, 200, on)),
      () => v.exchange.poke(2, GAS),
      () => v.exchange.liquidate(2, a.account, 10, GAS),
      () => v.exchange.autoDeleverage(2, [], LIMITS, GAS),
      () => a.exchange.removeMargin(2, 1, GAS),
    ];
    for (const call of stopped) {
      await expect(call()).to.be.revertedWithCustomError(v.exchange, "PriceUnavailable").withArgs(2, STALE);
    }
    await a.exchange.cancelAll(2, GAS);
    await a.exchange.addMargin(2, USD, GAS);
    await a.exchange.withdraw(USD, a.address, GAS);
    await a.exchange.deposit(USD, GAS);
  });

  it("a liquidation brings the price that it is for", async () => {
    const v = venue();
    const [a, b, c] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, a, b, { tick: TICK, lots: 500, longLeverage: 50, ...on });
    await place(v, b, bid(9_890, 500, on));
    const start = await nextWindow(v);
    const calls = [
      update(v, [signed(v, market, 9_890, start)]),
      encode(v).encodeFunctionData("liquidate", [2, a.account, 10]),
    ];
    const events = await eventsOf(v, c.exchange.multicall(calls, { ...GAS, value: FEE }));
    expect(named(events, "Liquidated").length).equal(1);
  });

  it("a delegate's batch: the price, the order, and the rest of the value to the delegate", async () => {
    const v = venue();
    const [owner, maker, delegate] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await owner.exchange.setDelegate(delegate.address, true, GAS);
    await place(v, maker, ask(10_050, 300, on));
    const start = await nextWindow(v);
    const calls = [
      update(v, [signed(v, market, 10_050, start)]),
      order(v, requestOf(bid(10_050, 300, { ...on, ioc: true }))),
    ];
    const spent = await paid(v, delegate.address, () =>
      delegate.exchange.tradeFor(owner.account, calls, { ...GAS, value: 10n * FEE }),
    );
    expect(spent).equal(FEE);
    expect((await v.exchange.positionAt(2, owner.account)).lots).equal(300n);
    expect((await v.exchange.positionAt(2, delegate.account)).lots).equal(0n);
  });

  it("a bounded source hands the update to its primary, and judges its price", async () => {
    const v = venue();
    const a = trader(v, 0);
    const start = await nextWindow(v);
    const at = signed(v, bounded, 10_200, start);
    expect(await paid(v, a.address, () => a.exchange.updatePrice(3, [at], { ...GAS, value: 9n * FEE }))).equal(FEE);
    expect((await v.exchange.markPrice(3))[0]).equal((10_200n * 10n) << 16n);
    const later = await nextWindow(v);
    await a.exchange.updatePrice(3, [signed(v, bounded, 10_201, later)], { ...GAS, value: FEE });
    await expect(v.exchange.markPrice(3))
      .to.be.revertedWithCustomError(v.exchange, "PriceUnavailable")
      .withArgs(3, OUTSIDE_BAND);
  });

  it("errors: too little value, a source without updates, an unknown market, another feed's update", async () => {
    const v = venue();
    const a = trader(v, 0);
    const start = await nextWindow(v);
    const at = signed(v, market, TICK, start);
    await expect(a.exchange.updatePrice(2, [at], { ...GAS, value: FEE - 1n }))
      .to.be.revertedWithCustomError(v.exchange, "InsufficientValue")
      .withArgs(FEE - 1n, FEE);
    await expect(a.exchange.updatePrice(1, [at], { ...GAS, value: FEE }))
      .to.be.revertedWithCustomError(v.exchange, "SourceNotUpdatable")
      .withArgs(1);
    await expect(a.exchange.updatePrice(9, [at], { ...GAS, value: FEE }))
      .to.be.revertedWithCustomError(v.exchange, "UnknownMarket")
      .withArgs(9);
    await expect(a.exchange.updatePrice(3, [at], { ...GAS, value: FEE }))
      .to.be.revertedWithCustomError(market.source, "FeedNotInUpdate")
      .withArgs(bounded.feedId);
    await expect(
      a.exchange.updatePrice(2, [signed(v, market, TICK, start + 50)], { ...GAS, value: FEE }),
    ).to.be.revertedWithCustomError(market.source, "UpdateFromFuture");
  });

  it("who was overtaken by another delivery pays nothing and goes on", async () => {
    const v = venue();
    const [a, b] = [trader(v, 0), trader(v, 1)];
    const start = await nextWindow(v);
    const at = signed(v, market, TICK, start);
    await b.exchange.updatePrice(2, [at], { ...GAS, value: FEE });
    const calls = [update(v, [at]), order(v, requestOf(bid(9_900, 200, on)))];
    expect(await paid(v, a.address, () => a.exchange.multicall(calls, { ...GAS, value: FEE }))).equal(0n);
    expect((await v.exchange.marketAt(2)).bestBid).equal(9_900n);
  });
});
