/** Leverage without a trade: taking margin out is opening exposure by another name, and must meet the same guards. */
import { expect } from "chai";
import { deleverage } from "../utils/crash.ts";
import { cross, place } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, parametersOf, setTick, trader, USD } from "../utils/venue.ts";

const MATURITY = 3_600;

describe("Attack: an old, safe pair levers up just before a gap", () => {
  const markets = [{ maxAge: 3_600, tradeAge: 600, maturity: MATURITY }];
  const venue = useVenue({ traders: 3, markets }, async (v) => {
    const staker = trader(v, 2);
    await v.deployed.collateral.connect(staker.signer).approve(v.deployed.insuranceFundAddress, 10_000n * USD);
    await v.deployed.collateral.mint(staker.address, 10_000n * USD);
    await v.fund.connect(staker.signer).deposit(10_000n * USD, staker.address, GAS);
    await cross(v, trader(v, 0), trader(v, 1), { tick: 10_000, lots: 10_000, longLeverage: 1, shortLeverage: 1 });
    await v.connection.networkHelpers.time.increase(2 * MATURITY);
  });

  it("not at a price that is too old to open exposure", async () => {
    const v = venue();
    await setTick(v, 10_000);
    await v.connection.networkHelpers.time.increase(700);
    await expect(trader(v, 0).exchange.removeMargin(1, 980n * USD, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "PriceTooOldToTrade",
    );
  });

  it("at a fresh price the position has to mature again: the fund pays nothing for the gap", async () => {
    const v = venue();
    await setTick(v, 10_000);
    await trader(v, 0).exchange.removeMargin(1, 970n * USD, GAS);
    const claim = await v.exchange.insuranceBalance();
    const free = async () => {
      let sum = 0n;
      for (const i of [0, 1]) sum += (await v.exchange.accountAt(trader(v, i).account)).free;
      return sum;
    };
    const before = await free();
    await setTick(v, 9_500);
    await deleverage(v, []);
    expect((await readPositions(v)).size).equal(0);
    expect(await v.exchange.insuranceBalance()).equal(claim);
    // the pair has what it put in: 30 of the long's margin and the short's whole 1,000
    expect((await free()) - before).equal(1_030n * USD);
  });
});

describe("Attack: leverage and top-up orders that outlive a change of parameters", () => {
  const venue = useVenue({ traders: 3 });
  const change = async (initialRate: number, maintenanceRate: number) => {
    const v = venue();
    const { risk, tiers, ...rest } = parametersOf(v);
    const config = { ...rest, source: v.deployed.markets[0]?.source ?? "", extraTiers: 0 };
    await v.exchange.updateMarket(1, { ...config, initialRate, maintenanceRate }, risk, [...tiers], GAS);
  };

  it("an account whose setting is above the new maximum can still close", async () => {
    const v = venue();
    const [long, short, maker] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await long.exchange.setLeverage(1, 50, GAS);
    await cross(v, long, short, { tick: 10_000, lots: 1_000, longLeverage: 5, shortLeverage: 5 });
    await change(40_000, 10_000);
    await place(v, maker, { isBid: true, tick: 10_000, lots: 1_000, leverage: 1 });
    await long.exchange.closePosition(1, 10_000, 8, GAS);
    expect((await readPositions(v)).get(long.account)).equal(undefined);
  });

  it("a trigger above a lowered initial rate tops nobody up beyond it", async () => {
    const v = venue();
    const [long, short, stranger] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, long, short, { tick: 10_000, lots: 10_000, longLeverage: 50, shortLeverage: 5 });
    await long.exchange.setTopUp(1, 20_000, 1_000n * USD, GAS);
    await change(10_000, 5_000);
    // equity is 1.9 % now: below the trigger, and nearly twice the initial rate
    await setTick(v, 9_990);
    await expect(stranger.exchange.topUp(1, long.account, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "AboveTrigger",
    );
  });
});
