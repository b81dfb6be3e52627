/** Stop-loss and take-profit: when anyone may execute them, what they close, what they pay, and when they go. */
import { expect } from "chai";
import { ask, bid, cross, place } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { STOP_LOSS, TAKE_PROFIT, TIP, type TriggerOptions, triggerOf } from "../utils/triggers.ts";
import { useVenue } from "../utils/useVenue.ts";
import { answerAt, eventsOf, GAS, named, parametersOf, setTick, type Trader, trader, USD } from "../utils/venue.ts";

const TICK = 10_000;
const POSITION_GONE = 1n; // TriggerRemoval

describe("Triggers", () => {
  const venue = useVenue({ traders: 6, deposit: 10_000n * USD }, async (v) => {
    // trader 0 long, trader 1 short, 2,000 lots at 5x
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 2_000, longLeverage: 5, shortLeverage: 5 });
  });
  const long = () => trader(venue(), 0);
  const short = () => trader(venue(), 1);
  const dealer = () => trader(venue(), 2);
  const keeper = () => trader(venue(), 3);
  const freeOf = async (t: Trader) => (await venue().exchange.accountAt(t.account)).free;
  const lotsOf = async (t: Trader) => (await readPositions(venue())).get(t.account)?.lots ?? 0n;
  const add = async (t: Trader, o: TriggerOptions) => {
    const [e] = named(await eventsOf(venue(), t.exchange.placeTrigger(triggerOf(o), GAS)), "TriggerPlaced");
    return e?.["triggerId"] as bigint;
  };
  const execute = (t: Trader, owner: Trader, id: bigint, steps = 8, market = 1) =>
    t.exchange.executeTrigger(market, owner.account, id, steps, GAS);

  for (const [what, who, kind, notYet, at, isBid] of [
    ["a long's stop-loss: the mark at the tick or below", 0, STOP_LOSS, 9_901, 9_900, false],
    ["a long's take-profit: the mark at the tick or above", 0, TAKE_PROFIT, 9_899, 9_900, false],
    ["a short's stop-loss: the mark at the tick or above", 1, STOP_LOSS, 9_899, 9_900, true],
    ["a short's take-profit: the mark at the tick or below", 1, TAKE_PROFIT, 9_901, 9_900, true],
  ] as const) {
    it(what, async () => {
      const v = venue();
      const owner = trader(v, who);
      const id = await add(owner, { kind, triggerTick: 9_900, limitTick: isBid ? 10_500 : 9_500 });
      await setTick(v, notYet);
      await place(v, dealer(), { ...(isBid ? ask : bid)(9_900, 2_000), leverage: 1 });
      const x16 = (tick: number) => (BigInt(tick) * BigInt(parametersOf(v).tickValue)) << 16n;
      await expect(execute(keeper(), owner, id))
        .to.be.revertedWithCustomError(v.exchange, "TriggerNotReached")
        .withArgs(id, x16(notYet), x16(9_900));
      await setTick(v, at);
      const before = [await freeOf(owner), await freeOf(keeper())] as const;
      const margin = (await readPositions(v)).get(owner.account)?.margin ?? 0n;
      const [e] = named(await eventsOf(v, execute(keeper(), owner, id)), "TriggerExecuted");
      expect(["lots", "tip", "lotsLeft", "tipLeft", "price"].map((key) => e?.[key])).to.deep.equal([
        2_000n,
        TIP,
        0n,
        0n,
        x16(9_900),
      ]);
      expect([e?.["account"], e?.["caller"]]).to.deep.equal([BigInt(owner.account), keeper().address]);
      expect(await lotsOf(owner)).equal(0n);
      expect((await freeOf(keeper())) - before[1]).equal(TIP);
      const pnl = 2_000n * 100n * 10n * (isBid ? 1n : -1n);
      expect((await freeOf(owner)) - before[0]).equal(margin + pnl - TIP);
      expect(await v.exchange.triggersAt(1, owner.account)).to.deep.equal([]);
      await expect(execute(keeper(), owner, id)).to.be.revertedWithCustomError(v.exchange, "UnknownTrigger");
    });
  }

  it("is judged by the mark, finer than a tick, and never by what trades in the book", async () => {
    const v = venue();
    const id = await add(long(), { triggerTick: 9_900 });
    await place(v, dealer(), bid(9_800, 4_000, { leverage: 1 }));
    await place(v, trader(v, 4), ask(9_800, 1_000, { leverage: 1, ioc: true })); // the last trade is far below
    await expect(execute(keeper(), long(), id)).to.be.revertedWithCustomError(v.exchange, "TriggerNotReached");
    const answer = answerAt(parametersOf(v), 9_900);
    await v.aggregators[0]?.setAnswer(answer + 1_000n);
    await expect(execute(keeper(), long(), id)).to.be.revertedWithCustomError(v.exchange, "TriggerNotReached");
    await v.aggregators[0]?.setAnswer(answer);
    await execute(keeper(), long(), id);
    expect(await lotsOf(long())).equal(0n);
  });

  it("the limit holds: nothing worse is taken, and with nothing in reach it reverts and stays", async () => {
    const v = venue();
    const id = await add(long(), { triggerTick: 9_900, limitTick: 9_850 });
    await place(v, dealer(), bid(9_849, 4_000, { leverage: 1 }));
    await setTick(v, 9_900);
    await expect(execute(keeper(), long(), id))
      .to.be.revertedWithCustomError(v.exchange, "BookCannotAbsorb")
      .withArgs(1, 9_850);
    await place(v, dealer(), bid(9_850, 500, { leverage: 1 }));
    const [e] = named(await eventsOf(v, execute(keeper(), long(), id)), "TriggerExecuted");
    expect(["lots", "tip", "lotsLeft", "tipLeft"].map((key) => e?.[key])).to.deep.equal([500n, 2_500n, 1_500n, 7_500n]);
    expect(await lotsOf(long())).equal(1_500n);
  });

  it("what is left asks for its condition again", async () => {
    const v = venue();
    const id = await add(long(), { triggerTick: 9_900 });
    await place(v, dealer(), bid(9_850, 500, { leverage: 1 }));
    await setTick(v, 9_900);
    await execute(keeper(), long(), id);
    await setTick(v, 9_901);
    await place(v, dealer(), bid(9_850, 500, { leverage: 1 }));
    await expect(execute(keeper(), long(), id)).to.be.revertedWithCustomError(v.exchange, "TriggerNotReached");
    const [left] = await v.exchange.triggersAt(1, long().account);
    expect([left?.triggerId, left?.lots, left?.tip]).to.deep.equal([id, 1_500n, 7_500n]);
  });

  it("part of the position: closes that much and no more; two of them close one after the other", async () => {
    const v = venue();
    const first = await add(long(), { triggerTick: 9_900, lots: 500 });
    const second = await add(long(), { triggerTick: 9_900, lots: 5_000 });
    await place(v, dealer(), bid(9_850, 4_000, { leverage: 1 }));
    await setTick(v, 9_890);
    await execute(keeper(), long(), first);
    expect(await lotsOf(long())).equal(1_500n);
    await execute(keeper(), long(), second);
    expect(await lotsOf(long())).equal(0n);
  });

  it("a partial close leaves realised profit and margin in the position, and the position no worse by the tip", async () => {
    const v = venue();
    const id = await add(long(), { kind: TAKE_PROFIT, triggerTick: 10_100, lots: 500 });
    await setTick(v, 10_100);
    await place(v, dealer(), bid(10_090, 4_000, { leverage: 1 }));
    const before = (await readPositions(v)).get(long().account);
    const free = await freeOf(long());
    await execute(keeper(), long(), id);
    const after = (await readPositions(v)).get(long().account);
    expect((after?.margin ?? 0n) - (before?.margin ?? 0n)).equal(500n * 90n * 10n);
    expect(free - (await freeOf(long()))).equal(TIP);
  });

  it("the position was closed: whoever comes first removes it, for nothing, with no price", async () => {
    const v = venue();
    const id = await add(long(), { triggerTick: 9_900 });
    await place(v, dealer(), bid(TICK, 4_000, { leverage: 1 }));
    await long().exchange.closePosition(1, TICK, 8, GAS);
    await v.aggregators[0]?.setFailing(true);
    const before = [await freeOf(long()), await freeOf(keeper())];
    const events = await eventsOf(v, execute(keeper(), long(), id));
    expect(events.map((e) => e.name)).to.deep.equal(["TriggerRemoved"]);
    expect([events[0]?.args["triggerId"], events[0]?.args["reason"]]).to.deep.equal([id, POSITION_GONE]);
    expect([await freeOf(long()), await freeOf(keeper())]).to.deep.equal(before);
    await v.aggregators[0]?.setFailing(false);
  });

  it("the position was flipped: it is removed and never opens or closes the other side", async () => {
    const v = venue();
    const id = await add(long(), { triggerTick: 9_900 });
    await place(v, dealer(), bid(TICK, 4_000, { leverage: 1 }));
    await place(v, long(), ask(TICK, 3_000, { leverage: 5, ioc: true }));
    expect(await lotsOf(long())).equal(-1_000n);
    await setTick(v, 9_900);
    const [e] = named(await eventsOf(v, execute(keeper(), long(), id)), "TriggerRemoved");
    expect(e?.["reason"]).equal(POSITION_GONE);
    expect(await lotsOf(long())).equal(-1_000n);
  });

  it("closed and opened again on the same side before anyone removed it: it belongs to the side, and closes that", async () => {
    const v = venue();
    const id = await add(long(), { triggerTick: 9_900 });
    await place(v, dealer(), bid(TICK, 4_000, { leverage: 1 }));
    await long().exchange.closePosition(1, TICK, 8, GAS);
    await place(v, dealer(), ask(10_001, 1_000, { leverage: 1 }));
    await place(v, long(), bid(10_001, 1_000, { leverage: 5, ioc: true }));
    await setTick(v, 9_900);
    await execute(keeper(), long(), id);
    expect(await lotsOf(long())).equal(0n);
  });

  it("the owner, and a caller without an account, execute it without a tip; the tip is then nobody's", async () => {
    const v = venue();
    await place(v, dealer(), bid(9_850, 4_000, { leverage: 1 }));
    const first = await add(long(), { triggerTick: 9_900, lots: 500 });
    const second = await add(long(), { triggerTick: 9_900, lots: 500 });
    await setTick(v, 9_900);
    const free = await freeOf(long());
    const signers = await v.connection.ethers.getSigners();
    const stranger = signers[40];
    if (!stranger) throw new Error("no signer");
    for (const [exchange, id] of [
      [long().exchange, first],
      [v.exchange.connect(stranger), second],
    ] as const) {
      const events = await eventsOf(v, exchange.executeTrigger(1, long().account, id, 8, GAS));
      expect(named(events, "TriggerExecuted")[0]?.["tip"]).equal(0n);
    }
    expect(await freeOf(long())).equal(free);
  });

  it("an account without free collateral is closed all the same, for what it has", async () => {
    const v = venue();
    const id = await add(long(), { triggerTick: 9_900, lots: 1_000 });
    await long().exchange.withdraw((await freeOf(long())) - 4_000n, long().address, GAS);
    await place(v, dealer(), bid(9_850, 4_000, { leverage: 1 }));
    await setTick(v, 9_900);
    const margin = (await readPositions(v)).get(long().account)?.margin ?? 0n;
    const [e] = named(await eventsOf(v, execute(keeper(), long(), id)), "TriggerExecuted");
    expect([e?.["lots"], e?.["tip"]]).to.deep.equal([1_000n, 4_000n]);
    expect((await readPositions(v)).get(long().account)?.margin).equal(margin - 1_000n * 150n * 10n);
  });

  it("needs a solvent market, and the fill rule holds: nothing is closed past the account's own bankruptcy price", async () => {
    const v = venue();
    const [other, weak] = [trader(v, 4), trader(v, 5)];
    await cross(v, weak, other, { tick: TICK, lots: 1_000, longLeverage: 50, shortLeverage: 1 }); // b = 9,800
    const id = await add(weak, { triggerTick: 9_850 });
    await place(v, dealer(), bid(9_799, 4_000, { leverage: 1 }));
    await setTick(v, 9_850);
    await expect(execute(keeper(), weak, id))
      .to.be.revertedWithCustomError(v.exchange, "FillRefused")
      .withArgs(weak.account, 1);
    await setTick(v, 9_700);
    await expect(execute(keeper(), weak, id)).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent");
  });

  it("dead orders in the way: each costs a step; a budget of them alone closes nothing, pays nothing, and is progress", async () => {
    const v = venue();
    const { time } = v.connection.networkHelpers;
    const expiry = (await time.latest()) + 20;
    for (let i = 0; i < 3; i++) await place(v, dealer(), bid(9_890, 200, { leverage: 1, expiry }));
    await place(v, dealer(), bid(9_880, 4_000, { leverage: 1 }));
    const id = await add(long(), { triggerTick: 9_900 });
    await time.increase(30);
    await setTick(v, 9_900);
    const free = await freeOf(keeper());
    const events = await eventsOf(v, execute(keeper(), long(), id, 3));
    expect([named(events, "OrderRemoved").length, named(events, "TriggerExecuted").length]).to.deep.equal([3, 0]);
    expect(await freeOf(keeper())).equal(free);
    await execute(keeper(), long(), id, 1);
    expect(await lotsOf(long())).equal(0n);
    for (const steps of [0, 65]) {
      const other = await add(short(), { triggerTick: 9_900, kind: TAKE_PROFIT, limitTick: 10_500 });
      await expect(execute(keeper(), short(), other, steps)).to.be.revertedWithCustomError(
        v.exchange,
        "InvalidStepBudget",
      );
    }
  });

  it("while the circuit breaker lets takers only reduce, and past retirement: closes go on, then there is nothing", async () => {
    const v = venue();
    await place(v, dealer(), bid(9_850, 4_000, { leverage: 1 }));
    const id = await add(long(), { triggerTick: 9_900, lots: 500 });
    const last = await add(long(), { triggerTick: 9_900 });
    await setTick(v, 9_900);
    await v.exchange.setGuardianLevel(1, 2, GAS);
    await execute(keeper(), long(), id);
    await v.exchange.retireMarket(1, GAS);
    await expect(execute(keeper(), long(), last)).to.be.revertedWithCustomError(v.exchange, "MarketRetired");
    await expect(short().exchange.placeTrigger(triggerOf({ triggerTick: TICK }), GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "MarketRetired",
    );
    await v.exchange.settleRetired(1, [long().account, short().account, dealer().account], GAS);
    const [e] = named(await eventsOf(v, execute(keeper(), long(), last)), "TriggerRemoved");
    expect(e?.["reason"]).equal(POSITION_GONE);
  });
});
