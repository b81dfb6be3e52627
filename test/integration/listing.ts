/** Listing: who may, what each parameter must be, and what a market begins with. */
import { expect } from "chai";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, noLimits, parametersOf, trader, USD } from "../utils/venue.ts";

describe("Listing", () => {
  const venue = useVenue({ traders: 1 }, async (v) => {
    const [administrator] = await v.connection.ethers.getSigners();
    if (!administrator) throw new Error("no administrator");
    await v.deployed.collateral.mint(administrator.address, 100n * USD);
    await v.deployed.collateral.approve(v.deployed.exchangeAddress, 100n * USD);
  });
  const risk = noLimits;
  const config = () => {
    const { risk: _, tiers, ...rest } = parametersOf(venue());
    return { ...rest, extraTiers: tiers.length, source: venue().deployed.markets[0]?.source ?? "" };
  };

  it("seeds the pot with one unit of the collateral and takes the grid's base from the price", async () => {
    const v = venue();
    await expect(v.exchange.listMarket(config(), risk, [], GAS))
      .to.emit(v.exchange, "MarketListed")
      .withArgs(2, config().source, 25, 1);
    const m = await v.exchange.marketAt(2);
    expect([m.pot, m.base, m.openInterest, m.longBound, m.shortBound]).to.deep.equal([USD, 25n, 0n, 8_192n, 8_192n]);
    venue.donated = USD; // the books below are those of the first market
  });

  it("only the administrator", async () => {
    const v = venue();
    await expect(trader(v, 0).exchange.listMarket(config(), risk, [], GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "AccessControlUnauthorizedAccount",
    );
  });

  it("at most 16 markets", async () => {
    const v = venue();
    for (let i = 2; i <= 16; i++) await v.exchange.listMarket(config(), risk, [], GAS);
    await expect(v.exchange.listMarket(config(), risk, [], GAS))
      .to.be.revertedWithCustomError(v.exchange, "InvalidMarketConfig")
      .withArgs("marketCount");
    venue.donated = 15n * USD;
  });

  const zero = "0x0000000000000000000000000000000000000000";
  const refused: [string, Record<string, unknown>][] = [
    ["source", { source: zero }],
    ["maxAge", { maxAge: 0 }],
    ["tradeAge", { tradeAge: 0 }],
    ["tradeAge", { tradeAge: 61, maxAge: 60 }],
    ["tickValue", { tickValue: 0 }],
    ["maxSteps", { maxSteps: 32 }],
    ["maxSteps", { maxSteps: 65 }],
    ["lotsPerUnit", { lotsPerUnit: 0 }],
    ["initialRate", { initialRate: 4_999 }],
    ["initialRate", { initialRate: 1_000_001 }],
    ["maintenanceRate", { maintenanceRate: 0 }],
    ["maintenanceRate", { maintenanceRate: 20_000 }],
    ["targetRate", { targetRate: 10_000 }],
    ["targetRate", { targetRate: 1_000_001 }],
    ["slippageRate", { slippageRate: 0 }],
    ["slippageRate", { slippageRate: 200_001, bandRate: 300_000 }],
    ["bandRate", { bandRate: 4_999 }],
    ["bandRate", { bandRate: 500_001 }],
    ["takerFeeRate", { takerFeeRate: 10_001 }],
    ["makerFeeRate", { makerFeeRate: 1, takerFeeRate: 0 }],
    ["liquidationFeeRate", { liquidationFeeRate: 50_001 }],
    ["minNotional", { minNotional: 0 }],
    ["minMargin", { minMargin: 0 }],
    ["maxOpenInterest", { maxOpenInterest: 0 }],
    ["maxOpenInterest", { maxOpenInterest: 2n ** 47n }],
    ["insuranceShare", { insuranceShare: 1_000_001 }],
    ["rewardRate", { rewardRate: 1, takerFeeRate: 1, makerFeeRate: 0 }],
    ["maturity", { maturity: 86_401 }],
  ];
  for (const [parameter, change] of refused) {
    const what = Object.entries(change)
      .map(([key, value]) => `${key} ${value}`)
      .join(", ");
    it(`refuses ${what}`, async () => {
      const v = venue();
      await expect(v.exchange.listMarket({ ...config(), ...change }, risk, [], GAS))
        .to.be.revertedWithCustomError(v.exchange, "InvalidMarketConfig")
        .withArgs(parameter);
    });
  }

  it("a price that is stale, missing, or without room for the grid", async () => {
    const v = venue();
    const x = v.exchange;
    await expect(x.listMarket({ ...config(), lotsPerUnit: 10n ** 15n }, risk, [], GAS)).to.be.revertedWithCustomError(
      x,
      "PriceOutOfRange",
    );
    await v.connection.networkHelpers.time.increase(70_000);
    await expect(x.listMarket(config(), risk, [], GAS)).to.be.revertedWithCustomError(x, "StalePrice");
    await v.aggregators[0]?.setAnswer(0);
    await expect(x.listMarket(config(), risk, [], GAS))
      .to.be.revertedWithCustomError(x, "PriceUnavailable")
      .withArgs(2, 1);
  });
});
