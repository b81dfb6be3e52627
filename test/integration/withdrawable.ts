/** How much margin may leave: min(margin, equity) less what new leverage needs, to the atom; and margin moved at the last moment. */
import { expect } from "chai";
import { deleverage, openCrash } from "../utils/crash.ts";
import { ceilDiv, equityX16, X16 } from "../utils/model.ts";
import { bid, cross, place } from "../utils/orders.ts";
import { createRandom } from "../utils/random.ts";
import { maintenanceOf, withdrawable } from "../utils/refusals.ts";
import { openRequirement, tickWidth } from "../utils/riskModel.ts";
import { readPositions, readPrices } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, noLimits, parametersOf, setAnswer, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;

async function held(v: Venue, i: number) {
  const p = (await readPositions(v)).get(trader(v, i).account);
  if (!p) throw new Error(`trader ${i} has no position`);
  return p;
}

describe("Withdrawable margin", () => {
  const risk = { ...noLimits, cautiousFactor: 1_500_000 };
  const venue = useVenue({ traders: 4, deposit: 10_000n * USD, markets: [{ risk }] }, async (v) => {
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 1_003, longLeverage: 3, shortLeverage: 7 });
  });

  it("min(margin, equity) − initial margin, with and without the surcharge of a cautious market, at any price", async () => {
    const v = venue();
    const m = parametersOf(v);
    const random = createRandom(11);
    for (let round = 0; round < 16; round++) {
      const cautious = round % 2;
      await v.exchange.setGuardianLevel(1, cautious, GAS);
      await setAnswer(v, BigInt(random.int(90_000_000_000, 112_000_000_000)));
      const prices = await readPrices(v);
      for (const i of [0, 1]) {
        const p = await held(v, i);
        const size = p.lots > 0n ? p.lots : -p.lots;
        const equity = equityX16(p, prices) >> 16n;
        const least = p.margin < equity ? p.margin : equity;
        const needed = openRequirement(m, prices, size, size, cautious ? 10_000n : 0n);
        const free = least > needed ? least - needed : 0n;
        expect(await withdrawable(v, i)).equal(free);
        if (free === 0n || round % 4 !== 0) continue;
        const t = trader(v, i);
        const before = (await v.exchange.accountAt(t.account)).free;
        await t.exchange.removeMargin(1, free, GAS);
        expect((await v.exchange.accountAt(t.account)).free - before).equal(free);
        expect(await withdrawable(v, i)).equal(0n);
        await t.exchange.addMargin(1, free, GAS);
      }
    }
  });

  it("the market's minimum binds small positions", async () => {
    const v = venue();
    await cross(v, trader(v, 2), trader(v, 3), { tick: TICK, lots: 100, longLeverage: 1, shortLeverage: 1 });
    // initial margin would be 0.2
    expect(await withdrawable(v, 2)).equal(10n * USD - USD);
  });

  it("equity at or below what is needed: nothing leaves, however much margin there is", async () => {
    const v = venue();
    await setTick(v, 6_750);
    const prices = await readPrices(v);
    const p = await held(v, 0);
    const needed = openRequirement(parametersOf(v), prices, p.lots, p.lots, 0n);
    const equity = equityX16(p, prices) >> 16n;
    await trader(v, 0).exchange.addMargin(1, needed - equity, GAS);
    expect(await withdrawable(v, 0)).equal(0n);
    await trader(v, 0).exchange.addMargin(1, 1, GAS);
    expect(await withdrawable(v, 0)).equal(1n);
  });

  it("the last moment before a liquidation: one atom short it happens, with it it does not", async () => {
    const v = venue();
    const [long, keeper] = [trader(v, 0), trader(v, 3)];
    await place(v, trader(v, 2), bid(6_700, 2_000, { leverage: 1 }));
    await setTick(v, 6_710);
    const prices = await readPrices(v);
    const p = await held(v, 0);
    const missing = ceilDiv(p.lots * prices.mark * 10_000n - equityX16(p, prices) * 1_000_000n, 1_000_000n * X16);
    expect(missing > 1n).equal(true);
    await long.exchange.addMargin(1, missing - 1n, GAS);
    const start = await v.connection.networkHelpers.takeSnapshot();
    await keeper.exchange.liquidate(1, long.account, 5, GAS);
    expect((await held(v, 0)).lots < p.lots).equal(true);
    await start.restore();
    await long.exchange.addMargin(1, 1, GAS);
    await expect(keeper.exchange.liquidate(1, long.account, 5, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "NotLiquidatable",
    );
    expect(await maintenanceOf(v, 0)).equal(equityX16(await held(v, 0), prices) >> 16n);
  });

  it("the last moment before a fall: what was taken out leaves a full initial margin behind, whatever came before", async () => {
    const v = venue();
    const [long] = [trader(v, 0)];
    // in and out as often as it likes, up and down in between
    for (const tick of [10_400, 9_700, 10_900, TICK]) {
      await setTick(v, tick);
      const out = await withdrawable(v, 0);
      await long.exchange.removeMargin(1, out, GAS);
      if (tick !== TICK) await long.exchange.addMargin(1, out, GAS);
    }
    const p = await held(v, 0);
    expect(equityX16(p, await readPrices(v)) >> 16n).equal(2_006_000n); // 2 % of 100.3
    await setTick(v, 9_801);
    expect((await v.exchange.bankruptAccount(1, long.account))[0]).equal(0n);
    await setTick(v, 9_799);
    expect((await v.exchange.bankruptAccount(1, long.account))[0]).equal(BigInt(long.account));
  });
});

describe("Withdrawable margin where index ticks are coarse", () => {
  // one lot is worth 1,000 atoms: 64 atoms a lot alone are 6.4 %
  const venue = useVenue({ traders: 2, deposit: 10_000n * USD, tick: 100 }, async (v) => {
    await cross(v, trader(v, 0), trader(v, 1), { tick: 100, lots: 100_000, longLeverage: 1, shortLeverage: 1 });
  });

  it("the corridor binds: two index ticks at P' and 64 atoms a lot", async () => {
    const v = venue();
    const prices = await readPrices(v);
    const corridor = ceilDiv(100_000n * (2n * tickWidth(prices.mark, prices.base) + 64n * X16), X16);
    expect(corridor > (100n * USD * 2n) / 100n).equal(true);
    expect(openRequirement(parametersOf(v), prices, 100_000n, 100_000n, 0n)).equal(corridor);
    expect(await withdrawable(v, 0)).equal(100n * USD - corridor);
    await trader(v, 0).exchange.removeMargin(1, 100n * USD - corridor, GAS);
    await expect(trader(v, 0).exchange.removeMargin(1, 1, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "InsufficientMargin",
    );
  });
});

describe("Margin while a bankrupt position is being resolved, without a price", () => {
  const venue = useVenue({ traders: 12 });

  it("stale and nobody taken: both sides may add; nobody may remove", async () => {
    const v = venue();
    const crash = await openCrash(v, "long");
    await v.aggregators[0]?.setFailing(true);
    for (const t of [crash.victim, ...crash.counterparties]) {
      await t.exchange.addMargin(1, USD, GAS);
      await expect(t.exchange.removeMargin(1, 1, GAS)).to.be.revertedWithCustomError(v.exchange, "PriceUnavailable");
    }
  });

  it("stale and one taken: only its side may add, until a price says that it is solvent", async () => {
    const v = venue();
    const crash = await openCrash(v, "long");
    await setTick(v, crash.crashed);
    await deleverage(v, [], { maxCounterparties: 1 });
    expect((await v.exchange.marketAt(1)).taken).equal(BigInt(crash.victim.account));
    await v.aggregators[0]?.setFailing(true);
    const opponent = crash.counterparties[4];
    if (!opponent) throw new Error("no fifth counterparty");
    await expect(opponent.exchange.addMargin(1, USD, GAS))
      .to.be.revertedWithCustomError(v.exchange, "MarketInsolvent")
      .withArgs(1);
    await crash.victim.exchange.addMargin(1, USD, GAS);
    await v.aggregators[0]?.setFailing(false);
    await setTick(v, TICK);
    await opponent.exchange.addMargin(1, USD, GAS);
    expect((await v.exchange.marketAt(1)).taken).equal(0n);
  });

  it("retired: nobody may", async () => {
    const v = venue();
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 1_000 });
    await v.exchange.retireMarket(1, GAS);
    for (const call of [
      trader(v, 0).exchange.addMargin(1, 1, GAS),
      trader(v, 0).exchange.removeMargin(1, 1, GAS),
      v.exchange.topUp(1, trader(v, 0).account, GAS),
    ])
      await expect(call).to.be.revertedWithCustomError(v.exchange, "MarketRetired").withArgs(1);
    // what is held is paid out, so the market's books close
    await v.exchange.settleRetired(1, [trader(v, 0).account, trader(v, 1).account], GAS);
    expect((await v.exchange.marketAt(1)).openInterest).equal(0n);
  });
});
