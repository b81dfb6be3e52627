/** The initial rate of new exposure: it follows the index's volatility and the market's level, and never touches what is open. */
import { expect } from "chai";
import { ceilDiv, equityX16 } from "../utils/model.ts";
import { ask, bid, cross, place, submit } from "../utils/orders.ts";
import { createRandom } from "../utils/random.ts";
import { maintenanceOf, withdrawable } from "../utils/refusals.ts";
import { maintenanceMargin, observe, openRate, openRequirement, type Volatility } from "../utils/riskModel.ts";
import { readPositions, readPrices } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, noLimits, parametersOf, setAnswer, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
const FEED = 100_000_000_000n; // the answer at TICK

const risk = {
  ...noLimits,
  volatilityPeriod: 3_600,
  volatilityFactor: 30,
  maxInitialRate: 100_000,
  cautiousFactor: 1_500_000,
};

async function held(v: Venue, i: number) {
  const p = (await readPositions(v)).get(trader(v, i).account);
  if (!p) throw new Error(`trader ${i} has no position`);
  return p;
}

describe("Dynamic initial margin", () => {
  const venue = useVenue({ traders: 5, deposit: 10_000n * USD, markets: [{ risk }] });

  /** Sets the answer and lets the market see it; returns the price as the contract converts it, and its timestamp. */
  async function see(v: Venue, answer: bigint) {
    await setAnswer(v, answer);
    const timestamp = BigInt(await v.connection.networkHelpers.time.latest());
    await v.exchange.poke(1, GAS);
    return { price: (await readPrices(v)).mark, timestamp };
  }

  /** Shakes the price until the rate of new exposure has reached its ceiling, and comes back to TICK. */
  async function shake(v: Venue) {
    for (const answer of [100n, 101n, 99n, 101n, 99n, 100n].map((percent) => (FEED * percent) / 100n))
      await see(v, answer);
    expect((await v.exchange.riskAt(1)).initialRate).equal(100_000n);
  }

  it("a random price path: variance and rate, integer by integer, in every level", async () => {
    const v = venue();
    const m = parametersOf(v);
    const random = createRandom(5);
    let known: Volatility | null = null;
    let answer = FEED;
    const rates = new Set<bigint>();
    for (let step = 0; step < 60; step++) {
      const { price, timestamp } = await see(v, answer);
      known = observe(m, known, price, timestamp);
      const view = await v.exchange.riskAt(1);
      expect(view.variance, `step ${step}`).equal(known.variance);
      expect(view.initialRate, `step ${step}`).equal(openRate(m, known.variance, false));
      rates.add(view.initialRate);
      if (step % 7 === 0) {
        await v.exchange.setGuardianLevel(1, 1 + (step % 2), GAS);
        expect((await v.exchange.riskAt(1)).initialRate).equal(openRate(m, known.variance, true));
        await v.exchange.setGuardianLevel(1, 0, GAS);
      }
      const move = random.pick([0, 1, 20, 300, 4_000, 30_000]);
      answer = (answer * BigInt(1_000_000 + random.int(-move, move))) / 1_000_000n;
      await v.connection.networkHelpers.time.increase(random.pick([1, 5, 60, 600, 7_200]));
    }
    // the path was worth walking: both clamps and something between them
    expect(rates.has(20_000n) && rates.has(100_000n) && rates.size > 10, `${rates.size} rates`).equal(true);
  });

  it("by hand: 1 % in one second, an hour's constant; nothing new in a repeated timestamp; it decays while the price stands", async () => {
    const v = venue();
    const first = await see(v, FEED);
    const { time } = v.connection.networkHelpers;
    await time.setNextBlockTimestamp(Number(first.timestamp) + 36);
    await see(v, (FEED * 101n) / 100n);
    // r² = 10^14 · 10^-18 over 3,600 + 36 seconds
    const variance = (10_000_000n * 10_000_000n) / 3_636n;
    expect((await v.exchange.riskAt(1)).variance).equal(variance);
    await v.exchange.poke(1, GAS);
    await v.exchange.poke(1, GAS);
    expect((await v.exchange.riskAt(1)).variance).equal(variance);
    // σ over the hour = √(3600·v) = 0.995 %, three of them 2.985 %
    expect((await v.exchange.riskAt(1)).initialRate).equal(29_851n);
    await time.setNextBlockTimestamp(Number(first.timestamp) + 36 + 3_600);
    await see(v, (FEED * 101n) / 100n);
    expect((await v.exchange.riskAt(1)).variance).equal((variance * 3_600n) / 7_200n);
  });

  it("the first price only sets it up, however far from anything; a jump of any size stays within the word", async () => {
    const v = venue();
    await see(v, FEED / 3n);
    expect((await v.exchange.riskAt(1)).variance).equal(0n);
    await see(v, FEED * 30_000n);
    // r is capped at 4: 16·10^18 over at least a second and an hour
    expect((await v.exchange.riskAt(1)).variance <= (16n * 10n ** 18n) / 3_601n).equal(true);
    expect((await v.exchange.riskAt(1)).initialRate).equal(100_000n);
  });

  it("what is open keeps its maintenance: the rate at five times its own makes nobody liquidatable", async () => {
    const v = venue();
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 1_000, longLeverage: 50, shortLeverage: 50 });
    const before = await maintenanceOf(v, 0);
    await shake(v);
    await v.exchange.setGuardianLevel(1, 2, GAS);
    expect(await maintenanceOf(v, 0)).equal(before);
    expect(await maintenanceOf(v, 1)).equal(maintenanceMargin(parametersOf(v), 1_000n, (await readPrices(v)).mark));
    expect((await held(v, 0)).margin).equal(2n * USD);
  });

  it("what is open may be reduced at less than the new rate, as taker and as maker", async () => {
    const v = venue();
    const [a, b, c] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, a, b, { tick: TICK, lots: 1_000, longLeverage: 50, shortLeverage: 50 });
    await shake(v);
    await place(v, c, bid(TICK, 300, { leverage: 1 }));
    expect((await place(v, a, ask(TICK, 300, { ioc: true }))).filled).equal(300n);
    await place(v, b, bid(TICK, 300, { reduceOnly: true }));
    expect((await place(v, a, ask(TICK, 300, { ioc: true }))).filled).equal(300n);
    expect((await held(v, 0)).margin).equal(2n * USD); // 2 % of 100 then, 5 % of 40 now
    expect((await held(v, 0)).lots).equal(400n);
  });

  for (const level of [0, 1]) {
    it(`adding lots ${level ? "in a cautious market" : "after a shake"}: the surcharge is on the fresh lots only`, async () => {
      const v = venue();
      const m = parametersOf(v);
      const [a, b, c] = [trader(v, 0), trader(v, 1), trader(v, 2)];
      await cross(v, a, b, { tick: TICK, lots: 10_000, longLeverage: 50, shortLeverage: 50 });
      await shake(v);
      await v.exchange.setGuardianLevel(1, level, GAS);
      const surcharge = (level ? 150_000n : 100_000n) - 20_000n;
      await place(v, c, ask(TICK, 101, { leverage: 1 }));
      const start = await v.connection.networkHelpers.takeSnapshot();
      // all that is there, or the single lot that another taker leaves
      for (const fresh of [101n, 1n]) {
        await start.restore();
        if (fresh === 1n) await place(v, trader(v, 3), bid(TICK, 100, { leverage: 1, ioc: true }));
        const prices = await readPrices(v);
        const before = await held(v, 0);
        await place(v, a, bid(TICK, 101, { leverage: 50, ioc: true }));
        const after = await held(v, 0);
        expect(after.lots).equal(10_000n + fresh);
        const needed = openRequirement(m, prices, after.lots, fresh, surcharge);
        expect(needed).equal(ceilDiv((after.lots * 20_000n + fresh * surcharge) * 100_000n, 1_000_000n));
        expect(after.margin - before.margin).equal(needed - (equityX16(before, prices) >> 16n));
      }
      // but margin taken out is new leverage on all of them
      const free = await withdrawable(v, 2);
      const mine = await held(v, 2);
      expect(free).equal(mine.margin - openRequirement(m, await readPrices(v), 101n, 101n, surcharge));
    });
  }

  it("new exposure needs it from its maker too; without it the order goes", async () => {
    const v = venue();
    const [a, b] = [trader(v, 0), trader(v, 1)];
    await place(v, b, ask(TICK, 1_000, { leverage: 50 })); // holds 2, will need 10
    await b.exchange.withdraw(10_000n * USD - 2n * USD - 8n * USD + 1n, b.address, GAS);
    await shake(v);
    const short = await place(v, a, bid(TICK, 1_000, { leverage: 10, ioc: true }));
    expect(short.filled).equal(0n);
    expect((await v.exchange.orderMarginAt(1, b.account)).orderIds).to.have.length(0);
    const start = (await v.exchange.accountAt(b.account)).free;
    expect(start).equal(10n * USD - 1n);
    await v.deployed.collateral.mint(b.address, 1n);
    await b.exchange.deposit(1n, GAS);
    await place(v, b, ask(TICK, 1_000, { leverage: 50 }));
    expect((await place(v, a, bid(TICK, 1_000, { leverage: 10, ioc: true }))).filled).equal(1_000n);
    expect((await held(v, 1)).margin).equal(10n * USD);
  });

  it("a taker that has one atom less is refused", async () => {
    const v = venue();
    const [a, b] = [trader(v, 0), trader(v, 1)];
    await shake(v);
    await place(v, b, ask(TICK, 1_000, { leverage: 1 }));
    await a.exchange.withdraw(9_990n * USD + 1n, a.address, GAS);
    await expect(submit(a, bid(TICK, 1_000, { leverage: 50, ioc: true })))
      .to.be.revertedWithCustomError(v.exchange, "FillRefused")
      .withArgs(a.account, 2);
    await v.deployed.collateral.mint(a.address, 1n);
    await a.exchange.deposit(1n, GAS);
    expect((await place(v, a, bid(TICK, 1_000, { leverage: 50, ioc: true }))).filled).equal(1_000n);
    expect((await v.exchange.accountAt(a.account)).free).equal(0n);
  });
});

describe("Constant initial margin", () => {
  const venue = useVenue({ traders: 2, markets: [{ risk: { ...risk, volatilityFactor: 0 } }] });

  it("volatility is still observed, the rate is the first tier's; a level multiplies it, at most to one", async () => {
    const v = venue();
    for (const tick of [TICK, 12_000, 9_000]) {
      await setTick(v, tick);
      await v.exchange.poke(1, GAS);
    }
    expect((await v.exchange.riskAt(1)).variance > 0n).equal(true);
    expect((await v.exchange.riskAt(1)).initialRate).equal(20_000n);
    await v.exchange.setGuardianLevel(1, 1, GAS);
    expect((await v.exchange.riskAt(1)).initialRate).equal(30_000n);
  });
});
