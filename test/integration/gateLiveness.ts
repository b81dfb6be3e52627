/**
 * Liveness of the insolvency gate, clause by clause (DESIGN §7): whatever closes it can be cleared by anyone, at once, whatever lies
 * in the book, in the circuit breaker or in the way of a liquidation.
 */
import { expect } from "chai";
import { accountsOf, type Crash, deleverage, mirrored, openCrash, type Side } from "../utils/crash.ts";
import { cross, type OrderOptions, place, submit } from "../utils/orders.ts";
import { LIMITS, resolveAll } from "../utils/randomMarket.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, noLimits, setTick, type Trader, trader, USD } from "../utils/venue.ts";

const [EXPIRED, OUTSIDE_BAND, EXHAUSTED, MARGIN_SHORT, LIQUIDATION] = [1n, 3n, 4n, 5n, 6n];

for (const side of ["long", "short"] as const satisfies Side[]) {
  describe(`Gate liveness: a bankrupt ${side}`, () => {
    let crash: Crash;
    const venue = useVenue({ traders: 17, markets: [{}, {}] }, async (v) => {
      crash = await openCrash(v, side);
    });
    const buys = side === "long"; // orders that the bankrupt position can be closed against
    const order = (tick: number, lots: number, rest: Partial<OrderOptions> = {}): OrderOptions => ({
      isBid: buys,
      tick: mirrored(side, tick),
      lots,
      leverage: 1,
      ...rest,
    });
    const removedBy = async (call: ReturnType<typeof deleverage>) => {
      const events = await eventsOf(venue(), call);
      return { events, reasons: named(events, "OrderRemoved").map((e) => e["reason"]) };
    };
    const isResolved = async () => expect((await readPositions(venue())).get(crash.victim.account)).equal(undefined);

    /** Orders that look good and cannot fill once the mark has moved to 9,500 (band up to 9,975), or to 10,500 (band from 9,975 on). */
    const layDead = {
      async outsideBand(count: number) {
        const from = side === "long" ? 9_976 : 10_026;
        for (let i = 0; i < count; i++) await place(venue(), trader(venue(), 6), order(from + i, 200));
      },
      async expired(count: number) {
        const expiry = (await venue().connection.networkHelpers.time.latest()) + 500;
        for (let i = 0; i < count; i++) await place(venue(), trader(venue(), 7), order(9_940 + i, 200, { expiry }));
        await venue().connection.networkHelpers.time.increase(600);
      },
      async exhausted(count: number) {
        const v = venue();
        const [owner, other] = [trader(v, 8), trader(v, 9)];
        const [long, short] = buys ? [other, owner] : [owner, other];
        await cross(v, long, short, { tick: 10_000, lots: 1_000, longLeverage: 1, shortLeverage: 1 });
        for (let i = 0; i < count; i++) await place(v, owner, order(9_920 + i, 200, { reduceOnly: true }));
        // the position that they would reduce goes, and comes back to the other side of the market
        await place(v, other, { isBid: !buys, tick: 10_000, lots: 1_000, leverage: 1 });
        await place(v, owner, { isBid: buys, tick: 10_000, lots: 1_000, ioc: true, reduceOnly: true });
      },
      /** At most three an owner: what one frees would soon pay for the next. */
      async marginShort(owners: readonly Trader[]) {
        for (const owner of owners) {
          for (let i = 0; i < 3; i++) await place(venue(), owner, order(9_960 + i, 2_000, { leverage: 50 }));
          const { free } = await venue().exchange.accountAt(owner.account);
          await owner.exchange.withdraw(free, owner.address, GAS);
        }
      },
    };

    it("64 and more dead orders in front: a call takes away as many as its budget allows, and never reverts", async () => {
      const v = venue();
      await layDead.exhausted(18);
      await layDead.outsideBand(22);
      await layDead.marginShort([10, 11, 12].map((i) => trader(v, i)));
      await layDead.expired(18); // after the margin-short ones: 9,940 … 9,957
      await place(v, trader(v, 13), order(9_850, 3_000));
      await setTick(v, crash.crashed);
      const first = await removedBy(deleverage(v, []));
      expect(first.reasons).to.deep.equal([
        ...Array<bigint>(22).fill(OUTSIDE_BAND),
        ...Array<bigint>(9).fill(MARGIN_SHORT),
        ...Array<bigint>(18).fill(EXPIRED),
        ...Array<bigint>(15).fill(EXHAUSTED),
      ]);
      // nothing else happened, but whoever is being resolved is settled
      expect(named(first.events, "DeleverageCall")).to.have.length(0);
      expect(named(first.events, "BankruptcySwept")).to.have.length(0);
      expect((await v.exchange.marketAt(1)).taken).equal(BigInt(crash.victim.account));
      const second = await removedBy(deleverage(v, []));
      expect(second.reasons).to.deep.equal(Array<bigint>(3).fill(EXHAUSTED));
      expect(named(second.events, "BankruptcySwept").map((e) => e["lots"])).to.deep.equal([3_000n]);
      expect(named(second.events, "DeleverageCall").map((e) => e["lots"])).to.deep.equal([7_000n]);
      await isResolved();
    });

    const kinds = [
      ["outside the band", OUTSIDE_BAND, () => layDead.outsideBand(3)],
      ["expired", EXPIRED, () => layDead.expired(3)],
      ["reduce-only and exhausted", EXHAUSTED, () => layDead.exhausted(3)],
      ["refused by the fill rule", MARGIN_SHORT, () => layDead.marginShort([trader(venue(), 10)])],
    ] as const;
    for (const [what, reason, lay] of kinds) {
      it(`three orders ${what}, one step a call: one goes with each call, then the counterparties`, async () => {
        const v = venue();
        await lay();
        await setTick(v, crash.crashed);
        for (let left = 2; left >= 0; left--) {
          const { events, reasons } = await removedBy(deleverage(v, [], { maxSteps: 1 }));
          expect(reasons).to.deep.equal([reason]);
          // the budget ended with an order left that might fill: only after the last one the counterparties' turn comes
          expect(named(events, "DeleverageCall")).to.have.length(left === 0 ? 1 : 0);
        }
        await isResolved();
      });
    }

    it("the bankrupt account's own 32 orders on the way: cancelled first, at no step", async () => {
      const v = venue();
      for (let i = 0; i < 32; i++) await place(v, crash.victim, order(9_900 + i, 200));
      await place(v, trader(v, 6), order(9_850, 1_000));
      await setTick(v, crash.crashed);
      const { events, reasons } = await removedBy(deleverage(v, [], { maxSteps: 1 }));
      expect(reasons).to.deep.equal(Array<bigint>(32).fill(LIQUIDATION));
      expect(named(events, "BankruptcySwept").map((e) => e["lots"])).to.deep.equal([1_000n]);
      await isResolved();
    });

    it("limit and band do not overlap: what lies in the band is worse than the limit and stays; the counterparties' turn comes at once", async () => {
      const v = venue();
      await place(v, trader(v, 6), order(9_400, 5_000)); // in the band of 9,000, worse than X = 9,800
      await setTick(v, mirrored(side, 9_000));
      const { events, reasons } = await removedBy(deleverage(v, [], { maxSteps: 1 }));
      expect(reasons).to.have.length(0);
      expect(named(events, "Trade")).to.have.length(0);
      expect(named(events, "DeleverageCall").map((e) => e["lots"])).to.deep.equal([10_000n]);
      expect((await v.exchange.levelAt(1, buys, mirrored(side, 9_400))).lots).equal(5_000n);
    });

    it("limit and band do not overlap, orders beyond both: they are removed one a step, and then the same", async () => {
      const v = venue();
      await place(v, trader(v, 6), order(9_850, 1_000)); // within the limit 9,800, outside 9,450
      await place(v, trader(v, 6), order(9_840, 1_000));
      await setTick(v, mirrored(side, 9_000));
      expect((await removedBy(deleverage(v, [], { maxSteps: 1 }))).reasons).to.deep.equal([OUTSIDE_BAND]);
      const last = await removedBy(deleverage(v, [], { maxSteps: 1 }));
      expect(last.reasons).to.deep.equal([OUTSIDE_BAND]);
      expect(named(last.events, "DeleverageCall")).to.have.length(1);
      await isResolved();
    });

    it("several bankrupt accounts in one transaction: a call each, by multicall", async () => {
      const v = venue();
      const second = trader(v, 6);
      const [long, short] = buys ? [second, trader(v, 7)] : [trader(v, 7), second];
      await cross(v, long, short, {
        tick: 10_000,
        lots: 2_000,
        longLeverage: buys ? 50 : 1,
        shortLeverage: buys ? 1 : 50,
      });
      await setTick(v, crash.crashed);
      const call = v.exchange.interface.encodeFunctionData("autoDeleverage", [1, [], LIMITS]);
      const events = await eventsOf(v, v.exchange.multicall([call, call], GAS));
      expect(named(events, "DeleverageCall").map((e) => [Number(e["bankrupt"]), e["lots"]])).to.deep.equal([
        [crash.victim.account, 10_000n],
        [second.account, 2_000n],
      ]);
      expect(await v.exchange.poke.staticCall(1)).equal(false);
    });

    it("while closed: everything that trades or moves margin out is refused; cancelling and settings are not", async () => {
      const v = venue();
      const bystander = trader(v, 6);
      const { orderId } = await place(v, bystander, order(9_000, 2_000));
      const winner = crash.counterparties[4] as Trader;
      await winner.exchange.setTopUp(1, 20_000, 1_000n * USD, GAS);
      await setTick(v, crash.crashed);
      const before = await readPositions(v);
      const x = bystander.exchange.interface;
      const amend = [
        x.encodeFunctionData("cancelOrder", [1, orderId]),
        x.encodeFunctionData("placeOrder", [
          {
            ...order(9_000, 4_000),
            market: 1,
            timeInForce: 0,
            selfTrade: 0,
            reduceOnly: false,
            expiry: 0,
            maxSteps: 1,
            clientId: 0,
            leverage: 1,
          },
        ]),
      ];
      const refused: (() => Promise<unknown>)[] = [
        () => submit(bystander, order(9_000, 2_000)),
        () => submit(bystander, order(9_000, 2_000, { ioc: true })),
        () => bystander.exchange.multicall(amend, GAS), // amending upwards is cancelling and placing
        () => winner.exchange.closePosition(1, mirrored(side, 9_500), 1, GAS),
        () => winner.exchange.removeMargin(1, 1, GAS),
        () => winner.exchange.addMargin(1, 1, GAS),
        () => v.exchange.topUp(1, winner.account, GAS),
        () => crash.victim.exchange.removeMargin(1, 1, GAS),
        () => crash.victim.exchange.closePosition(1, mirrored(side, 9_500), 1, GAS),
        () => v.exchange.liquidate(1, crash.victim.account, 64, GAS),
        () => v.exchange.preventiveDeleverage(1, crash.victim.account, 64, 8, GAS),
        () => v.exchange.retireMarket(1, GAS),
      ];
      for (const call of refused) {
        await expect(call()).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent").withArgs(1);
      }
      await crash.victim.exchange.addMargin(1, USD, GAS);
      const after = await readPositions(v);
      for (const c of crash.counterparties) expect(after.get(c.account)).to.deep.equal(before.get(c.account));
      await bystander.exchange.setLeverage(1, 3, GAS);
      await winner.exchange.setTopUp(1, 0, 0, GAS);
      expect(await bystander.exchange.cancelAll.staticCall(1)).equal(1n);
      await bystander.exchange.cancelOrder(1, orderId, GAS);
    });

    for (const level of [1, 2]) {
      it(`a guardian's level ${level} stops neither the book's makers nor the counterparties`, async () => {
        const v = venue();
        await place(v, trader(v, 6), order(9_850, 1_000)); // opens exposure as a maker
        await v.exchange.setGuardianLevel(1, level);
        await setTick(v, crash.crashed);
        const events = await eventsOf(v, deleverage(v, []));
        expect(named(events, "BankruptcySwept").map((e) => e["lots"])).to.deep.equal([1_000n]);
        expect((await readPositions(v)).get(trader(v, 6).account)?.lots).equal(buys ? 1_000n : -1_000n);
        expect(named(events, "DeleverageCall").map((e) => e["lots"])).to.deep.equal([9_000n]);
      });
    }

    it("who calls needs no account, and gets nothing for it", async () => {
      const v = venue();
      const stranger = (await v.connection.ethers.getSigners())[18];
      if (!stranger) throw new Error("the network has no account 18");
      expect(await v.exchange.accountOf(stranger.address)).equal(0n);
      await setTick(v, crash.crashed);
      const events = await eventsOf(v, v.exchange.connect(stranger).autoDeleverage(1, [], LIMITS, GAS));
      expect(named(events, "DeleverageCall").map((e) => [e["caller"], e["lots"], e["reward"]])).to.deep.equal([
        [stranger.address, 10_000n, 0n],
      ]);
      expect(await v.exchange.accountOf(stranger.address)).equal(0n);
    });

    it("in the mark's own cell: a stranger names the account and resolves it; the named one stays taken meanwhile", async () => {
      const v = venue();
      const { account } = crash.victim;
      await setTick(v, mirrored(side, 9_799)); // X = 9,800: one cell, a ten-thousandth past it
      await expect(deleverage(v, [])).to.be.revertedWithCustomError(v.exchange, "NothingToDeleverage");
      await deleverage(v, [], { nominee: account, maxCounterparties: 2 });
      expect((await v.exchange.marketAt(1)).taken).equal(BigInt(account));
      const events = await eventsOf(v, deleverage(v, [], { maxCounterparties: 3 }));
      expect(named(events, "AutoDeleveraged").map((e) => Number(e["counterparty"]))).to.deep.equal(
        accountsOf(crash.counterparties).slice(2),
      );
      await isResolved();
    });

    it("with the smallest arguments there are, a stranger still ends it: one step, one counterparty a call", async () => {
      const v = venue();
      const weak = [trader(v, 6), trader(v, 7)];
      for (const t of weak) {
        const [long, short] = buys ? [t, trader(v, 8)] : [trader(v, 8), t];
        await cross(v, long, short, {
          tick: 10_000,
          lots: 1_000,
          longLeverage: buys ? 45 : 1,
          shortLeverage: buys ? 1 : 45,
        });
      }
      await layDead.outsideBand(2);
      await setTick(v, crash.crashed);
      const calls = await resolveAll(v, 1, { maxSteps: 1, maxCounterparties: 1 });
      // five counterparties of 2,000 lots for the first, the next one serves both others; one order a call in front
      expect(calls).equal(2 - 1 + 5 + 2);
      const positions = await readPositions(v);
      for (const t of [crash.victim, ...weak]) expect(positions.get(t.account)).equal(undefined);
    });
  });

  describe(`Gate liveness: a bankrupt ${side} that was large while it was solvent`, () => {
    let crash: Crash;
    const risk = { ...noLimits, largeNotional: 10n * USD, stepRate: 50_000, stepCooldown: 600 };
    const venue = useVenue({ traders: 12, markets: [{ risk }] }, async (v) => {
      crash = await openCrash(v, side);
    });

    it("steps and cooldown bind it until it is bankrupt, and not a second longer", async () => {
      const v = venue();
      const { account } = crash.victim;
      await setTick(v, mirrored(side, 9_890));
      const quote = { isBid: side === "long", leverage: 1 };
      await place(v, trader(v, 8), { ...quote, tick: mirrored(side, 9_885), lots: 500 });
      await place(v, trader(v, 8), { ...quote, tick: mirrored(side, 9_801), lots: 7_500 });
      const [step] = named(await eventsOf(v, v.exchange.liquidate(1, account, 64, GAS)), "Liquidated");
      expect(step?.["lots"]).equal(500n); // a twentieth of 10,000
      await expect(v.exchange.liquidate(1, account, 64, GAS)).to.be.revertedWithCustomError(
        v.exchange,
        "LiquidationCoolingDown",
      );
      await setTick(v, crash.crashed);
      const events = await eventsOf(v, deleverage(v, []));
      const swept = named(events, "BankruptcySwept").map((e) => e["lots"]);
      const closed = named(events, "DeleverageCall").map((e) => e["lots"]);
      expect([swept, closed]).to.deep.equal([[7_500n], [2_000n]]);
      expect((await readPositions(v)).get(account)).equal(undefined);
    });
  });
}
