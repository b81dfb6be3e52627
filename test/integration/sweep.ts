/** Stage 2: the book with insurance goes first. ADL never runs while the book could absorb within the limit (ADL-3). */
import { expect } from "chai";
import { type Crash, deleverage, mirrored, openCrash, type Side } from "../utils/crash.ts";
import { place } from "../utils/orders.ts";
import { LIMITS } from "../utils/randomMarket.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, type ParsedEvent, setTick, type Trader, trader, USD } from "../utils/venue.ts";

const lotsIn = (events: readonly ParsedEvent[], name: string) =>
  named(events, name).reduce((sum, e) => sum + (e["lots"] as bigint), 0n);

for (const side of ["long", "short"] as const satisfies Side[]) {
  describe(`Book before ADL: a bankrupt ${side}`, () => {
    let crash: Crash;
    const venue = useVenue({ traders: 12 }, async (v) => {
      crash = await openCrash(v, side);
    });
    /** Rests an order that the victim's close would meet. */
    const rest = (t: Trader, tick: number, lots: number, expiry = 0) =>
      place(venue(), t, { isBid: side === "long", tick: mirrored(side, tick), lots, leverage: 2, expiry });
    const victim = async () => {
      const p = (await readPositions(venue())).get(crash.victim.account);
      return p ? (p.lots < 0n ? -p.lots : p.lots) : 0n;
    };

    it("an order at X or better is taken first, ADL closes the rest at the improved X", async () => {
      const v = venue();
      await rest(trader(v, 7), 9_850, 3_000);
      await rest(trader(v, 8), 9_800, 1_000);
      await setTick(v, crash.crashed);
      const events = await eventsOf(v, deleverage(v, []));
      const [swept] = named(events, "BankruptcySwept");
      expect([swept?.["lots"], swept?.["cover"], swept?.["price"]]).to.deep.equal([
        4_000n,
        0n,
        BigInt(crash.crashed) * 655_360n,
      ]);
      expect(lotsIn(events, "AutoDeleveraged")).equal(6_000n);
      // 3,000 lots sold 50 ticks better: the other 6,000 may trade 25 ticks worse
      const [call] = named(events, "DeleverageCall");
      expect(call?.["price"]).equal(BigInt(mirrored(side, 9_775)) * 655_360n);
      expect(await victim()).equal(0n);
    });

    it("a book that takes all: no counterparty is touched, and what is left over is the account's", async () => {
      const v = venue();
      await rest(trader(v, 7), 9_801, 10_000);
      await setTick(v, crash.crashed);
      const before = (await v.exchange.accountAt(crash.victim.account)).free;
      const events = await eventsOf(v, deleverage(v, [crash.counterparties[0]?.account ?? 0]));
      expect(named(events, "AutoDeleveraged")).to.have.length(0);
      expect(named(events, "DeleverageCall")).to.have.length(0);
      expect((await v.exchange.accountAt(crash.victim.account)).free - before).equal(100_000n); // a tick, 10,000 lots
    });

    it("one tick worse than X is not taken without insurance", async () => {
      const v = venue();
      await rest(trader(v, 7), 9_799, 10_000);
      await setTick(v, crash.crashed);
      const events = await eventsOf(v, deleverage(v, []));
      expect(named(events, "BankruptcySwept")).to.have.length(0);
      expect(lotsIn(events, "AutoDeleveraged")).equal(10_000n);
    });

    it("stops when the sweep made it solvent: no ADL, and the gate is open", async () => {
      const v = venue();
      await rest(trader(v, 7), 9_950, 9_900);
      await setTick(v, crash.crashed);
      const events = await eventsOf(v, deleverage(v, []));
      expect(lotsIn(events, "BankruptcySwept")).equal(9_900n);
      expect(named(events, "AutoDeleveraged")).to.have.length(0);
      expect(await victim()).equal(100n);
      expect((await v.exchange.marketAt(1)).taken).equal(0n);
      expect(await v.exchange.poke.staticCall(1)).equal(false);
    });

    it("a budget that ends with orders left: no ADL in this call, taken, and the next call goes on", async () => {
      const v = venue();
      for (const i of [7, 8, 9]) await rest(trader(v, i), 9_850, 1_000);
      await setTick(v, crash.crashed);
      for (const left of [9_000n, 8_000n]) {
        const events = await eventsOf(v, deleverage(v, [], { maxSteps: 1 }));
        expect(lotsIn(events, "BankruptcySwept")).equal(1_000n);
        expect(named(events, "DeleverageCall")).to.have.length(0);
        expect(await victim()).equal(left);
        expect((await v.exchange.marketAt(1)).taken).equal(BigInt(crash.victim.account));
      }
      const events = await eventsOf(v, deleverage(v, [], { maxSteps: 1 }));
      expect(lotsIn(events, "BankruptcySwept")).equal(1_000n);
      expect(lotsIn(events, "AutoDeleveraged")).equal(7_000n);
    });

    it("orders that cannot fill are removed as steps and never revert the call", async () => {
      const v = venue();
      const expiry = (await v.connection.networkHelpers.time.latest()) + 50;
      for (let i = 0; i < 5; i++) await rest(trader(v, 7), 9_850, 1_000, expiry);
      await v.connection.networkHelpers.time.increase(100);
      await setTick(v, crash.crashed);
      const first = await eventsOf(v, deleverage(v, [], { maxSteps: 3 }));
      expect(named(first, "OrderRemoved")).to.have.length(3);
      expect(lotsIn(first, "AutoDeleveraged")).equal(0n);
      const second = await eventsOf(v, deleverage(v, []));
      expect(named(second, "OrderRemoved")).to.have.length(2);
      expect(lotsIn(second, "AutoDeleveraged")).equal(10_000n);
    });

    it("the victim's own orders are cancelled before, with the reason, and cannot meet themselves", async () => {
      const v = venue();
      await place(v, crash.victim, { isBid: side === "long", tick: mirrored(side, 9_900), lots: 500, leverage: 2 });
      await place(v, crash.victim, {
        isBid: side !== "long",
        tick: mirrored(side, 10_100),
        lots: 500,
        reduceOnly: true,
      });
      await setTick(v, crash.crashed);
      const events = await eventsOf(v, deleverage(v, []));
      expect(named(events, "OrderRemoved").map((e) => e["reason"])).to.deep.equal([6n, 6n]);
      expect((await v.exchange.orderMarginAt(1, crash.victim.account)).orderIds).to.have.length(0);
    });

    it("an order of a counterparty that closes its position is taken at its price", async () => {
      const v = venue();
      const last = crash.counterparties[4] as Trader;
      await place(v, last, { isBid: side === "long", tick: mirrored(side, 9_820), lots: 2_000, reduceOnly: true });
      await setTick(v, crash.crashed);
      const events = await eventsOf(v, deleverage(v, []));
      expect(lotsIn(events, "BankruptcySwept")).equal(2_000n);
      expect(lotsIn(events, "AutoDeleveraged")).equal(8_000n);
    });

    it("an old price does not keep a maker from opening against a bankrupt position", async () => {
      const v = venue();
      await rest(trader(v, 7), 9_850, 3_000);
      await setTick(v, crash.crashed);
      await v.connection.networkHelpers.time.increase(60_000);
      expect(lotsIn(await eventsOf(v, deleverage(v, [])), "BankruptcySwept")).equal(3_000n);
    });

    it("limit and band that do not overlap: nothing fills, ADL goes on", async () => {
      const v = venue();
      await rest(trader(v, 7), 9_850, 3_000); // above the band of 9,000
      await setTick(v, mirrored(side, 9_000));
      const events = await eventsOf(v, deleverage(v, []));
      // on the far side of the band: removed, not filled
      expect(named(events, "BankruptcySwept")).to.have.length(0);
      expect(lotsIn(events, "AutoDeleveraged")).equal(10_000n);
    });
  });
}

for (const side of ["long", "short"] as const satisfies Side[]) {
  describe(`Insurance: a bankrupt ${side}`, () => {
    let crash: Crash;
    const cap = 20n * USD;
    const fees = { takerFeeRate: 1_000, makerFeeRate: 500, rewardRate: 700 };
    const venue = useVenue({ traders: 12, markets: [{ dailyCoverCap: cap, maturity: 600, ...fees }] }, async (v) => {
      const { signer } = trader(v, 11);
      await v.deployed.collateral.mint(signer.address, 100n * USD);
      await v.deployed.collateral.connect(signer).approve(v.deployed.insuranceFundAddress, 100n * USD);
      await v.fund.connect(signer).deposit(100n * USD, signer.address);
      crash = await openCrash(v, side);
    });
    const rest = (t: Trader, tick: number, lots: number) =>
      place(venue(), t, { isBid: side === "long", tick: mirrored(side, tick), lots, leverage: 2 });
    const fund = () => venue().exchange.insuranceBalance();
    /** Of the victim, at a mark given as for a long. */
    const deficitAt = (tick: number) => BigInt(9_800 - tick) * 100_000n;

    it("pays counterparties the mark instead of X when it can", async () => {
      const v = venue();
      await setTick(v, mirrored(side, 9_700)); // a deficit of 10
      const before = await fund();
      const events = await eventsOf(v, deleverage(v, []));
      const [call] = named(events, "DeleverageCall");
      expect(call?.["cover"]).equal(deficitAt(9_700));
      expect(before - (await fund())).equal(deficitAt(9_700));
      // entered at 10,000, closed as if at 9,700, on 2,000 lots
      for (const e of named(events, "AutoDeleveraged")) expect(e["pnl"]).equal(6n * USD);
      expect(call?.["price"]).equal(BigInt(crash.x) * 655_360n);
    });

    it("pays no more than the day's cap, and pays again the next day", async () => {
      const v = venue();
      await setTick(v, crash.crashed); // a deficit of 30
      const before = await fund();
      const events = await eventsOf(v, deleverage(v, [], { maxCounterparties: 2 }));
      expect(named(events, "DeleverageCall")[0]?.["cover"]).equal((cap * 4_000n) / 10_000n);
      const again = await eventsOf(v, deleverage(v, [], { maxCounterparties: 1 }));
      expect(named(again, "DeleverageCall")[0]?.["cover"]).equal((cap * 2_000n) / 10_000n);
      await v.connection.networkHelpers.time.increase(86_400);
      await setTick(v, crash.crashed);
      const next = await eventsOf(v, deleverage(v, []));
      expect(named(next, "DeleverageCall")[0]?.["cover"]).equal((deficitAt(9_500) * 2n) / 5n);
      expect(before - (await fund())).equal((cap * 6_000n) / 10_000n + (deficitAt(9_500) * 2n) / 5n);
    });

    it("moves the book's limit: each fill draws what it is worse than X", async () => {
      const v = venue();
      await rest(trader(v, 7), 9_790, 3_000); // 20 ticks worse
      await rest(trader(v, 8), 9_820, 1_000); // 10 better: no draw
      await setTick(v, mirrored(side, 9_700));
      const events = await eventsOf(v, deleverage(v, []));
      const [swept] = named(events, "BankruptcySwept");
      expect(swept?.["lots"]).equal(4_000n);
      // 1,000 lots trade 20 ticks better than X; the other 9,000 may trade 20/9 ticks worse; 10 ticks on 3,000 lots less that
      expect(swept?.["cover"]).equal(300_000n - (20n * 10_000n) / 3n);
    });

    it("never beyond the mark less slippage", async () => {
      const v = venue();
      await rest(trader(v, 7), 9_651, 1_000); // the mark less 0.5 % is 9,651.5 for a long
      await rest(trader(v, 8), 9_652, 1_000);
      await setTick(v, mirrored(side, 9_700));
      const events = await eventsOf(v, deleverage(v, []));
      const trades = named(events, "Trade").map((e) => Number(e["tick"]));
      const slip = side === "long" ? Math.ceil(9_700 * 0.995) : Math.floor(10_300 * 1.005);
      for (const tick of trades) expect(side === "long" ? tick >= slip : tick <= slip).equal(true);
    });

    it("a position that grew just now forfeits cover and reward, and is closed all the same", async () => {
      const v = venue();
      await place(v, trader(v, 7), { isBid: side !== "long", tick: 10_000, lots: 200, leverage: 2 });
      await place(v, crash.victim, { isBid: side === "long", tick: 10_000, lots: 200, leverage: 50, ioc: true });
      await setTick(v, crash.crashed);
      const before = await fund();
      const caller = crash.others[2] as Trader;
      const events = await eventsOf(v, caller.exchange.autoDeleverage(1, [], LIMITS, GAS));
      const [call] = named(events, "DeleverageCall");
      expect([call?.["cover"], call?.["reward"]]).to.deep.equal([0n, 0n]);
      expect(await fund()).equal(before);
      expect((await readPositions(v)).get(crash.victim.account)).equal(undefined);
    });

    it("the caller is rewarded from the keeper reserve, in proportion to the notional, while there is any", async () => {
      const v = venue();
      await setTick(v, crash.crashed);
      const caller = crash.others[2] as Trader;
      const reserve = await v.exchange.keeperReserve();
      const free = (await v.exchange.accountAt(caller.account)).free;
      const limits = { ...LIMITS, maxCounterparties: 1 };
      const events = await eventsOf(v, caller.exchange.autoDeleverage(1, [], limits, GAS));
      // on the notional at the mark, or at what the position was opened for, whichever is less
      const due = (2_000n * BigInt(Math.min(crash.crashed, 10_000)) * 10n * 700n) / 1_000_000n;
      const paid = due < reserve ? due : reserve;
      expect(named(events, "DeleverageCall")[0]?.["reward"]).equal(paid);
      expect((await v.exchange.accountAt(caller.account)).free - free).equal(paid);
      expect(reserve - (await v.exchange.keeperReserve())).equal(paid);
      // the rest takes what is left of the reserve, and never more
      await caller.exchange.autoDeleverage(1, [], { ...limits, maxCounterparties: 32 }, GAS);
      expect((await v.exchange.keeperReserve()) < reserve).equal(true);
      expect((await readPositions(v)).size).equal(0);
    });
  });
}
