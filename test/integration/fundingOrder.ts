/** Funding: its bounds, when an interval does not count, and that every check comes after the accrual. */
import { expect } from "chai";
import { deleverage } from "../utils/crash.ts";
import { setFunding } from "../utils/funding.ts";
import { at, begin, IMPACT, ONE_TICK, PRICE, pokeAt, quote, quoteBeyond } from "../utils/fundingBook.ts";
import { ceilDiv, X16 } from "../utils/model.ts";
import { cross } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
const fundingOf = async (v: Venue) => (await v.exchange.marketAt(1)).fundingIndex;
const marginOf = async (v: Venue, i: number) => (await readPositions(v)).get(trader(v, i).account)?.margin ?? 0n;

describe("Funding: bounds and order", () => {
  const markets = [{ fundingCap: 20_000, impactNotional: IMPACT, maxAge: 600, tradeAge: 600 }];
  const venue = useVenue({ traders: 8, deposit: 10_000n * USD, markets });
  const maker = () => trader(venue(), 2);

  it("an interval longer than maxAge counts as maxAge; at maxAge it counts in full", async () => {
    const v = venue();
    await quoteBeyond(v, maker(), 30);
    for (const [seconds, counted] of [
      [599n, 599n],
      [600n, 600n],
      [601n, 600n],
      [6_000n, 600n],
    ] as const) {
      await setTick(v, TICK);
      const start = await begin(v);
      const before = await fundingOf(v);
      await at(v, start + Number(seconds) - 1);
      await setTick(v, TICK);
      expect((await pokeAt(v, start + Number(seconds))) - before).equal((30n * counted * ONE_TICK) / 28_800n);
    }
  });

  it("|F| stops at half the price; beyond it, it only comes back", async () => {
    const v = venue();
    await quoteBeyond(v, maker(), 150);
    for (const sign of [1n, -1n]) {
      await maker().exchange.cancelAll(1, GAS);
      await quoteBeyond(v, maker(), Number(sign) * 150);
      await setTick(v, TICK);
      const start = await begin(v);
      const half = PRICE / 2n;
      const step = (sign * 150n * 300n * ONE_TICK) / 28_800n;
      await setFunding(v, sign * half - step);
      expect(await pokeAt(v, start + 300)).equal(sign * half);
      await setTick(v, TICK);
      const once = await begin(v);
      await setFunding(v, sign * half - step + sign);
      expect(await pokeAt(v, once + 300)).equal(sign * half);
      // the price may fall below twice F: F stays, and does not grow
      await setFunding(v, sign * (half + 12_345n));
      await setTick(v, TICK);
      const again = await begin(v);
      expect(await pokeAt(v, again + 300)).equal(sign * (half + 12_345n));
      await setFunding(v, -sign * (half + 12_345n));
      await setTick(v, TICK);
      const inward = await begin(v);
      const from = await fundingOf(v);
      expect((await pokeAt(v, inward + 300)) - from).equal(step);
    }
    await setFunding(v, 0n);
  });

  it("gated: the interval is discarded, and funding goes on from where the market is solvent again", async () => {
    const v = venue();
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 1_000, longLeverage: 50, shortLeverage: 2 });
    await quote(v, maker(), 9_699, 9_701);
    await setTick(v, 9_700);
    const start = await begin(v); // bankrupt: equity −1
    expect(await v.exchange.poke.staticCall(1, GAS)).equal(true);
    const before = await fundingOf(v);
    await quoteFails(v);
    await at(v, start + 200);
    const events = await eventsOf(v, v.exchange.poke(1, GAS));
    expect(named(events, "FundingAccrued")).to.have.length(0);
    await at(v, start + 400);
    const resolving = await eventsOf(v, deleverage(v, []));
    expect(named(resolving, "FundingAccrued")).to.have.length(0);
    expect(await fundingOf(v)).equal(before);
    await maker().exchange.cancelAll(1, GAS);
    await quote(v, maker(), 9_710, 9_712);
    const again = await begin(v);
    const resumed = await fundingOf(v);
    expect((await pokeAt(v, again + 100)) - resumed).equal((10n * 100n * ONE_TICK) / 28_800n);
  });
  const quoteFails = async (v: Venue) =>
    expect(quote(v, maker(), 9_600, 9_800)).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent");

  it("accrued before the check: a liquidation that only the accrual makes possible", async () => {
    const v = venue();
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 1_000, longLeverage: 50, shortLeverage: 1 });
    await setTick(v, 9_903); // equity 1.03, maintenance 0.9903: 39.7 atoms a lot apart
    await quote(v, maker(), 10_200, 10_250);
    const start = await begin(v);
    const forced = () => v.exchange.liquidate(1, trader(v, 0).account, 5, GAS);
    await expect(forced()).to.be.revertedWithCustomError(v.exchange, "NotLiquidatable");
    await at(v, start + 580);
    await v.exchange.liquidate(1, trader(v, 0).account, 5, GAS);
    expect((await readPositions(v)).get(trader(v, 0).account)?.lots).not.equal(1_000n);
  });

  it("and one that the accrual makes impossible", async () => {
    const v = venue();
    await cross(v, trader(v, 1), trader(v, 0), { tick: TICK, lots: 1_000, longLeverage: 1, shortLeverage: 50 });
    await setTick(v, 10_100); // equity 1, maintenance 1.01: 10 atoms a lot short
    await quote(v, maker(), 10_385, 10_390);
    const start = await begin(v);
    const forced = () => v.exchange.liquidate(1, trader(v, 0).account, 5, GAS);
    await expect(forced()).to.be.revertedWithCustomError(v.exchange, "BookCannotAbsorb");
    await at(v, start + 500);
    await expect(forced()).to.be.revertedWithCustomError(v.exchange, "NotLiquidatable");
  });

  it("and margin that it takes away cannot be withdrawn any more", async () => {
    const v = venue();
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 1_000, longLeverage: 10, shortLeverage: 1 });
    await quoteBeyond(v, maker(), 250);
    const start = await begin(v);
    const owed = ceilDiv(1_000n * (await fundingOf(v)), X16);
    const most = 8n * USD - owed;
    await at(v, start + 500);
    await expect(trader(v, 0).exchange.removeMargin(1, most, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "InsufficientMargin",
    );
    const now = await pokeAt(v, start + 510);
    await trader(v, 0).exchange.addMargin(1, 1, GAS);
    const paid = 10n * USD + 1n - (await marginOf(v, 0));
    expect(paid >= ceilDiv(1_000n * now, X16)).equal(true);
  });
});
