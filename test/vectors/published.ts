/**
 * Worked examples that others published (dYdX, Bybit, Flipster), recomputed by this exchange. Sizes and prices are theirs, in units that
 * make every figure an exact number of lots and atoms; the sources are named in each test.
 */
import { expect } from "chai";
import { deleverage } from "../utils/crash.ts";
import { bankruptcyCost, bankruptcyPrice, equityX16, type PositionState } from "../utils/model.ts";
import { cross } from "../utils/orders.ts";
import { readPositions, readPrices } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { createVenue, GAS, setTick, type Trader, trader, type Venue } from "../utils/venue.ts";

/** Quote units of the examples are 1,000,000 atoms here; one lot is one hundredth of a base unit, one tick a hundredth of a quote unit. */
const UNIT = 1_000_000n;
const LOTS = 100n;

// wide bands and fine leverage steps: the examples were not made for our risk parameters
const wide = {
  tickValue: 100,
  lotsPerUnit: LOTS,
  minMargin: 1n,
  minNotional: 1n,
  bandRate: 500_000,
  initialRate: 20_000,
  maintenanceRate: 10_000,
};

/** Brings a position to an exact quote balance: cost − margin = −balance for a long, cost + margin = balance for a short. */
async function withBalance(v: Venue, t: Trader, balance: bigint): Promise<void> {
  const p = await positionOf(v, t);
  const now = p.lots > 0n ? -bankruptcyCost(p) : bankruptcyCost(p);
  const missing = balance * UNIT - now;
  if (missing > 0n) await t.exchange.addMargin(1, missing, GAS);
  if (missing < 0n) await t.exchange.removeMargin(1, -missing, GAS);
}

async function positionOf(v: Venue, t: Trader): Promise<PositionState> {
  const p = (await readPositions(v)).get(t.account);
  if (!p) throw new Error(`account ${t.account} has no position`);
  return p;
}

const balanceOf = (p: PositionState) => (p.lots > 0n ? -bankruptcyCost(p) : bankruptcyCost(p)) / UNIT;

describe("Published examples: deleveraging at the bankruptcy price", () => {
  // dYdX v1, P1Deleveraging tests (Apache-2.0): long −500 / 10, short 1500 / −10, opened here at 100
  const venue = useVenue({ tick: 10_000, traders: 4, markets: [wide] }, async (v) => {
    const [long, short] = [trader(v, 0), trader(v, 1)];
    await setTick(v, 10_000);
    await cross(v, long, short, { tick: 10_000, lots: 1_000, longLeverage: 2, shortLeverage: 2 });
    await withBalance(v, long, -500n);
    await withBalance(v, short, 1_500n);
  });

  it("dydx-v1-border: exactly 50 and exactly 150 are not bankrupt, a tick beyond is", async () => {
    const v = venue();
    const [long, short] = [trader(v, 0), trader(v, 1)];
    const none = (nominee: number) =>
      expect(deleverage(v, [], { nominee })).to.be.revertedWithCustomError(v.exchange, "NothingToDeleverage");
    await setTick(v, 5_000);
    await none(long.account);
    await setTick(v, 4_999);
    expect((await v.exchange.bankruptAccount(1, long.account)).account).equal(BigInt(long.account));
    await setTick(v, 15_000);
    await none(short.account);
    await setTick(v, 15_001);
    expect((await v.exchange.bankruptAccount(1, short.account)).account).equal(BigInt(short.account));
  });

  it("dydx-v1-full-long: bankrupt 0 / 0, counterparty 1000 / 0", async () => {
    const v = venue();
    const short = trader(v, 1);
    const before = (await v.exchange.accountAt(short.account)).free;
    await setTick(v, 4_000);
    await deleverage(v, [short.account]);
    expect((await readPositions(v)).size).equal(0);
    expect((await v.exchange.accountAt(short.account)).free - before).equal(1_000n * UNIT);
  });
});

describe("Published examples: in part", () => {
  const venue = useVenue({ tick: 10_000, traders: 6, markets: [wide] });

  it("dydx-v1-partial-long: bankrupt −500 / 10 closed by 5: −250 / 5", async () => {
    const v = venue();
    const [long, half, rest] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, long, half, { tick: 10_000, lots: 500, longLeverage: 2, shortLeverage: 2 });
    await cross(v, long, rest, { tick: 10_000, lots: 500, longLeverage: 2, shortLeverage: 1 });
    await withBalance(v, long, -500n);
    await withBalance(v, half, 750n);
    const before = (await v.exchange.accountAt(half.account)).free;
    await setTick(v, 4_000);
    await deleverage(v, [half.account]);
    expect([(await positionOf(v, long)).lots, balanceOf(await positionOf(v, long))]).to.deep.equal([500n, -250n]);
    // 750 / −5 closed at 50: 500 in cash
    expect((await v.exchange.accountAt(half.account)).free - before).equal(500n * UNIT);
  });

  it("dydx-v1-partial-short: bankrupt 1500 / −10 closed by 5: 750 / −5; the counterparty's K falls by half", async () => {
    const v = venue();
    const [short, half, rest] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, half, short, { tick: 10_000, lots: 500, longLeverage: 2, shortLeverage: 2 });
    await cross(v, rest, short, { tick: 10_000, lots: 500, longLeverage: 1, shortLeverage: 2 });
    await withBalance(v, short, 1_500n);
    await withBalance(v, half, -250n);
    const before = (await v.exchange.accountAt(half.account)).free;
    await setTick(v, 16_000);
    await deleverage(v, [half.account]);
    expect([(await positionOf(v, short)).lots, balanceOf(await positionOf(v, short))]).to.deep.equal([-500n, 750n]);
    // −250 / 5 closed at 150: 500 in cash
    expect((await v.exchange.accountAt(half.account)).free - before).equal(500n * UNIT);
  });

  it("dydx-v1-clamped: 1350 / −9 at 150.2: asked for more, closed 9, ends at 0 / 0", async () => {
    const v = venue();
    const [short, long] = [trader(v, 0), trader(v, 1)];
    await cross(v, long, short, { tick: 10_000, lots: 900, longLeverage: 1, shortLeverage: 2 });
    await cross(v, long, trader(v, 2), { tick: 10_000, lots: 100, longLeverage: 1, shortLeverage: 1 });
    await withBalance(v, short, 1_350n);
    await setTick(v, 15_020);
    await deleverage(v, [long.account], { nominee: short.account });
    expect((await readPositions(v)).get(short.account)).equal(undefined);
    expect((await positionOf(v, long)).lots).equal(100n);
  });
});

describe("Published examples: bankruptcy and liquidation prices", () => {
  it("dydx-docs-1.2: long and short 500 @ 1 with 100 each; at 2 the short's equity is −400 and X is 1.2", async () => {
    const v = await createVenue({ tick: 10_000, markets: [{ ...wide, tickValue: 1 }] });
    // a tick is a ten-thousandth of a quote unit here: 1.0000
    const [long, short] = [trader(v, 0), trader(v, 1)];
    await cross(v, long, short, { tick: 10_000, lots: 50_000, longLeverage: 5, shortLeverage: 5 });
    await setTick(v, 20_000);
    const [p, prices] = [await positionOf(v, short), await readPrices(v)];
    expect(equityX16(p, prices) / 65_536n).equal(-400n * UNIT);
    expect(bankruptcyPrice(p)).equal(12_000n * 65_536n);
    const before = (await v.exchange.accountAt(long.account)).free;
    await deleverage(v, [long.account]);
    // it gets its margin of 100 and a profit of 100
    expect((await v.exchange.accountAt(long.account)).free - before).equal(200n * UNIT);
  });

  it("bybit-long-50x: entry 10,000 at 50x is bankrupt below 9,800", async () => {
    const v = await createVenue({ tick: 1_000_000, deposit: 10n ** 12n, markets: [wide] });
    const [long, short] = [trader(v, 0), trader(v, 1)];
    await cross(v, long, short, { tick: 1_000_000, lots: 10, longLeverage: 50, shortLeverage: 2 });
    expect(bankruptcyPrice(await positionOf(v, long))).equal(980_000n * 100n * 65_536n);
  });

  it("dydx-short: 3 @ 3,000 with a balance of 10,000 at 5 % maintenance is liquidatable above 3,174.60", async () => {
    const config = { ...wide, maintenanceRate: 50_000, initialRate: 60_000, targetRate: 60_000 };
    const v = await createVenue({ tick: 300_000, markets: [config] });
    const [long, short] = [trader(v, 0), trader(v, 1)];
    await cross(v, long, short, { tick: 300_000, lots: 300, longLeverage: 1, shortLeverage: 1 });
    await withBalance(v, short, 10_000n);
    for (const [tick, liquidatable] of [
      [317_460, false],
      [317_461, true],
    ] as const) {
      await setTick(v, tick);
      expect((await v.lens.health(1, short.account, 1))[1][0]?.liquidatable).equal(liquidatable);
    }
  });

  it("flipster: 0.1 @ 30,000 with 300: equity 900 at 36,000, 100 at 28,000 (safe), −100 at 26,000 (bankrupt)", async () => {
    const v = await createVenue({ tick: 3_000_000, markets: [wide] });
    const [long, short] = [trader(v, 0), trader(v, 1)];
    await cross(v, long, short, { tick: 3_000_000, lots: 10, longLeverage: 10, shortLeverage: 1 });
    for (const [tick, equity, liquidatable, bankrupt] of [
      [3_600_000, 900n, false, false],
      [2_800_000, 100n, false, false],
      [2_600_000, -100n, false, true],
    ] as const) {
      await setTick(v, tick);
      const e = (await v.lens.health(1, long.account, 1))[1][0];
      expect([e?.equity, e?.liquidatable, e?.bankrupt]).to.deep.equal([equity * UNIT, liquidatable, bankrupt]);
    }
  });
});
