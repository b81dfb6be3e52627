/** The circuit breaker: its ratio, its steps at the exact borders, what a level means, and what it never stops. */

import { expect } from "chai";
import { bruteForceRatio, CAUTIOUS, NO_RATIO, NORMAL, nextLevel, REDUCE_ONLY } from "../utils/breakerModel.ts";
import { setFunding } from "../utils/funding.ts";
import { marketConfig } from "../utils/marketConfig.ts";
import { ask, bid, cross, place, submit } from "../utils/orders.ts";
import { createRandom } from "../utils/random.ts";
import { attempt, LIMITS, randomStep } from "../utils/randomMarket.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import {
  answerAt,
  eventsOf,
  GAS,
  named,
  noLimits,
  parametersOf,
  setAnswer,
  setTick,
  trader,
  USD,
  type Venue,
} from "../utils/venue.ts";

const TICK = 10_000;
const ratios = { ...noLimits, cautiousRatio: 15_000, reduceOnlyRatio: 8_000, hysteresis: 5_000 };

describe("Circuit breaker: the system margin ratio", () => {
  const venue = useVenue({ traders: 8, markets: [{ risk: ratios }] });

  it("without open interest there is none: the highest number, and Normal", async () => {
    const { ratio, level } = await venue().exchange.riskAt(1);
    expect([ratio, level]).to.deep.equal([NO_RATIO, NORMAL]);
  });

  for (const seed of [1, 2, 3]) {
    it(`in O(1) what a walk over all positions gives, random market ${seed}, with funding moved`, async () => {
      const v = venue();
      const random = createRandom(0xb4ea + seed);
      let mark = TICK;
      let lowest = NO_RATIO;
      for (let step = 0; step < 8; step++) {
        mark = await randomStep(v, random, mark, { step: 0.02, trades: 2 });
        if (step % 3 === 2) {
          const { fundingIndex } = await v.exchange.marketAt(1);
          await setFunding(v, fundingIndex + BigInt(random.int(-60, 60)) * 65_536n);
        }
        const { ratio, dust } = await bruteForceRatio(v);
        expect((await v.exchange.riskAt(1)).ratio).equal(ratio);
        // and the dust that tells it from the shorts' exact equity is dust: less than a thousandth of a quote unit
        expect(dust >= -65_536n && dust < 1_000n * 65_536n, `dust ${dust}`).equal(true);
        if (ratio < lowest) lowest = ratio;
      }
      expect(lowest).lessThan(NO_RATIO);
    });
  }

  for (const isLong of [true, false]) {
    it(`counts the weaker side: the ${isLong ? "longs" : "shorts"}, to the pip`, async () => {
      const v = venue();
      const [weak, strong] = [trader(v, 0), trader(v, 1)];
      // 10,000 lots at 0.1: 1,000; a margin of 5 % against 100 %
      if (isLong) await cross(v, weak, strong, { tick: TICK, lots: 10_000, longLeverage: 20, shortLeverage: 1 });
      else await cross(v, strong, weak, { tick: TICK, lots: 10_000, longLeverage: 1, shortLeverage: 20 });
      expect((await v.exchange.riskAt(1)).ratio).equal(50_000n);
      await setTick(v, isLong ? 9_800 : 10_200); // equity 50 − 20 = 30, of 980 or 1,020
      expect((await v.exchange.riskAt(1)).ratio).equal(isLong ? 30_612n : 29_411n);
    });
  }
});

describe("Circuit breaker: steps by the ratio", () => {
  // one pair, so that the ratio is that of the long: 100 · (P − b) / P with b fixed by its margin
  const venue = useVenue({ traders: 6, markets: [{ risk: ratios, maxOpenInterest: 40_000n }] }, async (v) => {
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 10_000, longLeverage: 50, shortLeverage: 1 });
  });
  const poke = async () => named(await eventsOf(venue(), venue().exchange.poke(1, GAS)), "LevelChanged");
  /** The feed's answer at which equity is `ratio` pips of notional, from b = 9,800 ticks: P = b / (1 − ratio), rounded up. */
  const answerFor = (ratio: bigint) => {
    const b = answerAt(parametersOf(venue()), 9_800);
    return (b * 1_000_000n + (1_000_000n - ratio) - 1n) / (1_000_000n - ratio);
  };
  /** 100 steps of the feed are 6.5 X16 atoms of price, a thousandth of what moves the ratio by a pip: the border is met to a hair. */
  const HAIR = 100n;

  it("Normal → Cautious → ReduceOnly → Cautious → Normal, each at its own border and not a hair before", async () => {
    const v = venue();
    const borders = [
      { at: 15_000n, falling: true, level: CAUTIOUS },
      { at: 8_000n, falling: true, level: REDUCE_ONLY },
      { at: 13_000n, falling: false, level: CAUTIOUS },
      { at: 20_000n, falling: false, level: NORMAL },
    ];
    let before = NORMAL;
    for (const { at, falling, level } of borders) {
      // at the border: falling, not below it yet; rising, by a hair not there yet
      await setAnswer(v, answerFor(at) + (falling ? HAIR : -HAIR));
      expect(await poke(), `before ${at}`).to.have.length(0);
      expect((await v.exchange.riskAt(1)).stepped).equal(before);
      await setAnswer(v, answerFor(at) + (falling ? -HAIR : HAIR));
      const view = await v.exchange.riskAt(1);
      expect([view.stepped, view.level]).to.deep.equal([level, level]);
      const ratio = falling ? at - 1n : at;
      expect((await bruteForceRatio(v)).ratio).equal(ratio);
      const changes = await poke();
      const { sequence } = await v.exchange.marketAt(1);
      expect(changes.map((e) => [e["market"], e["level"], e["ratio"], e["sequence"]])).to.deep.equal([
        [1n, level, ratio, sequence],
      ]);
      before = level;
    }
  });

  it("from ReduceOnly straight to Normal when the ratio clears both", async () => {
    const v = venue();
    await setAnswer(v, answerFor(7_000n));
    expect((await poke()).map((e) => e["level"])).to.deep.equal([REDUCE_ONLY]);
    await setAnswer(v, answerFor(20_000n));
    expect((await poke()).map((e) => e["level"])).to.deep.equal([NORMAL]);
  });

  it("margin added by anybody on the weak side ends it, too; nothing but a priced call is needed", async () => {
    const v = venue();
    await setAnswer(v, answerFor(7_000n));
    await poke();
    await trader(v, 0).exchange.addMargin(1, 20n * USD, GAS); // 2 % more
    expect((await poke()).map((e) => e["level"])).to.deep.equal([NORMAL]);
  });

  it("a guardian's level is a floor that no ratio ends; the breaker's own goes on below it", async () => {
    const v = venue();
    await v.exchange.setGuardianLevel(1, REDUCE_ONLY);
    await setAnswer(v, answerFor(14_000n));
    expect((await poke()).map((e) => e["level"])).to.deep.equal([CAUTIOUS]);
    await setTick(v, TICK);
    expect((await poke()).map((e) => e["level"])).to.deep.equal([NORMAL]);
    const view = await v.exchange.riskAt(1);
    expect([view.level, view.stepped, view.guardian]).to.deep.equal([REDUCE_ONLY, NORMAL, REDUCE_ONLY]);
  });

  it("turned off while it is stepped: the next look ends the level", async () => {
    const v = venue();
    await setAnswer(v, answerFor(7_000n));
    await poke();
    const [maker, taker] = [trader(v, 2), trader(v, 3)];
    await place(v, maker, ask(9_900, 200, { leverage: 1 }));
    await expect(submit(taker, bid(9_900, 200, { ioc: true }))).to.be.revertedWithCustomError(
      v.exchange,
      "FillRefused",
    );
    await v.exchange.updateMarket(1, marketConfig(v), noLimits, []);
    expect((await v.exchange.riskAt(1)).level).equal(NORMAL);
    expect((await place(v, taker, bid(9_900, 200, { ioc: true }))).filled).equal(200n);
    expect((await poke()).length + named(await eventsOf(v, v.exchange.poke(1, GAS)), "LevelChanged").length).equal(0);
  });

  it("Cautious: half the open-interest cap, and the initial rate of what is new is multiplied", async () => {
    const v = venue();
    const { exchange } = v;
    // cap 40,000, half of it 20,000, of which 10,000 are open
    expect((await exchange.riskAt(1)).growth).equal(30_000n);
    await exchange.setGuardianLevel(1, CAUTIOUS);
    expect((await exchange.riskAt(1)).growth).equal(10_000n);
    await place(v, trader(v, 2), ask(TICK, 10_001, { leverage: 1 }));
    await expect(submit(trader(v, 3), bid(TICK, 10_001, { ioc: true })))
      .to.be.revertedWithCustomError(exchange, "FillRefused")
      .withArgs(trader(v, 3).account, 4);
    await place(v, trader(v, 3), bid(TICK, 10_000, { ioc: true }));
    expect((await exchange.marketAt(1)).openInterest).equal(20_000n);
    await expect(submit(trader(v, 4), bid(TICK, 1, { ioc: true, reduceOnly: true }))).to.be.revertedWithCustomError(
      exchange,
      "NothingToReduce",
    );
  });
});

describe("Circuit breaker: Cautious raises initial margin, for new exposure only", () => {
  const risk = { ...ratios, cautiousFactor: 2_500_000 };
  const venue = useVenue({ traders: 6, markets: [{ risk }] }, async (v) => {
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 1_000, longLeverage: 50, shortLeverage: 1 });
  });

  it("2 % becomes 5 %: what a fill moves in, what may be withdrawn, and nothing of what is open", async () => {
    const v = venue();
    await place(v, trader(v, 2), ask(TICK, 5_000, { leverage: 1 }));
    await v.exchange.setGuardianLevel(1, CAUTIOUS);
    expect((await v.exchange.riskAt(1)).initialRate).equal(50_000n);
    await place(v, trader(v, 3), bid(TICK, 1_000, { ioc: true, leverage: 50 }));
    expect((await readPositions(v)).get(trader(v, 3).account)?.margin).equal(5n * USD);
    // the 50x position of before is neither liquidatable nor topped up by force
    await expect(v.exchange.liquidate(1, trader(v, 0).account, 8, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "NotLiquidatable",
    );
    // 1,000 lots more on it: 2 % on the old, 5 % on the new; together 7
    await place(v, trader(v, 0), bid(TICK, 1_000, { ioc: true, leverage: 50 }));
    expect((await readPositions(v)).get(trader(v, 0).account)?.margin).equal(7n * USD);
    // a withdrawal is judged by 5 % of all
    await expect(trader(v, 3).exchange.removeMargin(1, 1, GAS))
      .to.be.revertedWithCustomError(v.exchange, "InsufficientMargin")
      .withArgs(trader(v, 3).account, 0, 1);
    await v.exchange.setGuardianLevel(1, NORMAL);
    await trader(v, 3).exchange.removeMargin(1, 3n * USD, GAS);
  });
});

describe("Circuit breaker: jumps of the price", () => {
  const risk = { ...noLimits, jumpRate: 50_000, calmPeriod: 120 };
  const venue = useVenue({ traders: 4, markets: [{ risk }] }, async (v) => {
    await v.exchange.poke(1, GAS);
  });
  const poke = async () => named(await eventsOf(venue(), venue().exchange.poke(1, GAS)), "LevelChanged");
  const level = async () => (await venue().exchange.riskAt(1)).level;
  const wait = async (v: Venue, until: bigint) => v.connection.networkHelpers.time.setNextBlockTimestamp(until);

  for (const [tick, wanted, jump] of [
    [10_500, NORMAL, 50_000n],
    [10_501, CAUTIOUS, 50_100n],
    [11_000, CAUTIOUS, 100_000n],
    [11_001, REDUCE_ONLY, 100_100n],
    [9_500, NORMAL, 50_000n],
    [9_499, CAUTIOUS, 50_100n],
    [9_000, CAUTIOUS, 100_000n],
    [8_999, REDUCE_ONLY, 100_100n],
  ] as const) {
    it(`10,000 → ${tick}: ${["Normal", "Cautious", "ReduceOnly"][Number(wanted)]}`, async () => {
      await setTick(venue(), tick);
      expect(await level()).equal(wanted);
      const changes = await poke();
      expect(changes.map((e) => [e["level"], e["jump"], e["ratio"]])).to.deep.equal(
        wanted === NORMAL ? [] : [[wanted, jump, NO_RATIO]],
      );
    });
  }

  it("stays for the calm period to the second, then ends by itself at the next look", async () => {
    const v = venue();
    await setTick(v, 10_600);
    await poke();
    const { calmAt } = await v.exchange.riskAt(1);
    const { timestamp } = (await v.connection.ethers.provider.getBlock("latest")) ?? { timestamp: 0 };
    expect(calmAt).equal(BigInt(timestamp) + 120n);
    await wait(v, calmAt - 1n);
    expect(await poke()).to.have.length(0);
    expect(await level()).equal(CAUTIOUS);
    await wait(v, calmAt);
    expect((await poke()).map((e) => [e["level"], e["jump"]])).to.deep.equal([[NORMAL, 0n]]);
  });

  it("another jump within it begins it anew; a smaller one does not lower the level", async () => {
    const v = venue();
    await setTick(v, 11_100);
    await poke();
    expect(await level()).equal(REDUCE_ONLY);
    const first = (await v.exchange.riskAt(1)).calmAt;
    await v.connection.networkHelpers.time.increase(60);
    await setTick(v, 11_700); // 5.4 %
    expect(await poke()).to.have.length(0);
    const second = (await v.exchange.riskAt(1)).calmAt;
    expect(second - first).greaterThan(59n);
    expect(await level()).equal(REDUCE_ONLY);
    await wait(v, second);
    expect((await poke()).map((e) => e["level"])).to.deep.equal([NORMAL]);
  });

  it("the same observation is not judged twice, and an older one never", async () => {
    const v = venue();
    const { timestamp } = (await v.connection.ethers.provider.getBlock("latest")) ?? { timestamp: 0 };
    await v.aggregators[0]?.setRound(answerAt(parametersOf(v), 12_000), timestamp - 1_000);
    expect(await poke()).to.have.length(0);
    await v.aggregators[0]?.setRound(answerAt(parametersOf(v), 10_000), timestamp + 1);
    expect(await poke()).to.have.length(0);
  });

  it("as the model says, over 60 random prices and waits", async () => {
    const v = venue();
    const random = createRandom(0x1ea9);
    let step = { level: NORMAL, calmAt: 0n };
    let last = BigInt(TICK);
    const seen = new Set<bigint>();
    for (let i = 0; i < 60; i++) {
      const next = BigInt(Math.round(Number(last) * (1 + (random.unit() - 0.5) * (random.chance(0.2) ? 0.3 : 0.06))));
      await setTick(v, Number(next));
      await v.connection.networkHelpers.time.increase(random.int(1, 90));
      await poke();
      const now = BigInt((await v.connection.ethers.provider.getBlock("latest"))?.timestamp ?? 0);
      const jump = ((next > last ? next - last : last - next) * 1_000_000n) / last;
      step = nextLevel(v, step, NO_RATIO, jump, now);
      const found = await v.exchange.riskAt(1);
      const stepped = named(await eventsOf(v, v.exchange.poke(1, GAS)), "LevelChanged");
      // a view and a poke a second later can only have ended what was over by then
      if (stepped.length === 0) expect([found.stepped, found.calmAt]).to.deep.equal([step.level, step.calmAt]);
      else step = { ...step, level: stepped[0]?.["level"] as bigint };
      seen.add(step.level);
      last = next;
    }
    expect([...seen].sort()).to.deep.equal([NORMAL, CAUTIOUS, REDUCE_ONLY]);
  });
});

describe("Circuit breaker: ReduceOnly", () => {
  const venue = useVenue({ traders: 8, markets: [{ risk: ratios }] }, async (v) => {
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 2_000, longLeverage: 50, shortLeverage: 1 });
    await place(v, trader(v, 2), bid(9_990, 4_000, { leverage: 1 })); // a maker that would open
    await place(v, trader(v, 3), ask(10_010, 4_000, { leverage: 1 }));
    await v.exchange.setGuardianLevel(1, REDUCE_ONLY);
  });
  const REDUCE_ONLY_MARKET = 5;

  it("a taker may not open, not even the rest of a flip; what closes of it is filled", async () => {
    const v = venue();
    await expect(submit(trader(v, 4), bid(10_010, 200, { ioc: true })))
      .to.be.revertedWithCustomError(v.exchange, "FillRefused")
      .withArgs(trader(v, 4).account, REDUCE_ONLY_MARKET);
    await expect(submit(trader(v, 0), bid(10_010, 200, { ioc: true }))).to.be.revertedWithCustomError(
      v.exchange,
      "FillRefused",
    );
    expect((await place(v, trader(v, 0), ask(9_990, 3_000, { ioc: true }))).filled).equal(2_000n);
    expect((await readPositions(v)).get(trader(v, 0).account)).equal(undefined);
  });

  it("a taker may close, and the maker of that fill may open", async () => {
    const v = venue();
    expect((await place(v, trader(v, 0), ask(9_990, 500, { ioc: true, reduceOnly: true }))).filled).equal(500n);
    expect((await readPositions(v)).get(trader(v, 2).account)?.lots).equal(500n);
  });

  it("orders may rest, and be cancelled; margin goes in and out; free collateral moves", async () => {
    const v = venue();
    const t = trader(v, 4);
    const { orderId } = await place(v, t, bid(9_900, 200));
    await t.exchange.cancelOrder(1, orderId, GAS);
    await place(v, t, bid(9_900, 200));
    expect(await t.exchange.cancelAll.staticCall(1)).equal(1n);
    await trader(v, 0).exchange.addMargin(1, 5n * USD, GAS);
    await trader(v, 0).exchange.removeMargin(1, USD, GAS);
    await v.deployed.collateral.mint(t.address, USD);
    await t.exchange.deposit(USD, GAS);
    await t.exchange.withdraw(USD, t.address, GAS);
    await trader(v, 0).exchange.closePosition(1, 9_990, 8, GAS);
  });

  it("liquidation and deleveraging go on, and their makers may open", async () => {
    const v = venue();
    await place(v, trader(v, 5), bid(9_885, 400, { leverage: 1 }));
    await trader(v, 2).exchange.cancelAll(1, GAS);
    await setTick(v, 9_890);
    const [liquidated] = named(await eventsOf(v, v.exchange.liquidate(1, trader(v, 0).account, 8, GAS)), "Liquidated");
    expect(liquidated?.["lots"]).equal(400n);
    expect((await readPositions(v)).get(trader(v, 5).account)?.lots).equal(400n);
    await setTick(v, 9_500);
    const events = await eventsOf(v, v.exchange.autoDeleverage(1, [], LIMITS, GAS));
    expect(named(events, "DeleverageCall").map((e) => e["lots"])).to.deep.equal([1_600n]);
  });

  it("a market that nothing but its ratio stepped to ReduceOnly: the same", async () => {
    const v = venue();
    await v.exchange.setGuardianLevel(1, NORMAL);
    await setTick(v, 9_870); // (9,870 − 9,800) / 9,870 = 0.709 %
    await expect(submit(trader(v, 4), ask(9_870, 200, { ioc: true }))).to.be.revertedWithCustomError(
      v.exchange,
      "FillRefused",
    );
    // a refused call leaves no trace of its look; a poke does
    expect((await v.exchange.riskAt(1)).stepped).equal(REDUCE_ONLY);
    expect(await attempt(() => v.exchange.poke(1, GAS))).not.equal(null);
  });
});
