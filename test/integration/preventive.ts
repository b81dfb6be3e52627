/** Preventive deleveraging: when it is open, how much it may close, against whom, and that it costs nobody anything. */
import { expect } from "chai";
import { bruteForceRatio } from "../utils/breakerModel.ts";
import { type Crash, mirrored, openCrash, type Side } from "../utils/crash.ts";
import { setFunding } from "../utils/funding.ts";
import { equityX16, type PositionState, X16 } from "../utils/model.ts";
import { place } from "../utils/orders.ts";
import { allowanceOf, planPreventive, wantedLots } from "../utils/preventiveModel.ts";
import { followIndex, readPositions, readPrices } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import {
  eventsOf,
  GAS,
  named,
  noLimits,
  parametersOf,
  setAnswer,
  setTick,
  type Trader,
  trader,
  USD,
} from "../utils/venue.ts";

const risk = { ...noLimits, cautiousRatio: 15_000, reduceOnlyRatio: 8_000, hysteresis: 5_000, preventivePeriod: 60 };

for (const side of ["long", "short"] as const satisfies Side[]) {
  describe(`Preventive deleveraging of a ${side}`, () => {
    let crash: Crash;
    const venue = useVenue({ traders: 12, markets: [{ risk }] }, async (v) => {
      crash = await openCrash(v, side);
    });
    /** The victim's X is 9,800: at 9,870 its equity, and that of its side, is 0.7 % of notional. */
    const low = () => setTick(venue(), mirrored(side, 9_870));
    const prevent = (maxSteps = 64, maxCounterparties = 8, account = crash.victim.account) =>
      venue().exchange.preventiveDeleverage(1, account, maxSteps, maxCounterparties, GAS);
    const rest = (tick: number, lots: number, t: Trader = trader(venue(), 7)) =>
      place(venue(), t, { isBid: side === "long", tick: mirrored(side, tick), lots, leverage: 1 });
    const victim = async () => {
      const p = (await readPositions(venue())).get(crash.victim.account);
      if (!p) throw new Error("the victim has no position");
      return p;
    };
    /** Free collateral and exact equity at the mark of everybody, × 2^16. */
    const worth = async () => {
      const v = venue();
      const [positions, prices] = [await readPositions(v), await readPrices(v)];
      const all = new Map<number, bigint>();
      for (const { account } of v.traders) {
        const p = positions.get(account);
        all.set(account, (await v.exchange.accountAt(account)).free * X16 + (p ? equityX16(p, prices) : 0n));
      }
      return all;
    };
    /** What the model expects of a call that finds nothing in the book. */
    const planned = async (used = 0n, maxCounterparties = 8) => {
      const v = venue();
      const shadow = followIndex(v);
      await shadow.sync();
      const prices = await readPrices(v);
      const { ratio } = await bruteForceRatio(v);
      const all = allowanceOf(v, (await v.exchange.marketAt(1)).openInterest, ratio);
      const p = await victim();
      const wanted = wantedLots(v, p, prices, BigInt(maxCounterparties));
      const allowed = all > used ? all - used : 0n;
      const lots = wanted < allowed ? wanted : allowed;
      return { allowed, wanted, lots, closes: planPreventive(shadow.positions(), p, prices, lots) };
    };
    const closesOf = (events: Awaited<ReturnType<typeof eventsOf>>) =>
      named(events, "PreventivelyDeleveraged").map((e) => ({
        account: Number(e["counterparty"]),
        rank: e["rank"],
        lots: e["lots"],
        payout: e["payout"],
      }));

    it("closed at and above the ReduceOnly ratio: PreventiveNotOpen names the ratio", async () => {
      const v = venue();
      for (const tick of [9_890, 9_881]) {
        await setTick(v, mirrored(side, tick));
        const { ratio } = await bruteForceRatio(v);
        expect(ratio >= 8_000n).equal(true);
        expect((await v.exchange.riskAt(1)).preventiveLots).equal(0n);
        await expect(prevent()).to.be.revertedWithCustomError(v.exchange, "PreventiveNotOpen").withArgs(1, ratio);
      }
      await low();
      await prevent();
    });

    it("closes at the mark against the first of the queue; the event says all of it", async () => {
      const v = venue();
      await low();
      const plan = await planned();
      // 0.7092 % for a long (70 of 9,870), 0.6910 % for a short (70 of 10,130), of 10,000 lots
      expect(plan.lots).equal(side === "long" ? 1_135n : 1_363n);
      expect((await v.exchange.riskAt(1)).preventiveLots).equal(plan.lots);
      const events = await eventsOf(v, prevent());
      expect(closesOf(events)).to.deep.equal(plan.closes);
      const first = crash.counterparties[0] as Trader;
      const { mark } = await readPrices(v);
      expect(
        named(events, "PreventivelyDeleveraged").map((e) => [e["market"], e["account"], e["price"]]),
      ).to.deep.equal([[1n, BigInt(crash.victim.account), mark]]);
      expect(plan.closes.map((c) => c.account)).to.deep.equal([first.account]);
      expect(named(events, "Trade")).to.have.length(0);
      expect(named(events, "ReservesChanged")).to.have.length(0); // no fee, no reward
      expect((await victim()).lots).equal((side === "long" ? 1n : -1n) * (10_000n - plan.lots));
    });

    for (const odd of [1n, 37n, 999_983n]) {
      it(`costs nobody anything, to the atom: mark off the tick by ${odd}, funding in between`, async () => {
        const v = venue();
        await setFunding(v, (side === "long" ? 1n : -1n) * (3n * X16 + 12_345n));
        const { initialPrice } = { initialPrice: parametersOf(v) };
        await setAnswer(
          v,
          BigInt(mirrored(side, 9_870)) * BigInt(initialPrice.tickValue) * initialPrice.lotsPerUnit * 100n + odd,
        );
        const before = await worth();
        const plan = await planned();
        const events = await eventsOf(v, prevent());
        expect(closesOf(events)).to.deep.equal(plan.closes);
        const after = await worth();
        const change = (account: number) => (after.get(account) ?? 0n) - (before.get(account) ?? 0n);
        const touched = new Set([crash.victim.account, ...plan.closes.map((c) => c.account)]);
        for (const { account } of v.traders) {
          if (!touched.has(account)) expect(change(account), `bystander ${account}`).equal(0n);
        }
        // rounding is against the account that is reduced, by less than an atom a close and one for settling its funding
        const reduced = change(crash.victim.account);
        expect(reduced <= 0n && reduced > -2n * X16 * BigInt(plan.closes.length), `reduced ${reduced}`).equal(true);
        for (const { account } of plan.closes) {
          expect(change(account) > -2n * X16 && change(account) < X16, `counterparty ${change(account)}`).equal(true);
        }
      });
    }

    it("a whole queue: rank order over several counterparties, the last one in part", async () => {
      const v = venue();
      // 0.0102 % is an eightieth of the threshold: nearly everything may go
      await setTick(v, mirrored(side, 9_801));
      const plan = await planned();
      expect(plan.lots).equal(side === "long" ? 9_873n : 9_878n);
      const events = await eventsOf(v, prevent());
      expect(closesOf(events)).to.deep.equal(plan.closes);
      expect(plan.closes.map((c) => c.account)).to.deep.equal(crash.counterparties.map((t) => t.account));
      expect((await victim()).lots).equal((side === "long" ? 1n : -1n) * (10_000n - plan.lots));
    });

    it("at most as many counterparties as the caller says", async () => {
      const v = venue();
      await setTick(v, mirrored(side, 9_801));
      const events = await eventsOf(v, prevent(64, 2));
      expect(closesOf(events).map((c) => c.lots)).to.deep.equal([2_000n, 2_000n]);
    });

    it("the window: what was closed counts until it is over, to the second; then it begins anew", async () => {
      const v = venue();
      await low();
      await prevent();
      const { timestamp } = (await v.connection.ethers.provider.getBlock("latest")) ?? { timestamp: 0 };
      // at a lower price the window allows the difference, and no more
      await setTick(v, mirrored(side, 9_850));
      await prevent();
      expect((await v.exchange.riskAt(1)).preventiveLots).equal(0n);
      const { ratio } = await bruteForceRatio(v);
      const fresh = await planned();
      expect(ratio < 8_000n && fresh.lots > 0n).equal(true);
      await v.connection.networkHelpers.time.setNextBlockTimestamp(timestamp + 59);
      await expect(prevent()).to.be.revertedWithCustomError(v.exchange, "PreventiveNotOpen").withArgs(1, ratio);
      await v.connection.networkHelpers.time.setNextBlockTimestamp(timestamp + 60);
      expect(closesOf(await eventsOf(v, prevent()))).to.deep.equal(fresh.closes);
    });

    it("within a window a lower ratio allows the difference", async () => {
      const v = venue();
      await low();
      const first = await planned();
      await prevent();
      await setTick(v, mirrored(side, 9_840));
      const more = await planned(first.lots);
      expect(more.lots).greaterThan(0n);
      expect(closesOf(await eventsOf(v, prevent()))).to.deep.equal(more.closes);
    });

    it("the book first: what it takes within the limit is liquidated, the rest of the call is preventive", async () => {
      const v = venue();
      await rest(9_860, 1_000);
      await rest(9_815, 5_000); // beyond the mark less slippage
      await low();
      const events = await eventsOf(v, prevent());
      expect(named(events, "Liquidated").map((e) => e["lots"])).to.deep.equal([1_000n]);
      expect(closesOf(events).reduce((sum, c) => sum + (c.lots as bigint), 0n)).greaterThan(0n);
      expect((await v.exchange.levelAt(1, side === "long", mirrored(side, 9_815))).lots).equal(5_000n);
    });

    it("the book takes all of it: nobody is closed preventively", async () => {
      const v = venue();
      await rest(9_869, 10_000);
      await low();
      const events = await eventsOf(v, prevent());
      expect(named(events, "Liquidated")).to.have.length(1);
      expect(closesOf(events)).to.deep.equal([]);
    });

    it("the step budget ends with orders within the limit left: nobody is closed preventively", async () => {
      const v = venue();
      for (let i = 0; i < 3; i++) await rest(9_865 + i, 200);
      await low();
      const events = await eventsOf(v, prevent(2));
      expect(named(events, "Trade")).to.have.length(2);
      expect(closesOf(events)).to.deep.equal([]);
      expect((await v.exchange.levelAt(1, side === "long", mirrored(side, 9_865))).lots).equal(200n);
    });

    it("only what is below maintenance, has a position, and while the market is solvent", async () => {
      const v = venue();
      await low();
      const healthy = crash.counterparties[4] as Trader;
      await expect(prevent(64, 8, healthy.account)).to.be.revertedWithCustomError(v.exchange, "NotLiquidatable");
      await expect(prevent(64, 8, trader(v, 9).account))
        .to.be.revertedWithCustomError(v.exchange, "NoPosition")
        .withArgs(1, trader(v, 9).account);
      for (const steps of [0, 65]) {
        await expect(prevent(steps)).to.be.revertedWithCustomError(v.exchange, "InvalidStepBudget").withArgs(steps, 64);
      }
      // each counterparty may round the size up by an atom, so their number is part of the plan
      await expect(prevent(64, 65)).to.be.revertedWithCustomError(v.exchange, "InvalidStepBudget").withArgs(65, 64);
      await setTick(v, mirrored(side, 9_799)); // bankrupt within the mark's cell
      await expect(prevent()).to.be.revertedWithCustomError(v.exchange, "PositionBankrupt");
      await setTick(v, crash.crashed);
      await expect(prevent()).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent").withArgs(1);
    });

    it("no counterparties allowed, and nothing in the book: NoEligibleCounterparty", async () => {
      const v = venue();
      await low();
      await expect(prevent(64, 0)).to.be.revertedWithCustomError(v.exchange, "NoEligibleCounterparty").withArgs(1);
    });

    it("a caller with an account, or who is one of the two, earns nothing", async () => {
      const v = venue();
      await low();
      const callers = [trader(v, 8), crash.counterparties[0] as Trader];
      const reserve = await v.exchange.keeperReserve();
      for (const [i, caller] of callers.entries()) {
        await setTick(v, mirrored(side, 9_870 - 30 * i));
        const before = await worth();
        await caller.exchange.preventiveDeleverage(1, crash.victim.account, 64, 8, GAS);
        const gain = ((await worth()).get(caller.account) ?? 0n) - (before.get(caller.account) ?? 0n);
        expect(gain < X16, `gain ${gain}`).equal(true);
      }
      expect(await v.exchange.keeperReserve()).equal(reserve);
    });

    it("until the account is restored, or the ratio is: repeated calls end, with everybody solvent", async () => {
      const v = venue();
      await setTick(v, mirrored(side, 9_830));
      let calls = 0;
      for (; calls < 50; calls++) {
        const { preventiveLots } = await v.exchange.riskAt(1);
        if (preventiveLots === 0n && (await bruteForceRatio(v)).ratio >= 8_000n) break;
        if (preventiveLots === 0n) await v.connection.networkHelpers.time.increase(60);
        await setTick(v, mirrored(side, 9_830));
        await prevent(64, 1);
      }
      expect(calls).greaterThan(1);
      expect(calls).lessThan(50);
      const prices = await readPrices(v);
      for (const p of (await readPositions(v)).values())
        expect(equityX16(p as PositionState, prices) >= 0n).equal(true);
      expect((await bruteForceRatio(v)).ratio >= 8_000n).equal(true);
    });
  });

  describe(`Preventive deleveraging of a large ${side}`, () => {
    let crash: Crash;
    const large = { ...risk, largeNotional: 100n * USD, stepRate: 50_000, stepCooldown: 300 };
    const venue = useVenue({ traders: 12, markets: [{ risk: large }] }, async (v) => {
      crash = await openCrash(v, side);
    });
    const prevent = () => venue().exchange.preventiveDeleverage(1, crash.victim.account, 64, 8, GAS);

    it("a step that the book took whole is no reason to close winners; nor is its cooldown", async () => {
      const v = venue();
      await place(v, trader(v, 7), { isBid: side === "long", tick: mirrored(side, 9_858), lots: 8_000, leverage: 50 });
      await setTick(v, mirrored(side, 9_860));
      const events = await eventsOf(v, prevent());
      expect(named(events, "Liquidated").map((e) => e["lots"])).to.deep.equal([500n]);
      expect(named(events, "PreventivelyDeleveraged")).to.have.length(0);
      await expect(prevent()).to.be.revertedWithCustomError(v.exchange, "LiquidationCoolingDown");
    });

    it("an empty book is: the step binds the book's part, the allowance the rest", async () => {
      const v = venue();
      await setTick(v, mirrored(side, 9_870));
      const allowed = (await v.exchange.riskAt(1)).preventiveLots;
      const events = await eventsOf(v, prevent());
      expect(named(events, "PreventivelyDeleveraged").reduce((s, e) => s + (e["lots"] as bigint), 0n)).equal(allowed);
    });
  });
}
