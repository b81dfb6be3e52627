/** Many orders in one call: cancelled or placed, with an answer for each, and no bad one that stops the others. */
import { expect } from "chai";
import { ask, bid, FOK, type OrderOptions, POST_ONLY, place, requestOf } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, type Trader, trader, USD } from "../utils/venue.ts";

const TICK = 10_000;
const [CANCELLED, UNKNOWN, NOT_OWNER] = [0n, 1n, 2n];

describe("cancelOrders", () => {
  const venue = useVenue({ traders: 3, deposit: 1_000n * USD, markets: [{}, {}] });
  const owner = () => trader(venue(), 0);
  const cancel = (ids: readonly bigint[], market = 1) => owner().exchange.cancelOrders(market, [...ids], GAS);

  it("cancels the caller's own; says of each other one why not; one credit for all", async () => {
    const v = venue();
    const mine: bigint[] = [];
    for (let i = 0; i < 4; i++) mine.push((await place(v, owner(), bid(9_990 - i, 200))).orderId);
    const { orderId: foreign } = await place(v, trader(v, 1), bid(9_990, 200));
    const { orderId: elsewhere } = await place(v, owner(), bid(9_990, 200, { market: 2 }));
    await owner().exchange.cancelOrder(1, mine[1] ?? 0n, GAS);
    const ids = [
      mine[0],
      mine[1],
      foreign,
      0n,
      2n ** 255n,
      mine[2],
      mine[0],
      (mine[3] ?? 0n) + (1n << 40n),
    ] as bigint[];
    const outcomes = await owner().exchange.cancelOrders.staticCall(1, ids, GAS);
    expect([...outcomes]).to.deep.equal([
      CANCELLED,
      UNKNOWN,
      NOT_OWNER,
      UNKNOWN,
      UNKNOWN,
      CANCELLED,
      UNKNOWN, // the second time
      UNKNOWN, // a generation that has not been
    ]);
    const events = await eventsOf(v, cancel(ids));
    expect(named(events, "OrderRemoved").map((e) => e["orderId"])).to.deep.equal([mine[0], mine[2]]);
    expect(named(events, "FreeCollateralChanged")).to.have.length(1);
    const left = (await v.exchange.orderMarginAt(1, owner().account)).orderIds;
    expect([...left]).to.deep.equal([mine[3]]);
    expect((await v.exchange.levelAt(1, true, 9_990))[1]).equal(1n);
    expect((await v.exchange.orderMarginAt(2, owner().account)).orderIds[0]).equal(elsewhere);
  });

  it("a stale id never touches the order that reuses its slot", async () => {
    const v = venue();
    const { orderId: stale } = await place(v, owner(), bid(TICK, 200));
    await cancel([stale]);
    const { orderId: next } = await place(v, owner(), bid(TICK, 200));
    expect(next & 0xff_ffff_ffffn).equal(stale & 0xff_ffff_ffffn);
    const by = async (i: number) => [...(await trader(v, i).exchange.cancelOrders.staticCall(1, [stale, next], GAS))];
    expect(await by(0)).to.deep.equal([UNKNOWN, CANCELLED]);
    expect(await by(1)).to.deep.equal([UNKNOWN, NOT_OWNER]);
    await cancel([stale]);
    expect((await v.exchange.marketAt(1)).bestBid).equal(BigInt(TICK));
  });

  it("needs no price; 32 at most; none is allowed; a market that is not there is refused", async () => {
    const v = venue();
    const { orderId } = await place(v, owner(), bid(TICK, 200));
    await v.aggregators[0]?.setFailing(true);
    await cancel([orderId]);
    await cancel([]);
    await v.aggregators[0]?.setFailing(false);
    await cancel(Array(32).fill(1n));
    await expect(cancel(Array(33).fill(1n)))
      .to.be.revertedWithCustomError(v.exchange, "TooManyItems")
      .withArgs(33, 32);
    await expect(cancel([1n], 3)).to.be.revertedWithCustomError(v.exchange, "UnknownMarket");
  });
});

describe("placeOrders", () => {
  const venue = useVenue({ traders: 4, deposit: 1_000n * USD, markets: [{}, {}] });
  const owner = () => trader(venue(), 0);
  const submitAll = (t: Trader, orders: OrderOptions[]) => t.exchange.placeOrders(orders.map(requestOf), GAS);
  /** What each would answer: the order id, the lots filled, or the name of the error. */
  const preview = async (t: Trader, orders: OrderOptions[]) => {
    const outcomes = await t.exchange.placeOrders.staticCall(orders.map(requestOf), GAS);
    return outcomes.map(([placed, result, reason]) => {
      const error = placed ? null : venue().exchange.interface.parseError(reason)?.name;
      return error ?? { rests: result.orderId !== 0n, filled: result.filledLots };
    });
  };

  it("each order its own answer: rests, fills, is refused", async () => {
    const v = venue();
    await place(v, trader(v, 1), ask(10_010, 300));
    const orders = [
      bid(9_990, 500),
      bid(9_990, 500, { market: 2 }),
      bid(0, 500), // no tick
      bid(10_010, 200, { ioc: true }),
      bid(10_010, 200, { timeInForce: FOK }), // 100 are left
      bid(10_010, 200, { timeInForce: POST_ONLY }),
      bid(9_990, 500, { market: 7 }),
      ask(10_020, 200, { reduceOnly: true }),
      ask(10_020, 1_000_000, { leverage: 1 }), // more than there is
      bid(9_980, 500),
    ];
    const answers = await preview(owner(), orders);
    expect(answers).to.deep.equal([
      { rests: true, filled: 0n },
      { rests: true, filled: 0n },
      "InvalidTick",
      { rests: false, filled: 200n },
      "FillOrKillFailed",
      "PostOnlyWouldCross",
      "UnknownMarket",
      { rests: true, filled: 0n },
      "InsufficientFreeCollateral",
      { rests: true, filled: 0n },
    ]);
    const events = await eventsOf(v, submitAll(owner(), orders));
    expect(named(events, "OrderPlaced").map((e) => e["tick"])).to.deep.equal([9_990n, 9_990n, 10_020n, 9_980n]);
    expect((await readPositions(v)).get(owner().account)?.lots).equal(200n);
  });

  it("a bad order leaves nothing behind: the same state as if it had not been in the list", async () => {
    const v = venue();
    const { takeSnapshot } = v.connection.networkHelpers;
    const { time } = v.connection.networkHelpers;
    await place(v, trader(v, 1), ask(10_010, 300, { expiry: (await time.latest()) + 5 }));
    await place(v, trader(v, 1), ask(10_010, 300));
    await time.increase(20);
    // it would remove the expired order and fill 300 before it fails
    const bad = bid(10_010, 301, { timeInForce: FOK });
    const good = [bid(9_990, 500), bid(9_980, 500)] as const;
    const snapshot = await takeSnapshot();
    const read = async (orders: OrderOptions[]) => {
      const at = (await time.latest()) + 10;
      await time.setNextBlockTimestamp(at);
      const events = await eventsOf(v, submitAll(owner(), orders));
      const { pot, sequence, bestAsk } = await v.exchange.marketAt(1);
      return { events: events.map((e) => [e.name, ...Object.values(e.args.toObject())]), pot, sequence, bestAsk };
    };
    const without = await read([...good]);
    await snapshot.restore();
    expect(await read([good[0], bad, good[1]])).to.deep.equal(without);
  });

  it("later orders see what earlier ones did", async () => {
    const v = venue();
    await place(v, trader(v, 1), ask(TICK, 1_000));
    const orders = [bid(TICK, 1_000, { ioc: true }), ask(10_010, 1_000, { reduceOnly: true })];
    expect(await preview(owner(), orders)).to.deep.equal([
      { rests: false, filled: 1_000n },
      { rests: true, filled: 0n },
    ]);
    expect(await preview(owner(), [...orders].reverse())).to.deep.equal([
      "NothingToReduce",
      { rests: false, filled: 1_000n },
    ]);
  });

  it("32 at most; the 33rd seat is refused order by order, not the batch", async () => {
    const v = venue();
    const orders = Array.from({ length: 32 }, (_, i) => bid(9_900 - i, 150));
    await submitAll(owner(), orders);
    expect((await v.exchange.orderMarginAt(1, owner().account)).orderIds).to.have.length(32);
    expect(await preview(owner(), [bid(9_000, 150), bid(9_000, 150, { ioc: true })])).to.deep.equal([
      "TooManyOrders",
      { rests: false, filled: 0n },
    ]);
    await expect(submitAll(owner(), [...orders, bid(9_000, 150)]))
      .to.be.revertedWithCustomError(v.exchange, "TooManyItems")
      .withArgs(33, 32);
    expect(await preview(owner(), [])).to.deep.equal([]);
  });

  it("value sent along comes back once, from a batch inside a batch, too", async () => {
    const v = venue();
    const { provider } = v.connection.ethers;
    const requests = [bid(9_990, 500), bid(0, 1), bid(9_980, 500)].map(requestOf);
    const data = v.exchange.interface.encodeFunctionData("placeOrders", [requests]);
    for (const call of [
      () => owner().exchange.placeOrders(requests, { ...GAS, value: 10n ** 18n }),
      () => owner().exchange.multicall([data, data], { ...GAS, value: 10n ** 18n }),
    ]) {
      const before = await provider.getBalance(owner().address);
      const receipt = await (await call()).wait();
      expect(await provider.getBalance(owner().address)).equal(before - (receipt?.fee ?? 0n));
      expect(await provider.getBalance(v.deployed.exchangeAddress)).equal(0n);
    }
    expect((await v.exchange.orderMarginAt(1, owner().account)).orderIds).to.have.length(6);
  });

  it("a delegate's batch acts for the owner, all of it", async () => {
    const v = venue();
    const delegate = trader(v, 2);
    await owner().exchange.setDelegate(delegate.address, true, GAS);
    const requests = [bid(9_990, 500), bid(0, 1), bid(9_980, 500)].map(requestOf);
    const data = v.exchange.interface.encodeFunctionData("placeOrders", [requests]);
    await delegate.exchange.tradeFor(owner().account, [data], GAS);
    expect((await v.exchange.orderMarginAt(1, owner().account)).orderIds).to.have.length(2);
    expect((await v.exchange.orderMarginAt(1, delegate.account)).orderIds).to.have.length(0);
    const { orderIds } = await v.exchange.orderMarginAt(1, owner().account);
    const cancel = v.exchange.interface.encodeFunctionData("cancelOrders", [1, [...orderIds]]);
    await delegate.exchange.tradeFor(owner().account, [cancel], GAS);
    expect((await v.exchange.orderMarginAt(1, owner().account)).orderIds).to.have.length(0);
  });

  it("too little gas fails the call as a whole: an estimate never stops where orders fail for the want of it", async () => {
    const requests = Array.from({ length: 8 }, (_, i) => requestOf(bid(9_900 - i, 150)));
    const estimate = await owner().exchange.placeOrders.estimateGas(requests);
    const outcomes = await owner().exchange.placeOrders.staticCall(requests, { gasLimit: estimate });
    expect(outcomes.every(([placed]) => placed)).equal(true);
    let refused = 0;
    for (let part = 3n; part < 10n; part++) {
      const call = owner().exchange.placeOrders.staticCall(requests, { gasLimit: (estimate * part) / 11n });
      const placed = await call.then(
        (o) => o.filter(([ok]) => ok).length,
        () => 0,
      );
      expect(placed === 0 || placed === 8, `${placed} of 8 placed`).equal(true);
      if (placed === 0) refused++;
    }
    expect(refused).greaterThan(0);
  });
});
