/**
 * Patterns of reference/adl.md (b) 7, 8, 10, 14, 20, 21, 28: the moment as a weapon. Stale or frozen prices, the book that could still absorb,
 * pausing and retiring, flickering around the border, equity of exactly zero.
 */
import { expect } from "chai";
import { accountsOf, type Crash, deleverage, openCrash } from "../utils/crash.ts";
import { ask, bid, cross, place, submit } from "../utils/orders.ts";
import { LIMITS, resolveAll } from "../utils/randomMarket.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { answerAt, eventsOf, GAS, named, parametersOf, setTick, trader, USD } from "../utils/venue.ts";
import { wealthX16 } from "../utils/wealth.ts";

describe("Attack: the moment of the call", () => {
  let crash: Crash;
  const venue = useVenue({ traders: 14, markets: [{ maxAge: 9_000, tradeAge: 600, maturity: 30 }] }, async (v) => {
    crash = await openCrash(v, "long");
  });
  const queue = () => accountsOf(crash.counterparties);
  const waitAndFreeze = async (seconds: number, tick: number) => {
    const v = venue();
    const { time } = v.connection.networkHelpers;
    await v.aggregators[0]?.setRound(answerAt(parametersOf(v), tick), await time.latest());
    await time.increase(seconds);
  };

  it("a frozen price of the crash: once it is stale nobody can be deleveraged at it, nor let off by it", async () => {
    const v = venue();
    await waitAndFreeze(9_001, crash.crashed);
    for (const list of [queue(), []])
      await expect(deleverage(v, list)).to.be.revertedWithCustomError(v.exchange, "StalePrice");
    // the price that comes back decides, and it is a price at which nobody is bankrupt
    await setTick(v, 9_900);
    await expect(deleverage(v, queue())).to.be.revertedWithCustomError(v.exchange, "NothingToDeleverage");
  });

  it("a chosen price: answering from the future, zero or below is no price to deleverage at", async () => {
    const v = venue();
    const now = await v.connection.networkHelpers.time.latest();
    for (const [answer, at] of [
      [answerAt(parametersOf(v), crash.crashed), now + 10_000],
      [0n, now],
      [-answerAt(parametersOf(v), crash.crashed), now],
    ] as const) {
      await v.aggregators[0]?.setRound(answer, at);
      await expect(deleverage(v, queue())).to.be.revertedWithCustomError(v.exchange, "PriceUnavailable");
    }
  });

  it("a straddle between two own accounts at a stale price does not open", async () => {
    const v = venue();
    await waitAndFreeze(700, 10_000);
    const before = await wealthX16(v, [trader(v, 8), trader(v, 9)]);
    await place(v, trader(v, 8), ask(10_000, 1_000, { leverage: 50 }));
    await expect(submit(trader(v, 9), bid(10_000, 1_000, { leverage: 50, ioc: true }))).to.be.revertedWithCustomError(
      v.exchange,
      "PriceTooOldToTrade",
    );
    await setTick(v, 9_000);
    await resolveAll(v);
    await trader(v, 8).exchange.cancelAll(1, GAS);
    expect((await wealthX16(v, [trader(v, 8), trader(v, 9)])) - before).equal(0n);
  });

  it("while the book could absorb, no list reaches a counterparty: the call itself sweeps first", async () => {
    const v = venue();
    await place(v, trader(v, 8), bid(9_800, 10_000, { leverage: 1 }));
    await setTick(v, 9_790);
    const events = await eventsOf(v, deleverage(v, queue(), { nominee: crash.victim.account }));
    expect(named(events, "AutoDeleveraged")).to.have.length(0);
    expect(named(events, "BankruptcySwept")[0]?.["lots"]).equal(10_000n);
    expect([...(await readPositions(v)).keys()].filter((account) => queue().includes(account))).to.have.length(5);
  });

  it("a step budget that ends inside the book ends the call there: counterparties are not reached early", async () => {
    const v = venue();
    for (let i = 0; i < 3; i++) await place(v, trader(v, 8), bid(9_800, 1_000, { leverage: 1 }));
    await setTick(v, 9_500);
    const events = await eventsOf(v, deleverage(v, queue(), { maxSteps: 2 }));
    expect(named(events, "Trade")).to.have.length(2);
    expect(named(events, "AutoDeleveraged")).to.have.length(0);
  });

  it("over-deleveraging: the call stops when the bankrupt is closed; the last one keeps what was not needed", async () => {
    const v = venue();
    await setTick(v, 10_000);
    await cross(v, trader(v, 8), trader(v, 9), { tick: 10_000, lots: 3_000, longLeverage: 1, shortLeverage: 3 });
    await setTick(v, 9_500);
    const [, , , , last = 0] = queue();
    // the newcomer at 3x ranks between 5x and 2x: 2,000 of the last place are needed no more
    const events = await eventsOf(v, deleverage(v, []));
    const lots = named(events, "AutoDeleveraged").reduce((sum, e) => sum + (e["lots"] as bigint), 0n);
    expect(lots).equal(10_000n);
    expect((await readPositions(v)).get(last)?.lots).equal(-2_000n);
    expect((await readPositions(v)).get(trader(v, 9).account)?.lots).equal(-1_000n);
    await expect(deleverage(v, [])).to.be.revertedWithCustomError(v.exchange, "NothingToDeleverage");
  });

  it("equity of exactly zero is not bankrupt: nobody is closed at his own border; an atom below, nomination works", async () => {
    const v = venue();
    await setTick(v, 9_800);
    await expect(deleverage(v, queue(), { nominee: crash.victim.account })).to.be.revertedWithCustomError(
      v.exchange,
      "NothingToDeleverage",
    );
    const answer = answerAt(parametersOf(v), 9_800) - 100n; // an X16 price below by a hair
    await v.aggregators[0]?.setAnswer(answer, GAS);
    expect(
      await v.exchange.autoDeleverage.staticCall(1, queue(), { ...LIMITS, nominee: crash.victim.account }, GAS),
    ).equal(10_000n);
  });

  it("flickering around the border: poking solvent and insolvent in turns neither loses the turn nor closes anybody twice", async () => {
    const v = venue();
    for (let i = 0; i < 4; i++) {
      await setTick(v, 9_500);
      await deleverage(v, queue().slice(i, i + 1));
      await setTick(v, 9_900);
      await v.exchange.poke(1, GAS);
      expect((await v.exchange.marketAt(1)).taken).equal(0n);
    }
    await setTick(v, 9_500);
    await deleverage(v, []);
    expect((await readPositions(v)).size).equal(0);
    const closed = await v.exchange.queryFilter(v.exchange.filters.AutoDeleveraged(1), v.deployed.startBlock);
    expect(closed.map(({ args }) => Number(args.counterparty))).to.deep.equal(queue());
  });

  it("paused by a guardian: reduce-only stops new exposure, never the deleveraging", async () => {
    const v = venue();
    await v.exchange.setGuardianLevel(1, 2, GAS);
    await setTick(v, 9_500);
    const events = await eventsOf(v, deleverage(v, queue()));
    expect(named(events, "AutoDeleveraged").map((e) => Number(e["counterparty"]))).to.deep.equal(queue());
  });

  it("parameters cannot be changed while somebody is bankrupt, nor the market retired past them", async () => {
    const v = venue();
    await setTick(v, 9_500);
    const { risk, tiers, ...rest } = parametersOf(v);
    const config = { ...rest, source: v.deployed.markets[0]?.source ?? "", extraTiers: 0 };
    await expect(
      v.exchange.updateMarket(1, { ...config, dailyCoverCap: 0n }, risk, [...tiers], GAS),
    ).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent");
    await expect(v.exchange.retireMarket(1, GAS)).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent");
    await deleverage(v, queue());
    await v.exchange.retireMarket(1, GAS);
    await expect(deleverage(v, queue())).to.be.revertedWithCustomError(v.exchange, "MarketRetired");
  });

  it("a winner withdraws what is free and no more; his profit waits for his turn", async () => {
    const v = venue();
    await setTick(v, 9_500);
    const winner = trader(v, 1);
    const free = (await v.exchange.accountAt(winner.account)).free;
    await winner.exchange.withdraw(free, winner.address, GAS);
    await expect(winner.exchange.withdraw(1, winner.address, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "InsufficientFreeCollateral",
    );
    await expect(winner.exchange.closePosition(1, 9_600, 64, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "MarketInsolvent",
    );
    await deleverage(v, queue());
    // margin of 40x on 200 quote units, and 200 ticks of profit on 2,000 lots
    expect((await v.exchange.accountAt(winner.account)).free).equal(5n * USD + 4n * USD);
  });
});
