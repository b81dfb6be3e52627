/** The insolvency gate: what it stops while a position is bankrupt, what it never stops, and when it opens again. */
import { expect } from "chai";
import { type Crash, deleverage, mirrored, openCrash, type Side } from "../utils/crash.ts";
import { ask, bid, cross, place, submit } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setAnswer, setTick, trader, USD } from "../utils/venue.ts";

for (const side of ["long", "short"] as const satisfies Side[]) {
  describe(`Insolvency gate: a bankrupt ${side}`, () => {
    let crash: Crash;
    const venue = useVenue({ traders: 12, markets: [{}, {}] }, async (v) => {
      crash = await openCrash(v, side);
      await place(v, trader(v, 7), { isBid: side !== "long", tick: mirrored(side, 10_100), lots: 1_000, leverage: 2 });
    });
    const insolvent = async (call: Promise<unknown>) =>
      expect(call).to.be.revertedWithCustomError(venue().exchange, "MarketInsolvent").withArgs(1);

    it("stops placing, liquidation, withdrawing margin; for everyone, in this market", async () => {
      const v = venue();
      await setTick(v, crash.crashed);
      await insolvent(submit(trader(v, 8), bid(9_000, 1_000)));
      await insolvent(submit(trader(v, 8), ask(11_000, 1_000)));
      await insolvent(
        submit(crash.victim, { isBid: side !== "long", tick: 10_000, lots: 1_000, reduceOnly: true, ioc: true }),
      );
      const winner = crash.counterparties[4];
      await insolvent(
        submit(winner as never, { isBid: side === "long", tick: 10_000, lots: 1_000, reduceOnly: true, ioc: true }),
      );
      await insolvent(winner?.exchange.removeMargin(1, 1, GAS) as Promise<unknown>);
      await insolvent(crash.victim.exchange.removeMargin(1, 1, GAS));
      await insolvent(v.exchange.liquidate(1, crash.victim.account, 5, GAS));
      await insolvent(v.exchange.liquidate(1, winner?.account ?? 0, 5, GAS));
    });

    it("never stops cancelling, depositing, withdrawing free collateral, poking", async () => {
      const v = venue();
      await setTick(v, crash.crashed);
      expect(await v.exchange.poke.staticCall(1)).equal(true);
      await v.exchange.poke(1);
      const t = trader(v, 7);
      const { orderIds } = await v.exchange.orderMarginAt(1, t.account);
      await t.exchange.cancelOrder(1, orderIds[0] ?? 0n, GAS);
      await t.exchange.cancelAll(1, GAS);
      await v.deployed.collateral.mint(t.address, USD);
      await t.exchange.deposit(USD, GAS);
      await t.exchange.withdraw(USD, t.address, GAS);
    });

    it("lets margin in on the bankrupt side only, and enough of it opens the gate", async () => {
      const v = venue();
      await setTick(v, crash.crashed);
      for (const t of crash.counterparties) await insolvent(t.exchange.addMargin(1, USD, GAS));
      await crash.victim.exchange.addMargin(1, 20n * USD, GAS); // 30 are missing
      await insolvent(submit(trader(v, 8), bid(9_000, 1_000)));
      await crash.victim.exchange.addMargin(1, 10n * USD, GAS);
      // equity is exactly zero: not bankrupt
      expect(await v.exchange.poke.staticCall(1)).equal(false);
      await place(v, trader(v, 8), bid(9_000, 2_000));
      await expect(deleverage(v, [])).to.be.revertedWithCustomError(v.exchange, "NothingToDeleverage");
    });

    it("another market goes on", async () => {
      const v = venue();
      await setTick(v, crash.crashed);
      await cross(v, trader(v, 8), trader(v, 9), { market: 2, tick: 10_000, lots: 1_000 });
      await trader(v, 8).exchange.removeMargin(2, 1, GAS);
      await expect(deleverage(v, [], {}, 2))
        .to.be.revertedWithCustomError(v.exchange, "NothingToDeleverage")
        .withArgs(2);
      const pot = (await v.exchange.marketAt(2)).pot;
      await deleverage(v, []);
      expect((await v.exchange.marketAt(2)).pot).equal(pot);
    });

    it("opens when the waterfall is done, and when the price comes back", async () => {
      const v = venue();
      await setTick(v, crash.crashed);
      await deleverage(v, [], { maxCounterparties: 1 });
      expect((await v.exchange.marketAt(1)).taken).equal(BigInt(crash.victim.account));
      await setTick(v, mirrored(side, 9_900));
      await place(v, trader(v, 8), bid(9_000, 2_000)); // clears `taken`
      expect((await v.exchange.marketAt(1)).taken).equal(0n);
      await trader(v, 8).exchange.cancelAll(1, GAS);
      await setTick(v, crash.crashed);
      await deleverage(v, []);
      await place(v, trader(v, 8), bid(9_000, 2_000));
    });

    it("in the mark's own cell the gate is open until somebody names the account; its exact equity decides", async () => {
      const v = venue();
      const { account } = crash.victim;
      // one cell: 97,920 … 98,047 atoms (and 101,888 … 102,015); the victim's X is 98,000 (102,000)
      await setTick(v, mirrored(side, 9_799));
      expect(await v.exchange.poke.staticCall(1)).equal(false);
      await place(v, trader(v, 8), { ...bid(9_000, 2_000), ioc: true });
      await expect(deleverage(v, [])).to.be.revertedWithCustomError(v.exchange, "NothingToDeleverage");
      const solvent = crash.counterparties[0]?.account ?? 0;
      await expect(deleverage(v, [], { nominee: solvent })).to.be.revertedWithCustomError(
        v.exchange,
        "NothingToDeleverage",
      );
      await expect(v.exchange.liquidate(1, account, 5, GAS))
        .to.be.revertedWithCustomError(v.exchange, "PositionBankrupt")
        .withArgs(1, account);
      await deleverage(v, [], { nominee: account, maxCounterparties: 1 });
      // named once, it is taken: the gate is closed now, and needs no nominee
      await insolvent(submit(trader(v, 8), bid(9_000, 2_000)));
      expect((await v.exchange.bankruptAccount(1, 0)).account).equal(BigInt(account));
      await deleverage(v, []);
      expect((await readPositions(v)).get(account)).equal(undefined);
      await place(v, trader(v, 8), { ...bid(9_000, 2_000), ioc: true });
    });

    it("equity of exactly zero is not bankrupt, and a fraction of an atom less is", async () => {
      const v = venue();
      const { account } = crash.victim;
      const at = (ticks: number) => BigInt(ticks) * 10n * 10_000n * 100n; // the feed's answer
      await setAnswer(v, at(crash.x));
      await expect(deleverage(v, [], { nominee: account })).to.be.revertedWithCustomError(
        v.exchange,
        "NothingToDeleverage",
      );
      // 16 of the feed's smallest steps are just more than 2^-16 atoms a lot: 0.15 atoms on all 10,000
      await setAnswer(v, at(crash.x) + (side === "long" ? -16n : 16n));
      await deleverage(v, [], { nominee: account, maxCounterparties: 1 });
      expect((await v.exchange.marketAt(1)).taken).equal(BigInt(account));
    });

    it("whoever acts first, the gate is judged at the price of that very block", async () => {
      const v = venue();
      await setTick(v, crash.crashed);
      // nobody poked: the winner's own call finds the market insolvent
      await insolvent(crash.counterparties[0]?.exchange.removeMargin(1, 1, GAS) as Promise<unknown>);
      const events = await eventsOf(v, deleverage(v, []));
      expect(named(events, "AutoDeleveraged")).to.have.length(5);
    });
  });
}
