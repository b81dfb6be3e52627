/** The worked example of a partial liquidation in Chitra's corrected paper (p1-slice), recomputed by `liquidate`. */
import { expect } from "chai";
import { cross, place } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { createVenue, eventsOf, GAS, named, setTick, trader, USD } from "../utils/venue.ts";

describe("Published examples: partial liquidation", () => {
  // one of their quote units is 10^9 atoms here: a lot is a hundredth of a base unit, a tick a hundred-thousandth of a quote unit
  const UNIT = 10n ** 9n;
  const config = {
    tickValue: 100,
    lotsPerUnit: 100n,
    minNotional: 1n,
    minMargin: 1n,
    bandRate: 500_000,
    maintenanceRate: 92_000,
    initialRate: 95_000,
    targetRate: 100_000, // their maintenance ratio is what the liquidation restores: m* = 0.1
    slippageRate: 9_091, // executed at 5.55 against a mark of 5.5
    liquidationFeeRate: 3_000, // 0.003
  };

  it("p1-slice: what is missing is 4.949 at 5.5, executed at 5.55 with a fee of 0.003: 10.24 units", async () => {
    const v = await createVenue({ tick: 545_000, deposit: 10_000_000n * USD, markets: [config] });
    const [long, short, seller] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    // their one unit with equity −4.399 lacks m*·q·P − E = 4.949; so does a hundred units with equity 50.051, which can bear the close
    await cross(v, long, short, { tick: 545_000, lots: 10_000, longLeverage: 1, shortLeverage: 10 });
    await short.exchange.addMargin(1, (551n * UNIT) / 1_000n, GAS);
    await setTick(v, 550_000);
    const health = (await v.lens.health(1, short.account, 1))[1][0];
    expect(health?.equity).equal((50_051n * UNIT) / 1_000n);
    await place(v, seller, { isBid: false, tick: 555_000, lots: 10_000, leverage: 1 });

    const events = await eventsOf(v, v.exchange.liquidate(1, short.account, 64, GAS));
    const [liquidated] = named(events, "Liquidated");
    expect(liquidated?.["limitTick"]).equal(555_000n);
    expect(liquidated?.["lots"]).equal(1_024n); // hundredths
    expect((await readPositions(v)).get(short.account)?.lots).equal(-(10_000n - 1_024n));
  });

  it("p1-slice: capped at what is open, everything goes", async () => {
    const v = await createVenue({ tick: 545_000, deposit: 10_000_000n * USD, markets: [config] });
    const [long, short, seller] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    // E ≤ (s + f)·q·P: nothing smaller restores the target, so the whole position is closed
    await cross(v, long, short, { tick: 545_000, lots: 100, longLeverage: 1, shortLeverage: 10 });
    await setTick(v, 597_000);
    await place(v, seller, { isBid: false, tick: 597_000, lots: 100, leverage: 1 });
    const events = await eventsOf(v, v.exchange.liquidate(1, short.account, 64, GAS));
    expect(named(events, "Liquidated")[0]?.["lots"]).equal(100n);
    expect((await readPositions(v)).get(short.account)).equal(undefined);
  });
});
