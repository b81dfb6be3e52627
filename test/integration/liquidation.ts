/** Stage 1: partial liquidation. The size that restores the target, the limit fixed before the first fill, and the borders. */
import { expect } from "chai";
import { type Crash, mirrored, openCrash, type Side } from "../utils/crash.ts";
import { equityX16 } from "../utils/model.ts";
import { place } from "../utils/orders.ts";
import { readPositions, readPrices } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import {
  answerAt,
  eventsOf,
  GAS,
  named,
  parametersOf,
  setAnswer,
  setTick,
  type Trader,
  trader,
  USD,
} from "../utils/venue.ts";

for (const side of ["long", "short"] as const satisfies Side[]) {
  describe(`Liquidation of a ${side}`, () => {
    let crash: Crash;
    const venue = useVenue({ traders: 12 }, async (v) => {
      crash = await openCrash(v, side);
    });
    /** Rests an order that the close would meet; ticks as for a long. */
    const rest = (tick: number, lots: number, t: Trader = trader(venue(), 7)) =>
      place(venue(), t, { isBid: side === "long", tick: mirrored(side, tick), lots, leverage: 2 });
    const liquidate = (maxSteps = 64) => venue().exchange.liquidate(1, crash.victim.account, maxSteps, GAS);
    const victim = async () => (await readPositions(venue())).get(crash.victim.account);
    /** Equity over notional at the mark, in pips × 2^16 × lots: exact comparison without division. */
    const atTarget = async (rate: bigint) => {
      const [p, prices] = [await victim(), await readPrices(venue())];
      if (!p) return true;
      const size = p.lots < 0n ? -p.lots : p.lots;
      return equityX16(p, prices) * 1_000_000n >= size * prices.mark * rate;
    };

    it("at maintenance exactly: NotLiquidatable with equity and requirement; below it by a hair: liquidatable", async () => {
      const v = venue();
      await rest(9_890, 10_000);
      // long: 10,000 lots · (P − 98,000) = 1 % · 10,000 · P  ⇒  P = 98,000 / 0.99 atoms; short: 102,000 / 1.01
      const border = side === "long" ? (98_000n * 10n ** 12n) / 990_000n : (102_000n * 10n ** 12n) / 1_010_000n;
      const scale = answerAt(parametersOf(v), 1) / 10n; // feed units of one atom
      const answer = (border * scale) / 10n ** 6n;
      const towardsSafety = side === "long" ? 100n : -100n;
      await setAnswer(v, answer + towardsSafety);
      const equity = await v.lens.health(1, crash.victim.account, 1);
      const entry = equity[1][0];
      expect(entry?.liquidatable).equal(false);
      await expect(liquidate())
        .to.be.revertedWithCustomError(v.exchange, "NotLiquidatable")
        .withArgs(crash.victim.account, entry?.equity, entry?.maintenanceMargin);
      await setAnswer(v, answer - towardsSafety);
      expect((await v.lens.health(1, crash.victim.account, 1))[1][0]?.liquidatable).equal(true);
      await liquidate();
    });

    it("x* lots: after it, equity is at or above target; with a lot less it would not be", async () => {
      const v = venue();
      await setTick(v, mirrored(side, 9_890)); // equity 0.91 %
      await rest(9_860, 10_000); // as bad as the limit allows, nearly
      const events = await eventsOf(v, liquidate());
      const [liquidated] = named(events, "Liquidated");
      const lots = liquidated?.["lots"] as bigint;
      expect(lots > 0n && lots < 10_000n, `${lots} lots`).equal(true);
      expect(await atTarget(20_000n), "LIQ-1").equal(true);
      // x* = (m*·q·P − E) / (P·(m* − s − f)) with slippage assumed at its worst
      const P = BigInt(mirrored(side, 9_890)) * 10n;
      const E = side === "long" ? 10_000n * (P - 98_000n) : 10_000n * (102_000n - P);
      const num = 20_000n * 10_000n * P - E * 1_000_000n + 64n * 1_000_000n;
      const den = P * (20_000n - 5_000n - 1_000n);
      expect(lots).equal((num + den - 1n) / den);
    });

    it("at the limit price itself the target is just reached", async () => {
      const v = venue();
      const mark = mirrored(side, 9_890);
      await setTick(v, mark);
      const limit = side === "long" ? Math.ceil((mark * 995) / 1_000) : Math.floor((mark * 1_005) / 1_000);
      await place(v, trader(v, 7), { isBid: side === "long", tick: limit, lots: 10_000, leverage: 2 });
      const events = await eventsOf(v, liquidate());
      expect(named(events, "Liquidated")[0]?.["limitTick"]).equal(BigInt(limit));
      expect(await atTarget(20_000n), "LIQ-1").equal(true);
      // the limit is rounded to a tick inside of the mark less slippage: at most a tick on x* lots more than needed
      expect(await atTarget(20_400n), "no more than needed").equal(false);
    });

    it("never worse than the limit: a tick beyond it is not taken (LIQ-2), BookCannotAbsorb", async () => {
      const v = venue();
      const mark = mirrored(side, 9_890);
      await setTick(v, mark);
      const limit = side === "long" ? Math.ceil((mark * 995) / 1_000) : Math.floor((mark * 1_005) / 1_000);
      const worse = side === "long" ? limit - 1 : limit + 1;
      await place(v, trader(v, 7), { isBid: side === "long", tick: worse, lots: 10_000, leverage: 2 });
      await expect(liquidate()).to.be.revertedWithCustomError(v.exchange, "BookCannotAbsorb").withArgs(1, limit);
    });

    it("an empty book: BookCannotAbsorb, and the account's orders stay", async () => {
      const v = venue();
      await place(v, crash.victim, {
        isBid: side !== "long",
        tick: mirrored(side, 10_100),
        lots: 500,
        reduceOnly: true,
      });
      await setTick(v, mirrored(side, 9_890));
      await expect(liquidate()).to.be.revertedWithCustomError(v.exchange, "BookCannotAbsorb");
      expect((await v.exchange.orderMarginAt(1, crash.victim.account)).orderIds).to.have.length(1);
    });

    it("a book that absorbs a part: that part, and the call can be repeated", async () => {
      const v = venue();
      await setTick(v, mirrored(side, 9_890));
      await rest(9_880, 300);
      await rest(9_870, 300);
      const first = named(await eventsOf(v, liquidate(1)), "Liquidated")[0];
      expect(first?.["lots"]).equal(300n);
      const second = named(await eventsOf(v, liquidate()), "Liquidated")[0];
      expect(second?.["lots"]).equal(300n);
      await expect(liquidate()).to.be.revertedWithCustomError(v.exchange, "BookCannotAbsorb");
    });

    it("the fee is on lots at the mark, rounded up, and split between fund and reserve", async () => {
      const v = venue();
      await setTick(v, mirrored(side, 9_890));
      await rest(9_880, 777);
      const [e] = named(await eventsOf(v, liquidate()), "Liquidated");
      const mark = BigInt(mirrored(side, 9_890)) * 10n;
      const fee = (777n * mark * 1_000n + 999_999n) / 1_000_000n;
      expect([e?.["fee"], e?.["price"], e?.["notional"]]).to.deep.equal([
        fee,
        mark * 65_536n,
        777n * BigInt(mirrored(side, 9_880)) * 10n,
      ]);
      expect(await v.exchange.insuranceBalance()).equal((fee * 800_000n) / 1_000_000n);
      expect((await v.exchange.insuranceBalance()) + (await v.exchange.keeperReserve())).equal(fee);
    });

    it("cancels the account's orders first, with the reason", async () => {
      const v = venue();
      for (let i = 0; i < 4; i++) {
        await place(v, crash.victim, {
          isBid: side === "long",
          tick: mirrored(side, 9_900 - i),
          lots: 500,
          leverage: 5,
        });
      }
      await setTick(v, mirrored(side, 9_890));
      await rest(9_880, 10_000);
      const removed = named(await eventsOf(v, liquidate()), "OrderRemoved");
      expect(removed.map((e) => [Number(e["account"]), e["reason"]])).to.deep.equal(
        [0, 1, 2, 3].map(() => [crash.victim.account, 6n]),
      );
    });

    it("equity within slippage and fee: closed in full, at no worse than zero equity after the fee", async () => {
      const v = venue();
      await setTick(v, mirrored(side, 9_850)); // equity 0.51 % < s + f
      await rest(9_811, 10_000);
      const before = (await v.exchange.accountAt(crash.victim.account)).free;
      const [e] = named(await eventsOf(v, liquidate()), "Liquidated");
      expect(e?.["lots"]).equal(10_000n);
      // the limit leaves room for the fee of a thousandth of the mark: 9,809.85 up, 10,189.85 down
      expect(e?.["limitTick"]).equal(side === "long" ? 9_810n : 10_189n);
      expect((await v.exchange.accountAt(crash.victim.account)).free > before).equal(true);
      expect(await victim()).equal(undefined);
    });

    it("a bankrupt one is not liquidated: the market is insolvent, and in the mark's own cell PositionBankrupt", async () => {
      const v = venue();
      await rest(9_795, 10_000);
      await setTick(v, mirrored(side, 9_799));
      await expect(liquidate()).to.be.revertedWithCustomError(v.exchange, "PositionBankrupt");
      await setTick(v, crash.crashed);
      await expect(liquidate()).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent");
    });

    it("who has no position, and a step budget out of range", async () => {
      const v = venue();
      await setTick(v, mirrored(side, 9_890));
      await expect(v.exchange.liquidate(1, trader(v, 9).account, 5, GAS)).to.be.revertedWithCustomError(
        v.exchange,
        "NoPosition",
      );
      await expect(v.exchange.liquidate(1, 999, 5, GAS)).to.be.revertedWithCustomError(v.exchange, "NoPosition");
      for (const steps of [0, 65]) {
        await expect(liquidate(steps))
          .to.be.revertedWithCustomError(v.exchange, "InvalidStepBudget")
          .withArgs(steps, 64);
      }
    });

    it("less than the minimum would stay: everything goes", async () => {
      const v = venue();
      // the victim keeps 150 lots (15 quote units): any partial close leaves less than the minimum of 10
      await place(v, trader(v, 8), { isBid: side === "long", tick: 10_000, lots: 9_850, leverage: 2 });
      await place(v, crash.victim, { isBid: side !== "long", tick: 10_000, lots: 9_850, ioc: true, reduceOnly: true });
      const p = await victim();
      const removable = (p?.margin ?? 0n) - USD;
      await crash.victim.exchange.removeMargin(1, removable, GAS);
      // b is now 1 quote unit on 150 lots away: 666 ticks
      await setTick(v, mirrored(side, 9_420));
      await rest(9_415, 1_000);
      const [e] = named(await eventsOf(v, liquidate()), "Liquidated");
      expect(e?.["lots"]).equal(150n);
    });

    it("liquidation orders that are all dead: they go, and the call succeeds with nothing filled", async () => {
      const v = venue();
      const expiry = (await v.connection.networkHelpers.time.latest()) + 30;
      await place(v, trader(v, 7), {
        isBid: side === "long",
        tick: mirrored(side, 9_880),
        lots: 500,
        leverage: 2,
        expiry,
      });
      await v.connection.networkHelpers.time.increase(60);
      await setTick(v, mirrored(side, 9_890));
      const events = await eventsOf(v, liquidate());
      expect(named(events, "OrderRemoved")).to.have.length(1);
      expect(named(events, "Liquidated")[0]?.["lots"]).equal(0n);
    });
  });
}
