/** Who would clog, crowd or confuse the order book: what he can reach is bounded by the step budget, and costs others nothing else. */
import { expect } from "chai";
import {
  ask,
  bid,
  CANCEL_RESTING,
  CANCEL_TAKING,
  DECREMENT_BOTH,
  place,
  Reason,
  requestOf,
  submit,
} from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;

describe("Attack: griefing the order book", () => {
  const venue = useVenue({ traders: 6, deposit: 100_000n * USD });

  it("dust: below the minimum nothing rests, by no way of placing, filling or amending", async () => {
    const v = venue();
    const [griefer, other] = [trader(v, 0), trader(v, 1)];
    await expect(submit(griefer, ask(TICK, 99))).to.be.revertedWithCustomError(v.exchange, "NotionalTooSmall");
    const { orderId } = await place(v, griefer, ask(TICK, 1_000));
    await expect(griefer.exchange.amendOrder(1, orderId, TICK, 99, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "NotionalTooSmall",
    );
    await place(v, griefer, bid(TICK, 950, { selfTrade: DECREMENT_BOTH }));
    await place(v, other, ask(TICK, 960));
    expect((await place(v, griefer, bid(TICK, 1_050))).orderId).equal(0n); // 90 are left over
    const outcomes = await griefer.exchange.placeOrders.staticCall([requestOf(ask(TICK, 99))], GAS);
    expect(outcomes[0]?.placed).equal(false);
    for (const isBid of [true, false]) expect(await restingAt(v, isBid, TICK)).equal(0n);
  });

  it("a fill's dust costs the next taker a step and nothing more", async () => {
    const v = venue();
    const taker = trader(v, 2);
    for (let i = 20; i > 0; i--) {
      await place(v, trader(v, 0), ask(TICK + i, 101, { leverage: 1 }));
      await place(v, trader(v, 1), bid(TICK + i, 100, { leverage: 1, ioc: true }));
      expect(await restingAt(v, false, TICK + i)).equal(1n);
    }
    await place(v, trader(v, 3), ask(TICK + 21, 500));
    const o = bid(TICK + 21, 520, { ioc: true });
    const [, filled, , steps] = await taker.exchange.placeOrder.staticCall(requestOf(o), GAS);
    expect([filled, steps]).to.deep.equal([520n, 21n]);
    expect((await place(v, taker, o)).filled).equal(520n);
  });

  for (const [selfTrade, name] of [
    [CANCEL_RESTING, "CancelResting"],
    [CANCEL_TAKING, "CancelTaking"],
    [DECREMENT_BOTH, "DecrementBoth"],
  ] as const) {
    it(`a book full of one account's orders, taken by itself: ${name} ends within the budget and moves no money`, async () => {
      const v = venue();
      const own = trader(v, 0);
      for (let i = 0; i < 32; i++) await place(v, own, ask(TICK + i, 200, { leverage: 3 }));
      await place(v, trader(v, 1), ask(TICK + 40, 1_000));
      const free = async () => (await v.exchange.accountAt(own.account)).free;
      for (const maxSteps of [1, 7, 64]) {
        const o = bid(TICK + 31, 3_000, { ioc: true, selfTrade, maxSteps });
        const [, filled, , steps] = await own.exchange.placeOrder.staticCall(requestOf(o), GAS);
        expect(filled).equal(0n);
        expect(steps <= BigInt(maxSteps)).equal(true);
        await place(v, own, o);
        expect((await readPositions(v)).size).equal(0);
      }
      await own.exchange.cancelAll(1, GAS);
      expect(await free()).equal(100_000n * USD);
      const { askReserve, bidReserve } = await v.exchange.orderMarginAt(1, own.account);
      expect([askReserve, bidReserve]).to.deep.equal([0n, 0n]);
      expect((await place(v, trader(v, 2), bid(TICK + 40, 1_000, { ioc: true }))).filled).equal(1_000n);
    });
  }

  it("the band's edge: an order on it fills, one tick outside is not reached by takers and removed from the other side", async () => {
    const v = venue();
    const { bandRate } = await v.exchange.marketConfig(1);
    const edge = (TICK * (1_000_000 + Number(bandRate))) / 1_000_000;
    const [maker, taker] = [trader(v, 0), trader(v, 1)];
    await place(v, maker, ask(edge, 500, { leverage: 1 }));
    await place(v, maker, ask(edge + 1, 500, { leverage: 1 }));
    // the taker's limit is beyond both; what is outside neither fills nor is touched, and nothing of the taker rests across it
    const { filled, orderId, events } = await place(v, taker, bid(edge + 10, 1_000, { leverage: 1 }));
    expect([filled, orderId, named(events, "OrderRemoved").length]).to.deep.equal([500n, 0n, 0]);
    // a taker that is priced outside, on its own side of the mark, takes nothing out of the band either
    const low = (TICK * (1_000_000 - Number(bandRate))) / 1_000_000;
    await place(v, maker, bid(low, 500, { leverage: 1 }));
    await place(v, maker, bid(low - 1, 500, { leverage: 1 }));
    const sold = await place(v, trader(v, 2), ask(low - 10, 1_000, { leverage: 1 }));
    expect([sold.filled, sold.orderId]).to.deep.equal([500n, 0n]);
    // the mark moves: what is on the far side of the band now goes, a step each
    await setTick(v, 12_000);
    const next = await place(v, trader(v, 3), bid(12_000, 500, { ioc: true }));
    expect(named(next.events, "OrderRemoved").map((e) => e["reason"])).to.deep.equal([Reason.OutsideBand]);
  });

  it("a maker that turns unfillable in the same transaction: the taker's quote was true a call before, and it goes on", async () => {
    const v = venue();
    const [maker, good, taker] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    const x = v.exchange.interface;
    // one account alone can do it within one block: withdraw what an order that opens against a moved mark would need
    const { orderId } = await place(v, maker, ask(TICK, 500, { leverage: 50 }));
    await place(v, good, ask(10_041, 700));
    await setTick(v, 10_040);
    const o = bid(10_050, 500, { ioc: true });
    const [, before] = await taker.exchange.placeOrder.staticCall(requestOf(o), GAS);
    expect(before).equal(500n);
    await v.connection.ethers.provider.send("evm_setAutomine", [false]);
    const free = (await v.exchange.accountAt(maker.account)).free;
    const pulled = await maker.exchange.multicall([x.encodeFunctionData("withdraw", [free, maker.address])], {
      gasLimit: 1_000_000n,
      maxPriorityFeePerGas: 9_000_000_000n,
      maxFeePerGas: 90_000_000_000n,
    });
    const taken = await taker.exchange.placeOrder(requestOf(o), {
      gasLimit: 5_000_000n,
      maxPriorityFeePerGas: 1_000_000_000n,
      maxFeePerGas: 90_000_000_000n,
    });
    await v.connection.ethers.provider.send("evm_mine", []);
    await v.connection.ethers.provider.send("evm_setAutomine", [true]);
    expect((await pulled.wait())?.blockNumber).equal((await taken.wait())?.blockNumber);
    const events = await eventsOf(v, Promise.resolve(taken));
    expect(named(events, "OrderRemoved").map((e) => [e["orderId"], e["reason"]])).to.deep.equal([
      [orderId, Reason.MarginShort],
    ]);
    expect(named(events, "Trade").map((e) => [Number(e["maker"]), e["lots"]])).to.deep.equal([[good.account, 500n]]);
  });

  it("a remainder that still crosses when the budget ends never rests: the book never crosses", async () => {
    const v = venue();
    const taker = trader(v, 2);
    for (let i = 0; i < 5; i++) await place(v, trader(v, 0), ask(TICK + i, 200));
    const { filled, orderId } = await place(v, taker, bid(TICK + 10, 2_000, { maxSteps: 3 }));
    expect([filled, orderId]).to.deep.equal([600n, 0n]);
    const rested = await place(v, taker, bid(TICK + 10, 2_000, { maxSteps: 64 }));
    expect([rested.filled, rested.orderId !== 0n]).to.deep.equal([400n, true]);
    // amended across the book with makers beyond the budget of the market: the same
    const { bestBid, bestAsk } = await v.exchange.marketAt(1);
    expect(bestAsk === 0n || bestBid < bestAsk).equal(true);
  });

  it("reused slots: ids of an order that was amended, filled or cancelled never reach what took its slot", async () => {
    const v = venue();
    const [a, b] = [trader(v, 0), trader(v, 1)];
    let id = (await place(v, a, bid(9_990, 500))).orderId;
    const stale: bigint[] = [];
    for (let i = 0; i < 12; i++) {
      stale.push(id);
      const call = i % 3;
      if (call === 0) {
        const events = await eventsOf(v, a.exchange.amendOrder(1, id, 9_980 - i, 600 + i, GAS));
        id = named(events, "OrderAmended")[0]?.["newOrderId"] as bigint;
      } else if (call === 1) {
        await place(v, b, ask(9_900, 2_000, { ioc: true })); // fills it
        id = (await place(v, a, bid(9_990, 500))).orderId;
      } else {
        await a.exchange.cancelOrders(1, [id], GAS);
        id = (await place(v, a, bid(9_990, 500))).orderId;
      }
      expect(id & 0xffff_ffffn).equal((stale[0] ?? 0n) & 0xffff_ffffn); // the same slot all along
    }
    expect(new Set(stale).size).equal(12);
    const outcomes = await a.exchange.cancelOrders.staticCall(1, stale, GAS);
    expect(outcomes.every((o) => o === 1n)).equal(true);
    for (const old of stale)
      await expect(a.exchange.amendOrder(1, old, 9_990, 400, GAS)).to.be.revertedWithCustomError(
        v.exchange,
        "UnknownOrder",
      );
    expect((await v.exchange.orderMarginAt(1, a.account)).orderIds[0]).equal(id);
  });

  it("a batch cannot be used to reach another account: foreign ids are named, and nothing of theirs moves", async () => {
    const v = venue();
    const [victim, thief] = [trader(v, 0), trader(v, 1)];
    const ids: bigint[] = [];
    for (let i = 0; i < 5; i++) ids.push((await place(v, victim, bid(9_990 - i, 300))).orderId);
    const free = (await v.exchange.accountAt(victim.account)).free;
    expect([...(await thief.exchange.cancelOrders.staticCall(1, ids, GAS))]).to.deep.equal(Array(5).fill(2n));
    await thief.exchange.cancelOrders(1, ids, GAS);
    expect((await v.exchange.orderMarginAt(1, victim.account)).orderIds).to.have.length(5);
    expect((await v.exchange.accountAt(victim.account)).free).equal(free);
  });
});

async function restingAt(v: Venue, isBid: boolean, tick: number): Promise<bigint> {
  return (await v.exchange.levelAt(1, isBid, tick))[0];
}
