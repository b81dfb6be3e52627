/** Fees: maker fee and rebate, liquidation fee, the three-way split; who pays what, to the atom. */
import { expect } from "chai";
import { feeOn, splitFees } from "../utils/feeModel.ts";
import { abs, X16 } from "../utils/model.ts";
import { ask, bid, cross, place } from "../utils/orders.ts";
import { createRandom } from "../utils/random.ts";
import { LIMITS } from "../utils/randomMarket.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, parametersOf, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
const shares = { insuranceShare: 600_001, treasuryShare: 299_999 };
const rebate = { takerFeeRate: 451, makerFeeRate: -149, liquidationFeeRate: 1_003, ...shares };

async function reserves(v: Venue) {
  const x = v.exchange;
  return { fund: await x.insuranceBalance(), treasury: await x.treasury(), reserve: await x.keeperReserve() };
}

/** Expects that exactly these fees arrived since `before`, one split for each call. */
async function arrived(v: Venue, before: Awaited<ReturnType<typeof reserves>>, calls: readonly bigint[]) {
  const expected = { ...before };
  for (const fees of calls) {
    const part = splitFees(parametersOf(v), fees);
    expected.fund += part.fund;
    expected.treasury += part.treasury;
    expected.reserve += part.reserve;
  }
  expect(await reserves(v)).to.deep.equal(expected);
}

describe("Fees: a maker's rebate", () => {
  const venue = useVenue({ traders: 6, deposit: 10_000n * USD, markets: [rebate] });
  const held = async (i: number) => (await readPositions(venue())).get(trader(venue(), i).account);

  it("the taker pays rounded up, the maker gets rounded down, and the difference is split to the atom", async () => {
    const v = venue();
    const random = createRandom(3);
    for (let round = 0; round < 10; round++) {
      const [lots, tick] = [random.int(200, 2_999), random.int(9_950, 10_050)];
      const notional = BigInt(lots * tick * 10);
      const before = await reserves(v);
      await place(v, trader(v, 1), ask(tick, lots, { leverage: 1 }));
      await place(v, trader(v, 0), bid(tick, lots, { leverage: 1, ioc: true }));
      const [taker, maker] = [feeOn(notional, 451), feeOn(notional, -149)];
      expect(maker < 0n && taker + maker > 0n).equal(true);
      const [long, short] = [await held(0), await held(1)];
      // at 1x a position's equity at its entry is its notional, less what it paid
      expect(long?.margin).equal(notional - taker);
      expect(short?.margin).equal(notional - maker);
      await arrived(v, before, [taker + maker]);
      // and back, the maker closing: the rebate goes to margin, and out with it
      const free = (await v.exchange.accountAt(trader(v, 1).account)).free;
      await setTick(v, TICK);
      await place(v, trader(v, 1), bid(tick, lots, { reduceOnly: true }));
      await place(v, trader(v, 0), ask(tick, lots, { reduceOnly: true, ioc: true }));
      expect((await v.exchange.accountAt(trader(v, 1).account)).free - free).equal(notional - 2n * maker);
      await arrived(v, before, [taker + maker, taker + maker]);
    }
  });

  it("each fill rounds by itself; one call's fees are split once", async () => {
    const v = venue();
    const before = await reserves(v);
    for (const lots of [101, 103, 107]) await place(v, trader(v, 1), ask(TICK, lots, { leverage: 1 }));
    await place(v, trader(v, 0), bid(TICK, 311, { leverage: 1, ioc: true }));
    const each = [101n, 103n, 107n].map((lots) => lots * 100_000n);
    const taker = each.reduce((sum, n) => sum + feeOn(n, 451), 0n);
    const maker = each.reduce((sum, n) => sum + feeOn(n, -149), 0n);
    expect((await held(0))?.margin).equal(31_100_000n - taker);
    expect((await held(1))?.margin).equal(31_100_000n - maker);
    await arrived(v, before, [taker + maker]);
  });

  it("a flip pays on both of its legs", async () => {
    const v = venue();
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 333, longLeverage: 1, shortLeverage: 1 });
    const before = await reserves(v);
    await place(v, trader(v, 2), bid(TICK, 1_000, { leverage: 1 }));
    await place(v, trader(v, 0), ask(TICK, 1_000, { leverage: 1, ioc: true }));
    const taker = feeOn(33_300_000n, 451) + feeOn(66_700_000n, 451);
    expect((await held(0))?.margin).equal(66_700_000n - feeOn(66_700_000n, 451));
    await arrived(v, before, [taker + feeOn(100_000_000n, -149)]);
  });

  it("a liquidation pays no rebate: its fee is on lots × mark, rounded up a fill, and the maker gets nothing", async () => {
    const v = venue();
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 5_001, longLeverage: 50, shortLeverage: 1 });
    await setTick(v, 9_890);
    for (const i of [2, 3]) await place(v, trader(v, i), bid(9_885, 1_111, { leverage: 1 }));
    const [before, position] = [await reserves(v), await held(0)];
    const [e] = named(await eventsOf(v, v.exchange.liquidate(1, trader(v, 0).account, 9, GAS)), "Liquidated");
    expect(e?.["lots"]).equal(2_222n);
    const up = (lots: bigint) => (lots * 98_900n * 1_003n + 999_999n) / 1_000_000n;
    const fee = 2n * up(1_111n);
    expect(e?.["fee"]).equal(fee);
    const result = 2_222n * 98_850n - ((position?.cost ?? 0n) * 2_222n) / 5_001n;
    expect((await held(0))?.margin).equal((position?.margin ?? 0n) + result - fee);
    for (const i of [2, 3]) expect((await held(i))?.margin).equal(1_111n * 98_850n);
    await arrived(v, before, [fee]);
  });

  it("nor does a bankrupt position's close in the book", async () => {
    const v = venue();
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 5_000, longLeverage: 50, shortLeverage: 1 });
    await setTick(v, 9_700);
    // X is at 9,800 less the taker's fee
    const x = abs((await v.exchange.bankruptAccount(1, 0))[1]);
    const tick = Number(x / (10n * X16)) + 1;
    await setTick(v, TICK);
    await place(v, trader(v, 2), bid(tick, 5_000, { leverage: 1 }));
    await setTick(v, 9_700);
    const before = await reserves(v);
    const events = await eventsOf(v, v.exchange.autoDeleverage(1, [], LIMITS, GAS));
    expect(named(events, "BankruptcySwept")[0]?.["lots"]).equal(5_000n);
    expect((await held(2))?.margin).equal(5_000n * BigInt(tick) * 10n);
    await arrived(v, before, []);
  });
});

describe("Fees: a maker's fee", () => {
  const venue = useVenue({
    traders: 4,
    deposit: 10_000n * USD,
    markets: [{ ...rebate, makerFeeRate: 149 }],
  });

  it("is due from the maker of a liquidation's fill, too", async () => {
    const v = venue();
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 5_001, longLeverage: 50, shortLeverage: 1 });
    await setTick(v, 9_890);
    await place(v, trader(v, 2), bid(9_885, 1_111, { leverage: 1 }));
    const before = await reserves(v);
    await v.exchange.liquidate(1, trader(v, 0).account, 9, GAS);
    const maker = feeOn(1_111n * 98_850n, 149);
    const position = (await readPositions(v)).get(trader(v, 2).account);
    expect(position?.margin).equal(1_111n * 98_850n - maker);
    await arrived(v, before, [maker + (1_111n * 98_900n * 1_003n + 999_999n) / 1_000_000n]);
  });
});

describe("Fees: hard caps", () => {
  const venue = useVenue({ traders: 1 });
  const caps: [string, Record<string, number>][] = [
    ["takerFeeRate", { takerFeeRate: 10_001 }],
    ["makerFeeRate", { takerFeeRate: 450, makerFeeRate: 451 }],
    ["makerFeeRate", { takerFeeRate: 450, makerFeeRate: -451 }],
    ["liquidationFeeRate", { liquidationFeeRate: 50_001 }],
    ["treasuryShare", { treasuryShare: 300_001, insuranceShare: 0 }],
    ["insuranceShare", { treasuryShare: 300_000, insuranceShare: 700_001 }],
    ["rewardRate", { takerFeeRate: 450, makerFeeRate: -150, rewardRate: 151 }],
  ];
  const allowed: Record<string, number>[] = [
    { takerFeeRate: 10_000, makerFeeRate: 10_000, liquidationFeeRate: 50_000 },
    { takerFeeRate: 450, makerFeeRate: -450, rewardRate: 0 },
    { treasuryShare: 300_000, insuranceShare: 700_000 },
    { takerFeeRate: 450, makerFeeRate: -150, rewardRate: 150 },
  ];
  const update = (change: Record<string, number>) => {
    const v = venue();
    const { risk, tiers, ...rest } = parametersOf(v);
    const source = v.deployed.markets[0]?.source ?? "";
    return v.exchange.updateMarket(1, { ...rest, source, extraTiers: 0, ...change }, risk, [...tiers], GAS);
  };

  it("one pip beyond each is refused by name, at each it is not", async () => {
    for (const [parameter, change] of caps)
      await expect(update(change))
        .to.be.revertedWithCustomError(venue().exchange, "InvalidMarketConfig")
        .withArgs(parameter);
    for (const change of allowed) await expect(update(change)).to.emit(venue().exchange, "MarketConfigured");
  });
});
