/** A stranger who lives on the tips of triggers, and one who executes them at the moment that suits him. */
import { expect } from "chai";
import { ask, bid, cross, place, requestOf } from "../utils/orders.ts";
import { attempt } from "../utils/randomMarket.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { answerAt, eventsOf, GAS, named, parametersOf, setTick, trader, USD } from "../utils/venue.ts";

const TICK = 10_000;
const TRADE_AGE = 100;
const WHOLE = 2n ** 40n - 1n;
const STOP = { market: 1, kind: 0, triggerTick: 9_900, limitTick: 9_500, lots: WHOLE, tip: 1_000_000 };

describe("Attack: triggers", () => {
  const venue = useVenue(
    { traders: 5, deposit: 100_000n * USD, markets: [{ tradeAge: TRADE_AGE, maxAge: 300 }] },
    async (v) => {
      await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 20_000, longLeverage: 5, shortLeverage: 5 });
      await setTick(v, TICK);
    },
  );
  const owner = () => trader(venue(), 0);
  const maker = () => trader(venue(), 2);
  const thief = () => trader(venue(), 3);
  const freeOf = async (i: number) => (await venue().exchange.accountAt(trader(venue(), i).account)).free;
  const place_ = async (o: object = {}) => {
    const events = await eventsOf(venue(), owner().exchange.placeTrigger({ ...STOP, ...o }, GAS));
    return named(events, "TriggerPlaced")[0]?.["triggerId"] as bigint;
  };
  const execute = (id: bigint, steps = 64) => thief().exchange.executeTrigger(1, owner().account, id, steps, GAS);

  it("cut into as many executions as there are orders: the tips of all are the tip of one", async () => {
    const v = venue();
    const id = await place_({ lots: 7_000, tip: 500_000 });
    await setTick(v, 9_900);
    for (let i = 0; i < 30; i++) await place(v, maker(), bid(9_890 - i, 233 + i, { leverage: 1 }));
    const before = [await freeOf(0), await freeOf(3)] as const;
    let [calls, tips] = [0, 0n];
    while (await attempt(() => v.exchange.executeTrigger.staticCall(1, owner().account, id, 1, GAS))) {
      tips += named(await eventsOf(v, execute(id, 1)), "TriggerExecuted")[0]?.["tip"] as bigint;
      calls++;
    }
    expect(calls).greaterThan(25);
    // each rounds down
    expect(tips <= 500_000n && tips >= 500_000n - BigInt(calls), `${tips} of tips in ${calls}`).equal(true);
    expect((await freeOf(3)) - before[1]).equal(tips);
    expect(before[0] - (await freeOf(0))).equal(tips);
  });

  it("dust: an execution that closes a lot pays a lot's part of the tip", async () => {
    const v = venue();
    const id = await place_();
    await setTick(v, 9_900);
    await place(v, maker(), bid(9_890, 110, { leverage: 1 }));
    await place(v, trader(v, 4), ask(9_890, 109, { leverage: 1, ioc: true })); // leaves one lot
    const [e] = named(await eventsOf(v, execute(id)), "TriggerExecuted");
    expect([e?.["lots"], e?.["tip"]]).to.deep.equal([1n, 50n]); // 1/20,000 of the tip; the trade is 98,900 atoms
  });

  it("a tip is at most a thousandth of what is closed, however it was set", async () => {
    const v = venue();
    const id = await place_({ lots: 1_000 }); // 100 units, and a tip of one unit
    await setTick(v, 9_900);
    await place(v, maker(), bid(9_900, 30_000, { leverage: 1 }));
    const [e] = named(await eventsOf(v, execute(id)), "TriggerExecuted");
    expect([e?.["lots"], e?.["tip"]]).to.deep.equal([1_000n, 99_000n]);
  });

  it("nothing closed, nothing paid: an empty book, one out of the limit, dead orders, a position that is gone", async () => {
    const v = venue();
    const { time } = v.connection.networkHelpers;
    const id = await place_();
    await setTick(v, 9_900);
    const before = [await freeOf(0), await freeOf(3)];
    expect(await attempt(() => execute(id))).equal(null);
    await place(v, maker(), bid(9_499, 1_000, { leverage: 1 }));
    expect(await attempt(() => execute(id))).equal(null);
    await place(v, maker(), bid(9_900, 1_000, { leverage: 1, expiry: (await time.latest()) + 5 }));
    await time.increase(10);
    await setTick(v, 9_900);
    expect(named(await eventsOf(v, execute(id)), "OrderRemoved")).to.have.length(1);
    await place(v, maker(), bid(9_900, 30_000, { leverage: 1 }));
    await owner().exchange.closePosition(1, 9_900, 8, GAS);
    const closed = await freeOf(0);
    await execute(id);
    expect([await freeOf(0), await freeOf(3)]).to.deep.equal([closed, before[1]]);
    expect(await attempt(() => execute(id))).equal(null);
  });

  it("swinging around the trigger: each trigger pays its tip once, and eight are all there are", async () => {
    const v = venue();
    for (let i = 0; i < 8; i++) await place_({ lots: 2_000, tip: 100_000 });
    expect(await attempt(() => place_())).equal(null);
    const before = await freeOf(3);
    const ids = (await v.exchange.triggersAt(1, owner().account)).map((t) => t.triggerId);
    for (let swing = 0; swing < 10; swing++) {
      await setTick(v, 9_900);
      await maker().exchange.cancelAll(1, GAS);
      await place(v, maker(), bid(9_900, 30_000, { leverage: 1 }));
      for (const id of ids) await attempt(() => execute(id));
      await setTick(v, TICK);
      for (const id of ids) expect(await attempt(() => execute(id))).equal(null);
    }
    expect((await freeOf(3)) - before).equal(800_000n);
    expect((await readPositions(v)).get(owner().account)?.lots).equal(20_000n - 16_000n);
  });

  it("a stale price executes nothing, from the first second past tradeAge, though others may still close at it", async () => {
    const v = venue();
    const { time } = v.connection.networkHelpers;
    const id = await place_();
    await place(v, trader(v, 1), bid(9_900, 1_000, { reduceOnly: true, leverage: 1 }));
    const aged = async (age: number) => {
      const now = await time.latest();
      await v.aggregators[0]?.setRound(answerAt(parametersOf(v), 9_900), now + 1);
      await time.setNextBlockTimestamp(now + 1 + age);
    };
    await aged(TRADE_AGE + 1);
    await expect(execute(id))
      .to.be.revertedWithCustomError(v.exchange, "PriceTooOldToTrade")
      .withArgs(1, TRADE_AGE + 1, TRADE_AGE);
    await aged(TRADE_AGE + 1);
    await owner().exchange.placeOrder.staticCall(
      requestOf(ask(9_900, 500, { ioc: true, reduceOnly: true, leverage: 0, maxSteps: 8 })),
      GAS,
    );
    await aged(301);
    await expect(execute(id)).to.be.revertedWithCustomError(v.exchange, "StalePrice");
    await v.aggregators[0]?.setFailing(true);
    await expect(execute(id)).to.be.revertedWithCustomError(v.exchange, "PriceUnavailable");
    await v.aggregators[0]?.setFailing(false);
    await aged(TRADE_AGE);
    await execute(id);
    await setTick(v, 9_900);
  });

  it("whoever executes against his own order gets no better price than the owner's limit", async () => {
    const v = venue();
    const id = await place_({ limitTick: 9_850 });
    await setTick(v, 9_900);
    await place(v, thief(), bid(9_500, 30_000, { leverage: 1 })); // all that is in the book
    await expect(execute(id)).to.be.revertedWithCustomError(v.exchange, "BookCannotAbsorb");
    await place(v, thief(), bid(9_850, 30_000, { leverage: 1 }));
    const [trade] = named(await eventsOf(v, execute(id)), "Trade");
    expect(trade?.["tick"]).equal(9_850n);
  });
});
