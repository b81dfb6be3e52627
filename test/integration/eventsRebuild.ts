/**
 * From events alone an outsider rebuilds every balance: free collateral, positions, pots, open interest, reserves, orders and what they
 * hold back; and each market numbers its events without gaps. After sessions that reach every stage and every convenience.
 */
import { expect } from "chai";
import { mirrored, openCrash, type Side } from "../utils/crash.ts";
import { expectRebuilt } from "../utils/expectRebuilt.ts";
import { bid, cross, FOK, GTC, IOC, POST_ONLY, place, requestOf } from "../utils/orders.ts";
import { createRandom, type Random } from "../utils/random.ts";
import { attempt, LIMITS, randomStep, resolveAll } from "../utils/randomMarket.ts";
import { readOrder } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, noLimits, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const risk = { ...noLimits, cautiousRatio: 15_000, reduceOnlyRatio: 8_000, hysteresis: 5_000, jumpRate: 100_000 };
const fees = { takerFeeRate: 450, makerFeeRate: -100, insuranceShare: 600_000, rewardRate: 100 };

async function stake(v: Venue, amount: bigint): Promise<void> {
  const t = trader(v, 11);
  await v.deployed.collateral.mint(t.address, amount);
  await v.deployed.collateral.connect(t.signer).approve(v.deployed.insuranceFundAddress, amount);
  await v.fund.connect(t.signer).deposit(amount, t.address);
}

/** Quotes on both sides, cancels, margin in and out, closes, withdrawals; what is refused is refused. */
async function potter(v: Venue, random: Random, mark: number, market: number): Promise<void> {
  const t = random.pick(v.traders);
  const x = t.exchange;
  const actions: (() => Promise<unknown>)[] = [
    () =>
      place(v, t, {
        market,
        isBid: random.chance(0.5),
        tick: mark + random.int(-60, 60),
        lots: random.int(200, 3_000),
        leverage: random.int(1, 40),
        timeInForce: random.pick([GTC, GTC, GTC, IOC, FOK, POST_ONLY]),
        selfTrade: random.int(0, 2),
      }),
    async () => {
      const { orderIds } = await v.exchange.orderMarginAt(market, t.account);
      const id = random.pick([...orderIds, 1n]);
      return x.amendOrder(market, id, mark + random.int(-60, 60), random.int(200, 3_000), GAS);
    },
    async () => {
      const { orderIds } = await v.exchange.orderMarginAt(market, t.account);
      const o = await readOrder(v, market, random.pick([...orderIds, 1n]));
      return x.amendOrder(market, o.id, o.tick, random.int(100, 300), GAS);
    },
    async () => {
      const { orderIds } = await v.exchange.orderMarginAt(market, random.pick(v.traders).account);
      return x.cancelOrders(market, [...orderIds.slice(0, 3), 7n], GAS);
    },
    () => {
      const order = (tick: number) =>
        requestOf({ market, isBid: random.chance(0.5), tick, lots: random.int(50, 2_000) });
      return x.placeOrders([order(mark - random.int(0, 40)), order(mark + random.int(0, 40)), order(0)], GAS);
    },
    () =>
      x.placeTrigger(
        {
          market,
          kind: random.int(0, 1),
          triggerTick: mark + random.int(-20, 20),
          limitTick: random.pick([1, 2 ** 24 - 1]),
          lots: random.int(100, 4_000),
          tip: random.int(0, 1_000_000),
        },
        GAS,
      ),
    async () => {
      const { account } = random.pick(v.traders);
      const triggers = await v.exchange.triggersAt(market, account);
      return x.executeTrigger(market, account, random.pick([...triggers.map((o) => o.triggerId), 1n]), 16, GAS);
    },
    async () => {
      if (random.chance(0.7)) return;
      const triggers = await v.exchange.triggersAt(market, t.account);
      return x.cancelTrigger(market, random.pick([...triggers.map((o) => o.triggerId), 1n]), GAS);
    },
    () =>
      place(v, t, {
        market,
        isBid: random.chance(0.5),
        tick: mark + random.int(-60, 60),
        lots: random.int(200, 3_000),
        reduceOnly: true,
      }),
    () => x.cancelAll(market, GAS),
    () => x.closePosition(market, mark, 16, GAS),
    () => x.addMargin(market, BigInt(random.int(1, 5)) * USD + 7n, GAS),
    () => x.removeMargin(market, BigInt(random.int(1, 3_000_000)), GAS),
    () => x.setLeverage(market, random.int(1, 50), GAS),
    () => x.setTopUp(market, random.int(1, 20_000), BigInt(random.int(10, 90)) * USD, GAS),
    () => v.exchange.topUp(market, random.pick(v.traders).account, GAS),
    () => v.exchange.liquidate(market, random.pick(v.traders).account, 16, GAS),
    () => x.preventiveDeleverage(market, random.pick(v.traders).account, 16, 4, GAS),
    () => x.withdraw(BigInt(random.int(1, 1_000_000)), t.address, GAS),
    () =>
      x.multicall(
        [x.interface.encodeFunctionData("cancelAll", [market]), x.interface.encodeFunctionData("poke", [market])],
        GAS,
      ),
  ];
  await attempt(random.pick(actions));
}

for (const side of ["long", "short"] as const satisfies Side[]) {
  describe(`Events rebuild every balance: all stages, a bankrupt ${side}`, () => {
    const markets = [
      { risk, ...fees },
      { ...fees, treasuryShare: 200_000 },
      { fundingCap: 5_000, impactNotional: 10n * USD },
    ];
    const venue = useVenue({ traders: 14, markets }, undefined, false);

    it("top-up, stages 1 to 4, preventive, retirement", async () => {
      const v = venue();
      const at = (tick: number) => setTick(v, mirrored(side, tick));
      const rest = (i: number, tick: number, lots: number) =>
        place(v, trader(v, i), { isBid: side === "long", tick: mirrored(side, tick), lots, leverage: 3 });
      await stake(v, 6n * USD + 123_457n);
      const { victim, counterparties } = await openCrash(v, side);
      await victim.exchange.setTopUp(1, 10_000, 12n * USD, GAS);
      await at(9_890);
      await trader(v, 8).exchange.topUp(1, victim.account, GAS);
      await at(9_760);
      await rest(6, 9_755, 700);
      await trader(v, 8).exchange.preventiveDeleverage(1, victim.account, 16, 4, GAS);
      await rest(7, 9_700, 900);
      await rest(7, 9_690, 900);
      await at(9_500);
      await trader(v, 8).exchange.autoDeleverage(1, [], { ...LIMITS, maxCounterparties: 2 }, GAS);
      await expectRebuilt(v);
      await resolveAll(v);
      await counterparties[4]?.exchange.closePosition(1, mirrored(side, 9_500), 8, GAS);

      // market 2: a principal stage, and then its end
      const long = side === "long";
      const [weak, dealer, other] = [trader(v, 9), trader(v, 10), trader(v, 12)];
      await setTick(v, mirrored(side, 9_600), 2);
      const opened = { market: 2, tick: mirrored(side, 9_600), lots: 1_000 };
      if (long) await cross(v, dealer, other, { ...opened, longLeverage: 1, shortLeverage: 4 });
      else await cross(v, other, dealer, { ...opened, longLeverage: 4, shortLeverage: 1 });
      await setTick(v, 10_000, 2);
      const sold = { market: 2, tick: 10_000, lots: 1_000 };
      if (long) await cross(v, weak, dealer, { ...sold, longLeverage: 50 });
      else await cross(v, dealer, weak, { ...sold, shortLeverage: 50 });
      await setTick(v, mirrored(side, 9_500), 2);
      await resolveAll(v, 2);
      await cross(v, trader(v, 6), trader(v, 7), { market: 2, tick: mirrored(side, 9_500), lots: 500 });
      await place(v, trader(v, 6), { ...bid(8_000, 400), market: 2 });
      await v.exchange.retireMarket(2, GAS);
      await v.exchange.settleRetired(2, [trader(v, 6).account, trader(v, 7).account], GAS);

      // market 3: funding
      await setTick(v, 10_000, 3);
      await cross(v, trader(v, 6), trader(v, 7), { market: 3, tick: 10_000, lots: 5_000 });
      await place(v, trader(v, 8), { market: 3, isBid: true, tick: 10_010, lots: 3_000 });
      await place(v, trader(v, 9), { market: 3, isBid: false, tick: 10_030, lots: 3_000 });
      await v.connection.networkHelpers.time.increase(7_200);
      await setTick(v, 10_000, 3);
      await trader(v, 6).exchange.closePosition(3, 10_010, 8, GAS);
      await v.exchange.withdrawTreasury(1n, trader(v, 0).address);

      const seen = await expectRebuilt(v);
      for (const name of [
        "ToppedUp",
        "Liquidated",
        "PreventivelyDeleveraged",
        "BankruptcySwept",
        "AutoDeleveraged",
        "DeleverageCall",
        "PrincipalClosed",
        "LevelChanged",
        "MarketEnded",
        "RetiredPositionSettled",
        "FundingAccrued",
        "TreasuryWithdrawn",
        "InsuranceDeposited",
      ]) {
        expect([...seen], name).to.include(name);
      }
    });
  });
}

describe("Events rebuild every balance: random sessions", () => {
  const markets = [
    { risk, ...fees, fundingCap: 10_000, impactNotional: 10n * USD },
    {
      ...fees,
      tiers: [
        { from: 500n * USD, initialRate: 40_000, maintenanceRate: 20_000, targetRate: 30_000 },
        { from: 1_500n * USD, initialRate: 100_000, maintenanceRate: 50_000, targetRate: 70_000 },
      ],
    },
  ];
  const venue = useVenue({ traders: 12, markets, deposit: 3_000n * USD }, undefined, false);

  for (const seed of [11, 12, 13]) {
    it(`session ${seed}`, async () => {
      const v = venue();
      const random = createRandom(seed);
      await stake(v, 20n * USD);
      const marks = [10_000, 10_000];
      for (let step = 0; step < 10; step++) {
        for (const market of [1, 2]) {
          const jump = random.chance(0.3) ? 0.12 : 0.015;
          const mark = await randomStep(v, random, marks[market - 1] ?? 10_000, { market, step: jump, trades: 2 });
          marks[market - 1] = mark;
          for (let i = 0; i < 6; i++) await potter(v, random, mark, market);
        }
      }
      const seen = await expectRebuilt(v);
      for (const name of [
        "Trade",
        "OrderPlaced",
        "OrderRemoved",
        "MarginAdded",
        "MarginRemoved",
        "PositionChanged",
        "FundingAccrued",
      ]) {
        expect([...seen], name).to.include(name);
      }
    });
  }
});
