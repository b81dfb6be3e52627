/** Changing a market: what stays, what is refused, and what happens to positions and funding. */
import { expect } from "chai";
import { BREAKER, CAUTIOUS, NOBODY, useGoverned } from "../utils/governed.ts";
import { ask, bid, cross, place } from "../utils/orders.ts";
import { eventsOf, GAS, named, setTick, trader, USD } from "../utils/venue.ts";

describe("Updating a market", () => {
  const { venue, config, asAdministrator, update } = useGoverned();
  const refused = async (change: object, parameter: string, riskChange: object = {}, tiers: object[] = []) =>
    expect(update(change, riskChange, tiers))
      .to.be.revertedWithCustomError(venue().exchange, "InvalidMarketConfig")
      .withArgs(parameter);

  it("one event carries everything, and the getters agree", async () => {
    const v = venue();
    const tiers = [{ from: 5_000n * USD, initialRate: 40_000, maintenanceRate: 20_000, targetRate: 30_000 }];
    const wanted = { ...config(), extraTiers: 1, maxAge: 120, tradeAge: 30, fundingCap: 7_500, impactNotional: 9n };
    const risk = { ...BREAKER, cautiousRatio: 15_000, growthLots: 77n };
    const call = (await asAdministrator()).updateMarket(1, wanted, risk, tiers as never, GAS);
    const [event] = named(await eventsOf(v, call), "MarketConfigured");
    if (!event) throw new Error("no event");
    const plainObject = (x: unknown) => (x as { toObject(): Record<string, unknown> }).toObject();
    const numbers = (o: Record<string, unknown>) =>
      Object.fromEntries(
        Object.entries(o).map(([k, value]) => [k, typeof value === "string" ? value : BigInt(value as number)]),
      );
    expect(numbers(plainObject(event["config"]))).to.deep.equal(numbers(wanted));
    expect(numbers(plainObject(event["risk"]))).to.deep.equal(numbers(risk));
    expect((event["tiers"] as unknown[]).map((t) => numbers(plainObject(t)))).to.deep.equal(tiers.map(numbers));
    expect(await v.exchange.marketConfig(1)).to.deep.equal(event["config"]);
    expect(await v.exchange.riskConfig(1)).to.deep.equal(event["risk"]);
    expect([...(await v.exchange.marketTiers(1))]).to.deep.equal([...(event["tiers"] as unknown[])]);
  });

  it("tick value and lot size are in every position and order: they stay", async () => {
    await refused({ tickValue: 11 }, "tickValue");
    await refused({ lotsPerUnit: config().lotsPerUnit + 1n }, "lotsPerUnit");
  });

  it("refused while insolvent", async () => {
    const v = venue();
    await cross(v, trader(v, 0), trader(v, 1), { tick: 10_000, lots: 10_000, longLeverage: 50, shortLeverage: 5 });
    await setTick(v, 9_600);
    await expect(update({})).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent").withArgs(1);
  });

  it("a source may be swapped for one that answers freshly, within the band of the old one", async () => {
    const v = venue();
    const { ethers } = v.connection;
    const source = async (tick: number) => {
      const answer = BigInt(tick) * 10n * config().lotsPerUnit * 100n;
      const feed = await ethers.deployContract("MockAggregator", [8, answer]);
      return (
        await ethers.deployContract("ChainlinkSource", [await feed.getAddress(), 7 * 86_400, NOBODY, 0])
      ).getAddress();
    };
    const [low, high] = [await source(9_500), await source(10_500)];
    const [lower, higher] = [await source(9_499), await source(10_501)];
    await setTick(v, 10_000); // the band is 5 %
    await refused({ source: lower }, "source");
    await refused({ source: higher }, "source");
    const snapshot = await v.connection.networkHelpers.takeSnapshot();
    for (const inside of [low, high]) {
      await update({ source: inside });
      expect((await v.exchange.marketConfig(1)).source).equal(inside);
      await snapshot.restore();
    }
    // without a price of the old one there is nothing to compare with: only so can a dead feed be replaced
    await v.aggregators[0]?.setFailing(true, GAS);
    await update({ source: lower });
    expect((await v.exchange.marketConfig(1)).source).equal(lower);
    await snapshot.restore();
    await v.connection.networkHelpers.time.increase(70_000);
    await setTick(v, 9_500);
    await expect(update({ source: low })).to.be.revertedWithCustomError(v.exchange, "StalePrice");
  });

  it("the new maintenance rate is at most the old initial rate, at every notional", async () => {
    const v = venue();
    const tier = (from: bigint, initialRate: number, maintenanceRate: number, targetRate = initialRate) => ({
      from: from * USD,
      initialRate,
      maintenanceRate,
      targetRate,
    });
    await refused({ initialRate: 30_000, maintenanceRate: 20_001, targetRate: 30_000 }, "maintenanceRate");
    const snapshot = await v.connection.networkHelpers.takeSnapshot();
    await update({ initialRate: 30_000, maintenanceRate: 20_000, targetRate: 30_000 });
    await snapshot.restore();
    // a steep rise takes several changes, each announced: 2 %, from 1,000 on 4 %, from 5,000 on 10 %
    await refused({}, "tier.maintenanceRate", {}, [tier(1_000n, 40_000, 20_000), tier(5_000n, 100_000, 50_000)]);
    await update({}, {}, [tier(1_000n, 40_000, 20_000), tier(5_000n, 100_000, 20_000)]);
    await update({}, {}, [tier(1_000n, 40_000, 20_000), tier(5_000n, 100_000, 50_000)]);
    const change = (...tiers: object[]) => [{}, {}, tiers] as const;
    const rejects = (...tiers: object[]) => refused({}, "tier.maintenanceRate", {}, tiers);
    await rejects(tier(999n, 60_000, 20_001));
    await rejects(tier(1_000n, 60_000, 40_001));
    await rejects(tier(4_999n, 60_000, 40_001));
    await rejects(tier(999n, 60_000, 20_000), tier(5_000n, 200_000, 100_001));
    const tiered = await v.connection.networkHelpers.takeSnapshot();
    for (const tiers of [
      [tier(999n, 60_000, 20_000)],
      [tier(1_000n, 60_000, 40_000)],
      [tier(4_999n, 60_000, 40_000)],
      [tier(5_000n, 200_000, 100_000)],
      [tier(999n, 60_000, 20_000), tier(6_000n, 200_000, 100_000)],
    ]) {
      await update(...change(...tiers));
      await tiered.restore();
    }
  });

  it("so nobody with initial margin is liquidated by a change; who has less can be, after the delay", async () => {
    const v = venue();
    await cross(v, trader(v, 0), trader(v, 1), { tick: 10_000, lots: 10_000, longLeverage: 50, shortLeverage: 5 });
    await place(v, trader(v, 2), bid(9_990, 20_000, { leverage: 5 }));
    const tightest = { initialRate: 1_000_000, maintenanceRate: 20_000, targetRate: 1_000_000 };
    const { margin } = await v.exchange.positionAt(1, trader(v, 0).account);
    expect(margin).equal(20n * USD); // initial margin exactly
    await update(tightest);
    const call = () => trader(v, 4).exchange.liquidate(1, trader(v, 0).account, 64, GAS);
    await expect(call())
      .to.be.revertedWithCustomError(v.exchange, "NotLiquidatable")
      .withArgs(trader(v, 0).account, 20n * USD, 20n * USD);
    await setTick(v, 9_999);
    await call();
  });

  it("funding up to the change accrues by the old cap, and the new interval begins with it", async () => {
    const v = venue();
    const funded = { fundingCap: 20_000, impactNotional: 100n * USD };
    await update(funded);
    // the bid stands 1 % above the mark
    await place(v, trader(v, 0), bid(10_100, 10_000, { leverage: 5 }));
    await place(v, trader(v, 1), ask(10_150, 10_000, { leverage: 5 }));
    const begun = await v.connection.networkHelpers.time.latest();
    await setTick(v, 10_000);
    await v.exchange.poke(1, GAS);
    const { fundingIndex: before } = await v.exchange.marketAt(1);
    const start = await v.connection.networkHelpers.time.latest();
    expect(start > begun).equal(true);
    await v.connection.networkHelpers.time.increase(1_000);
    const events = await eventsOf(v, update({ ...funded, fundingCap: 1 }));
    const elapsed = BigInt((await v.connection.networkHelpers.time.latest()) - start);
    const [accrued] = named(events, "FundingAccrued");
    // a premium of 100 ticks of 10 atoms, X16, over eight hours; the cap of 2 % is above it
    expect(accrued?.["fundingIndex"]).equal(before + (1_000n * 65_536n * elapsed) / 28_800n);
    await v.connection.networkHelpers.time.increase(1_000);
    const next = await eventsOf(v, v.exchange.poke(1, GAS));
    const index = named(next, "FundingAccrued")[0]?.["fundingIndex"] as bigint;
    const later = BigInt((await v.connection.networkHelpers.time.latest()) - start) - elapsed;
    expect(index - (accrued?.["fundingIndex"] as bigint)).equal((100_000n * 65_536n * later) / (1_000_000n * 28_800n));
  });

  it("a retired market is beyond updates and levels", async () => {
    const v = venue();
    const administrator = await asAdministrator();
    await administrator.retireMarket(1, GAS);
    for (const call of [
      () => update({}),
      () => administrator.setGuardianLevel(1, CAUTIOUS, GAS),
      () => administrator.retireMarket(1, GAS),
    ])
      await expect(call()).to.be.revertedWithCustomError(v.exchange, "MarketRetired").withArgs(1);
  });
});
