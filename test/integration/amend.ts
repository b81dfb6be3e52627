/** Amending: a size-down keeps its place, everything else queues anew, and one validator serves both. */
import { expect } from "chai";
import { ask, bid, CANCEL_TAKING, cross, POST_ONLY, place, Reason } from "../utils/orders.ts";
import { readOrder, readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, type Trader, trader, USD } from "../utils/venue.ts";

const TICK = 10_000;

describe("Amend: less at the same tick", () => {
  const venue = useVenue({ traders: 4, deposit: 10_000n * USD });
  const owner = () => trader(venue(), 0);

  it("keeps id and priority, gives back its part of the reserve, and says so", async () => {
    const v = venue();
    const { orderId } = await place(v, owner(), bid(TICK, 1_000, { leverage: 7 }));
    await place(v, trader(v, 1), bid(TICK, 1_000));
    const [amendedId, filled] = await owner().exchange.amendOrder.staticCall(1, orderId, TICK, 400, GAS);
    expect([amendedId, filled]).to.deep.equal([orderId, 0n]);
    const { sequence } = await v.exchange.marketAt(1);
    await expect(owner().exchange.amendOrder(1, orderId, TICK, 400, GAS))
      .to.emit(v.exchange, "OrderReduced")
      .withArgs(1, owner().account, orderId, 600, Reason.Amended, sequence + 1n);
    expect((await v.exchange.marketAt(1)).sequence).equal(sequence + 1n);
    expect((await v.exchange.accountAt(owner().account)).free).equal(10_000n * USD - (400n * 100_000n + 6n) / 7n);
    const { events } = await place(v, trader(v, 2), ask(TICK, 500, { ioc: true }));
    expect(named(events, "Trade").map((e) => [e["orderId"], e["lots"]])[0]).to.deep.equal([orderId, 400n]);
  });

  it("as many lots as before: nothing happens, and the place is kept", async () => {
    const v = venue();
    const { orderId } = await place(v, owner(), bid(TICK, 1_000));
    const { sequence } = await v.exchange.marketAt(1);
    expect(await eventsOf(v, owner().exchange.amendOrder(1, orderId, TICK, 1_000, GAS))).to.deep.equal([]);
    expect((await v.exchange.marketAt(1)).sequence).equal(sequence);
  });

  it("needs neither a price nor a solvent market", async () => {
    const v = venue();
    const [long, short] = [trader(v, 1), trader(v, 2)];
    await cross(v, long, short, { tick: TICK, lots: 2_000, longLeverage: 50, shortLeverage: 1 });
    const { orderId } = await place(v, owner(), bid(9_500, 1_000));
    await v.aggregators[0]?.setFailing(true);
    await owner().exchange.amendOrder(1, orderId, 9_500, 900, GAS);
    await v.aggregators[0]?.setFailing(false);
    await setTick(v, 9_700); // the long's b is 9,800
    await owner().exchange.amendOrder(1, orderId, 9_500, 800, GAS);
    for (const [tick, lots] of [
      [9_500, 801],
      [9_499, 700],
    ] as const) {
      await expect(owner().exchange.amendOrder(1, orderId, tick, lots, GAS))
        .to.be.revertedWithCustomError(v.exchange, "MarketInsolvent")
        .withArgs(1);
    }
    expect((await v.exchange.levelAt(1, true, 9_500))[0]).equal(800n);
  });

  it("in a retired market what is left can be taken off, not moved", async () => {
    const v = venue();
    const { orderId } = await place(v, owner(), bid(9_500, 1_000));
    await v.exchange.retireMarket(1, GAS);
    await owner().exchange.amendOrder(1, orderId, 9_500, 500, GAS);
    await expect(owner().exchange.amendOrder(1, orderId, 9_500, 600, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "MarketRetired",
    );
  });
});

describe("Amend: anything else queues anew", () => {
  const venue = useVenue({ traders: 4, deposit: 10_000n * USD });
  const owner = () => trader(venue(), 0);

  for (const [what, tick, lots] of [
    ["more at the same tick", 9_990, 1_001],
    ["another tick", 9_991, 1_000],
    ["less at another tick", 9_989, 500],
  ] as const) {
    it(`${what}: a new id at the end of the queue; side, leverage, expiry and flags stay`, async () => {
      const v = venue();
      const expiry = (await v.connection.networkHelpers.time.latest()) + 1_000;
      const flags = { expiry, leverage: 7, timeInForce: POST_ONLY, selfTrade: CANCEL_TAKING };
      const { orderId } = await place(v, owner(), bid(9_990, 1_000, { ...flags, clientId: 9 }));
      await place(v, trader(v, 1), bid(tick, 1_000));
      const events = await eventsOf(v, owner().exchange.amendOrder(1, orderId, tick, lots, GAS));
      const [removed] = named(events, "OrderRemoved");
      expect([removed?.["orderId"], removed?.["lots"], removed?.["reason"]]).to.deep.equal([
        orderId,
        1_000n,
        Reason.Amended,
      ]);
      const [placed] = named(events, "OrderPlaced");
      const newId = placed?.["orderId"] as bigint;
      const [amended] = named(events, "OrderAmended");
      expect([amended?.["orderId"], amended?.["newOrderId"]]).to.deep.equal([orderId, newId]);
      expect(newId).not.equal(orderId);
      const o = await readOrder(v, 1, newId);
      expect([o.isBid, o.tick, o.lots, o.leverage, o.expiry, o.reduceOnly]).to.deep.equal([
        true,
        tick,
        BigInt(lots),
        7n,
        expiry,
        false,
      ]);
      // post-only and the mode come with it
      expect((await v.exchange.orderAt(1, newId & 0xff_ffff_ffffn)) >> 236n).equal(1n | (BigInt(CANCEL_TAKING) << 1n));
      await expect(owner().exchange.amendOrder(1, orderId, tick, 100, GAS)).to.be.revertedWithCustomError(
        v.exchange,
        "UnknownOrder",
      );
      const { events: fills } = await place(v, trader(v, 2), ask(tick, 1_000, { ioc: true }));
      expect(Number(named(fills, "Trade")[0]?.["maker"])).equal(trader(v, 1).account);
    });
  }

  it("may cross like a new order: fills, and rests what is left", async () => {
    const v = venue();
    await place(v, trader(v, 1), ask(10_005, 300));
    const { orderId } = await place(v, owner(), bid(9_990, 1_000));
    const events = await eventsOf(v, owner().exchange.amendOrder(1, orderId, 10_005, 1_000, GAS));
    expect(named(events, "Trade").map((e) => e["lots"])).to.deep.equal([300n]);
    expect(named(events, "OrderPlaced").map((e) => e["lots"])).to.deep.equal([700n]);
    expect((await v.exchange.orderMarginAt(1, owner().account)).orderIds).to.have.length(1);
  });

  it("filled in full: the new id is 0", async () => {
    const v = venue();
    await place(v, trader(v, 1), ask(10_005, 1_000));
    const { orderId } = await place(v, owner(), bid(9_990, 1_000));
    const events = await eventsOf(v, owner().exchange.amendOrder(1, orderId, 10_005, 1_000, GAS));
    expect(named(events, "OrderAmended").map((e) => e["newOrderId"])).to.deep.equal([0n]);
    expect((await readPositions(v)).get(owner().account)?.lots).equal(1_000n);
  });

  it("a post-only order that would cross now: reverts, and stays as it was", async () => {
    const v = venue();
    await place(v, trader(v, 1), ask(10_005, 300));
    const { orderId } = await place(v, owner(), bid(9_990, 1_000, { timeInForce: POST_ONLY }));
    await expect(owner().exchange.amendOrder(1, orderId, 10_005, 1_000, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "PostOnlyWouldCross",
    );
    expect((await readOrder(v, 1, orderId)).lots).equal(1_000n);
  });

  it("all collateral held by the order itself pays for its new price, and no more than that", async () => {
    const v = venue();
    const { orderId } = await place(v, owner(), bid(TICK, 100_000, { leverage: 1 }));
    expect((await v.exchange.accountAt(owner().account)).free).equal(0n);
    await expect(owner().exchange.amendOrder(1, orderId, 10_001, 100_000, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "InsufficientFreeCollateral",
    );
    await owner().exchange.amendOrder(1, orderId, 9_999, 100_000, GAS);
    expect((await v.exchange.accountAt(owner().account)).free).equal(USD);
  });

  it("with 32 orders open it needs no other seat", async () => {
    const v = venue();
    let id = 0n;
    for (let i = 0; i < 32; i++) id = (await place(v, owner(), bid(9_900 - i, 150))).orderId;
    await owner().exchange.amendOrder(1, id, 9_800, 150, GAS);
    expect((await v.exchange.orderMarginAt(1, owner().account)).orderIds).to.have.length(32);
  });
});

describe("Amend: one validator, and whose order it is", () => {
  const venue = useVenue({ traders: 4, deposit: 10_000n * USD });
  const owner = () => trader(venue(), 0);
  const amend = (t: Trader, id: bigint, tick: number, lots: number) => t.exchange.amendOrder(1, id, tick, lots, GAS);

  it("what could not be placed cannot be amended to, up or down", async () => {
    const v = venue();
    const x = v.exchange;
    const { orderId } = await place(v, owner(), bid(9_990, 1_000));
    await expect(amend(owner(), orderId, 9_990, 0)).to.be.revertedWithCustomError(x, "InvalidLots");
    await expect(amend(owner(), orderId, 0, 1_000)).to.be.revertedWithCustomError(x, "InvalidTick");
    await expect(amend(owner(), orderId, 9_990, 100)) // 9.99, the minimum is 10
      .to.be.revertedWithCustomError(x, "NotionalTooSmall")
      .withArgs(9_990_000, 10_000_000);
    await expect(amend(owner(), orderId, 9_991, 100)).to.be.revertedWithCustomError(x, "NotionalTooSmall");
    await expect(amend(owner(), orderId, 2 ** 24, 1_000)).to.be.revert(v.connection.ethers);
    await expect(amend(owner(), orderId, 9_990, 2 ** 40)).to.be.revert(v.connection.ethers);
    await amend(owner(), orderId, 9_990, 101);
  });

  it("an expired order can only be cancelled", async () => {
    const v = venue();
    const { time } = v.connection.networkHelpers;
    const { orderId } = await place(v, owner(), bid(9_990, 1_000, { expiry: (await time.latest()) + 10 }));
    await time.increase(20);
    for (const [tick, lots] of [
      [9_990, 500],
      [9_991, 1_000],
    ] as const) {
      await expect(amend(owner(), orderId, tick, lots)).to.be.revertedWithCustomError(v.exchange, "OrderExpired");
    }
    await owner().exchange.cancelOrder(1, orderId, GAS);
  });

  it("a reduce-only order stays one: clipped to the position, and refused when there is none", async () => {
    const v = venue();
    await cross(v, owner(), trader(v, 1), { tick: TICK, lots: 1_000 });
    const { orderId } = await place(v, owner(), ask(10_100, 500, { reduceOnly: true }));
    const events = await eventsOf(v, amend(owner(), orderId, 10_050, 5_000));
    const [placed] = named(events, "OrderPlaced");
    expect([placed?.["lots"], placed?.["reduceOnly"]]).to.deep.equal([1_000n, true]);
    await place(v, trader(v, 1), bid(TICK, 1_000));
    await owner().exchange.closePosition(1, TICK, 8, GAS);
    await expect(amend(owner(), placed?.["orderId"] as bigint, 10_060, 500)).to.be.revertedWithCustomError(
      v.exchange,
      "NothingToReduce",
    );
  });

  it("only the owner and its delegates; never an id that was reused", async () => {
    const v = venue();
    const stranger = trader(v, 1);
    const first = await place(v, owner(), bid(9_990, 1_000));
    await expect(amend(stranger, first.orderId, 9_990, 500))
      .to.be.revertedWithCustomError(v.exchange, "NotOrderOwner")
      .withArgs(first.orderId, stranger.account);
    await owner().exchange.setDelegate(stranger.address, true, GAS);
    const call = v.exchange.interface.encodeFunctionData("amendOrder", [1, first.orderId, 9_991, 900]);
    await stranger.exchange.tradeFor(owner().account, [call], GAS);
    const [now] = (await v.exchange.orderMarginAt(1, owner().account)).orderIds;
    expect((await readOrder(v, 1, now ?? 0n)).tick).equal(9_991);
    // the slot is the same, the generation is not
    expect((now ?? 0n) & 0xffff_ffffn).equal(first.orderId & 0xffff_ffffn);
    await expect(amend(owner(), first.orderId, 9_991, 500)).to.be.revertedWithCustomError(v.exchange, "UnknownOrder");
  });

  it("an unknown market", async () => {
    await expect(owner().exchange.amendOrder(9, 1, TICK, 100, GAS)).to.be.revertedWithCustomError(
      venue().exchange,
      "UnknownMarket",
    );
  });
});
