/**
 * The waterfall's stages one by one: each is reached without the others, says all of it in its event, and pays to the atom what the
 * definitions say; what the fund pays improves the price that counterparties are closed at.
 */

import { expect } from "chai";
import { type CloseResult, deleverage as modelDeleverage } from "../utils/adlModel.ts";
import { accountsOf, type Crash, deleverage, mirrored, openCrash, type Side } from "../utils/crash.ts";
import { marketConfig } from "../utils/marketConfig.ts";
import { byBankruptcy, settled } from "../utils/model.ts";
import { cross, place } from "../utils/orders.ts";
import { situationOf } from "../utils/scenarios.ts";
import { followIndex, readPositions, readPrices } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import {
  eventsOf,
  GAS,
  named,
  type ParsedEvent,
  parametersOf,
  setTick,
  type Trader,
  trader,
  USD,
  type Venue,
} from "../utils/venue.ts";

const STAGES = ["Liquidated", "BankruptcySwept", "AutoDeleveraged", "PrincipalClosed"] as const;
const stagesOf = (events: readonly ParsedEvent[]) => STAGES.filter((name) => named(events, name).length > 0);
const X16 = 65_536n;
const GAS_CAP = 16_777_216n;

export async function stake(v: Venue, amount: bigint): Promise<void> {
  const t = trader(v, 11);
  await v.deployed.collateral.mint(t.address, amount);
  await v.deployed.collateral.connect(t.signer).approve(v.deployed.insuranceFundAddress, amount);
  await v.fund.connect(t.signer).deposit(amount, t.address);
}

for (const side of ["long", "short"] as const satisfies Side[]) {
  describe(`Waterfall of a ${side}`, () => {
    let crash: Crash;
    const market = { dailyCoverCap: 12_345_678n, liquidationFeeRate: 1_000 };
    const venue = useVenue(
      { traders: 14, markets: [market, { ...market, dailyCoverCap: 1_000_000n * USD }] },
      async (v) => {
        crash = await openCrash(v, side);
      },
    );
    const rest = (tick: number, lots: number, t: Trader = trader(venue(), 7)) =>
      place(venue(), t, { isBid: side === "long", tick: mirrored(side, tick), lots, leverage: 1 });
    const caller = async () => (await venue().connection.ethers.getSigners())[0]?.address;
    const sequence = async () => (await venue().exchange.marketAt(1)).sequence;
    /** What the events say of each close, in the model's words. */
    const closesIn = (events: readonly ParsedEvent[], name: "AutoDeleveraged" | "PrincipalClosed") =>
      named(events, name).map((e) => ({
        account: Number(e["counterparty"]),
        lots: e["lots"],
        pnl: e["pnl"],
        payout: e["payout"],
      }));
    const inWords = (closes: readonly CloseResult[]) =>
      closes.map(({ account, lots, pnl, payout }) => ({ account, lots, pnl, payout }));

    it("stage 1 alone: Liquidated, whole", async () => {
      const v = venue();
      await rest(9_888, 10_000);
      await setTick(v, mirrored(side, 9_890));
      const events = await eventsOf(v, v.exchange.liquidate(1, crash.victim.account, 64, GAS));
      expect(stagesOf(events)).to.deep.equal(["Liquidated"]);
      const [e] = named(events, "Liquidated");
      const lots = e?.["lots"] as bigint;
      const mark = BigInt(mirrored(side, 9_890)) * 10n;
      expect(e?.toObject()).to.deep.equal({
        market: 1n,
        account: BigInt(crash.victim.account),
        caller: await caller(),
        lots,
        notional: lots * BigInt(mirrored(side, 9_888)) * 10n,
        fee: (lots * mark * 1_000n + 999_999n) / 1_000_000n,
        // 9,890 · 0.995 = 9,840.55, 10,110 · 1.005 = 10,160.55
        limitTick: side === "long" ? 9_841n : 10_160n,
        price: mark * X16,
        sequence: e?.["sequence"],
      });
    });

    it("stage 2 alone: BankruptcySwept, whole; the fund pays what the price is worse than X", async () => {
      const v = venue();
      await stake(v, 100n * USD);
      // X is 9,800: 10 ticks worse on 10,000 lots are 1 unit; 12.345678 of cover move the limit by 123 ticks
      await rest(9_790, 10_000);
      await setTick(v, crash.crashed);
      const before = await v.exchange.insuranceBalance();
      const events = await eventsOf(v, deleverage(v, []));
      expect(stagesOf(events)).to.deep.equal(["BankruptcySwept"]);
      expect(named(events, "DeleverageCall")).to.have.length(0);
      const [e] = named(events, "BankruptcySwept");
      expect(e?.toObject()).to.deep.equal({
        market: 1n,
        account: BigInt(crash.victim.account),
        caller: await caller(),
        lots: 10_000n,
        notional: 10_000n * BigInt(mirrored(side, 9_790)) * 10n,
        cover: 1n * USD,
        limitTick: side === "long" ? 9_677n : 10_323n,
        price: BigInt(crash.crashed) * 10n * X16,
        sequence: e?.["sequence"],
      });
      expect(before - (await v.exchange.insuranceBalance())).equal(1n * USD);
      expect((await readPositions(v)).get(crash.victim.account)).equal(undefined);
    });

    it("stage 3 alone: AutoDeleveraged for each, DeleverageCall for all, numbered on", async () => {
      const v = venue();
      await setTick(v, crash.crashed);
      const situation = await situationOf(v, followIndex(v));
      if (!situation) throw new Error("nobody is bankrupt");
      const [first] = await v.exchange.adlQueue(1, side === "long", situation.price, 1);
      const before = await sequence();
      const events = await eventsOf(v, deleverage(v, situation.list));
      expect(stagesOf(events)).to.deep.equal(["AutoDeleveraged"]);
      const closes = named(events, "AutoDeleveraged");
      expect(closes[0]?.toObject()).to.deep.equal({
        market: 1n,
        bankrupt: BigInt(crash.victim.account),
        counterparty: BigInt(crash.counterparties[0]?.account ?? 0),
        rank: 1n,
        score: first?.score,
        price: situation.price,
        lots: 2_000n,
        pnl: 4n * USD,
        payout: 9n * USD,
        left: 0n,
        sequence: closes[0]?.["sequence"],
      });
      const [call] = named(events, "DeleverageCall");
      expect(call?.toObject()).to.deep.equal({
        market: 1n,
        bankrupt: BigInt(crash.victim.account),
        caller: await caller(),
        lots: 10_000n,
        price: situation.price,
        mark: situation.prices.mark,
        cover: 0n,
        reward: 0n,
        sequence: call?.["sequence"],
      });
      const numbers = events.map((e) => e.args.toObject()["sequence"]).filter((s) => s !== undefined);
      // one log a counterparty: the only position that has an event of its own is the bankrupt one
      const changed = named(events, "PositionChanged").map((e) => Number(e["account"]));
      expect(changed).to.deep.equal([crash.victim.account]);
      expect(closes.map((e) => e["left"])).to.deep.equal(closes.map(() => 0n));
      expect(numbers).to.deep.equal(numbers.map((_, i) => before + BigInt(i) + 1n));
      expect(await sequence()).equal(before + BigInt(numbers.length));
    });

    for (const [what, staked] of [
      ["nothing: they close at X", 0n],
      ["a part: X moves towards the mark by it", 8_777_777n],
      ["all that is short: they close at the mark", 100n * USD],
    ] as const) {
      it(`the fund pays ${what}; payouts to the atom`, async () => {
        const v = venue();
        if (staked > 0n) await stake(v, staked);
        const parameters = marketConfig(v);
        await v.exchange.updateMarket(1, { ...parameters, dailyCoverCap: 1_000n * USD }, parametersOf(v).risk, []);
        await setTick(v, crash.crashed);
        const s = await situationOf(v, followIndex(v));
        if (!s) throw new Error("nobody is bankrupt");
        const budget = staked > USD ? staked - USD : 0n; // the fund keeps a unit
        const expected = modelDeleverage(
          s.bankrupt,
          s.queue.map((p) => settled(p, s.prices.funding)),
          budget,
          s.prices,
        );
        const events = await eventsOf(v, deleverage(v, s.list));
        expect(closesIn(events, "AutoDeleveraged")).to.deep.equal(inWords(expected.closes));
        expect(named(events, "DeleverageCall")[0]?.["cover"]).equal(expected.cover);
        expect(await v.exchange.insuranceBalance()).equal(staked - expected.cover);
        // 300 ticks on 10,000 lots are short: 30 units; the last close takes what is left of a part
        expect(expected.cover).equal(budget < 30n * USD ? budget : 30n * USD);
        if (staked === 100n * USD) {
          expect(expected.closes.map((c) => c.pnl)).to.deep.equal(Array<bigint>(5).fill(10n * USD)); // 500 ticks: the mark
        }
      });
    }

    it("the daily cap is reached in the middle; the next day goes on with a new one", async () => {
      const v = venue();
      await stake(v, 100n * USD);
      await setTick(v, crash.crashed);
      const cap = 12_345_678n;
      let budget = cap;
      let before = await v.exchange.insuranceBalance();
      for (const [day, count] of [
        [0, 2],
        [0, 1],
        [1, 2],
      ] as const) {
        if (day === 1) {
          await v.connection.networkHelpers.time.increase(86_400);
          await setTick(v, crash.crashed);
          budget = cap;
        }
        const s = await situationOf(v, followIndex(v));
        if (!s) throw new Error("nobody is bankrupt");
        const expected = modelDeleverage(s.bankrupt, s.queue.slice(0, count), budget, s.prices);
        const events = await eventsOf(v, deleverage(v, s.list.slice(0, count)));
        expect(closesIn(events, "AutoDeleveraged")).to.deep.equal(inWords(expected.closes));
        budget -= expected.cover;
        const after = await v.exchange.insuranceBalance();
        expect(before - after).equal(expected.cover);
        before = after;
        expect((await v.exchange.marketAt(1)).coverDrawn).equal(cap - budget);
      }
      expect((await readPositions(v)).get(crash.victim.account)).equal(undefined);
    });

    it("the cap used up to the atom: the rest of the day there is no cover at all", async () => {
      const v = venue();
      await stake(v, 100n * USD);
      const parameters = marketConfig(v);
      await v.exchange.updateMarket(1, { ...parameters, dailyCoverCap: 1_000n }, parametersOf(v).risk, []);
      await setTick(v, crash.crashed);
      for (let i = 0; i < 4; i++) await deleverage(v, [], { maxCounterparties: 1 });
      await deleverage(v, []);
      expect((await v.exchange.marketAt(1)).coverDrawn <= 1_000n).equal(true);
      expect(await v.exchange.insuranceBalance()).greaterThanOrEqual(100n * USD - 1_000n);
    });

    it("orders removed are progress, also for a list that nobody of is left: the call succeeds once, then has nothing to do", async () => {
      const v = venue();
      const from = side === "long" ? 9_976 : 10_026; // outside the band of the crashed mark
      await rest(from, 200);
      await rest(from + 1, 200);
      await setTick(v, crash.crashed);
      const gone = [trader(v, 12).account, trader(v, 13).account];
      const events = await eventsOf(v, deleverage(v, gone));
      expect(named(events, "OrderRemoved")).to.have.length(2);
      expect(stagesOf(events)).to.deep.equal([]);
      await expect(deleverage(v, gone)).to.be.revertedWithCustomError(v.exchange, "NoEligibleCounterparty").withArgs(1);
    });

    describe("at its largest", () => {
      /** 64 orders of twelve owners, each on a tick of its own, together less than the victim has; and 32 of the victim's that are cancelled first. */
      const fillBook = async (best: number) => {
        const v = venue();
        const owners = [6, 7, 8, 9, 10, 11, 12, 13].map((i) => trader(v, i));
        for (let i = 0; i < 64; i++) await rest(best - i, 105, owners[i % owners.length] as Trader);
        for (let i = 0; i < 32; i++) {
          await place(v, crash.victim, {
            isBid: side !== "long",
            tick: mirrored(side, 10_100 + i),
            lots: 200,
            leverage: 50,
          });
        }
      };
      /** Gas used by the one transaction of its block, and how many orders it filled. */
      const costOf = async (call: Parameters<typeof eventsOf>[1]) => {
        const trades = named(await eventsOf(venue(), call), "Trade").length;
        const block = await venue().connection.ethers.provider.getBlock("latest");
        return { gas: block?.gasUsed ?? 0n, trades };
      };

      it("stage 1 with 64 fills and 32 cancelled orders stays under the transaction gas cap", async () => {
        const v = venue();
        await fillBook(9_904);
        await setTick(v, mirrored(side, 9_890));
        const { gas, trades } = await costOf(v.exchange.liquidate(1, crash.victim.account, 64, GAS));
        // the limit that a wallet must send is a quarter above what is used after refunds
        expect(trades).equal(64);
        expect((gas * 5n) / 4n, `gas ${gas}`).lessThan(GAS_CAP);
      });

      it("stages 2 and 3 with 64 fills, 32 cancelled orders and all counterparties in one call, too", async () => {
        const v = venue();
        await fillBook(9_863);
        await setTick(v, crash.crashed);
        const { gas, trades } = await costOf(deleverage(v, []));
        expect((await readPositions(v)).get(crash.victim.account)).equal(undefined);
        expect(trades).equal(64);
        expect((gas * 5n) / 4n, `gas ${gas}`).lessThan(GAS_CAP);
      });
    });
  });

  describe(`Principal stage of a ${side}, to the atom`, () => {
    // opposing positions of odd sizes that are all at a loss at X: 2x, 8x, 4x, 6x, entered at 9,600
    const sizes = [997, 1_013, 769, 1_103];
    const leverages = [2, 8, 4, 6];
    const venue = useVenue({ traders: 8 }, async (v) => {
      const [victim, dealer] = [trader(v, 0), trader(v, 1)];
      await setTick(v, mirrored(side, 9_600));
      for (const [i, lots] of sizes.entries()) {
        const t = trader(v, i + 2);
        const tick = mirrored(side, 9_600);
        const leverage = leverages[i] ?? 1;
        if (side === "long") await cross(v, dealer, t, { tick, lots, longLeverage: 1, shortLeverage: leverage });
        else await cross(v, t, dealer, { tick, lots, longLeverage: leverage, shortLeverage: 1 });
      }
      await setTick(v, 10_000);
      const lots = 3_001; // not all of what they hold: the last one in part
      if (side === "long") await cross(v, victim, dealer, { tick: 10_000, lots, longLeverage: 50 });
      else await cross(v, dealer, victim, { tick: 10_000, lots, shortLeverage: 50 });
    });

    it("by bankruptcy price alone; X for everyone; margin back in proportion, the last one in part", async () => {
      const v = venue();
      await setTick(v, mirrored(side, 9_500));
      const s = await situationOf(v, followIndex(v));
      if (!s) throw new Error("nobody is bankrupt");
      expect(s.queue).to.deep.equal([]); // nobody in profit at X
      const before = await readPositions(v);
      const { base } = await readPrices(v);
      const opposing = byBankruptcy(
        [...before.values()].filter((p) => p.lots > 0n !== s.isLong),
        base,
      );
      // 8x, 6x, 4x, then a part of 2x; the dealer closed what it had sold
      expect(opposing.map((p) => p.account).slice(0, 4)).to.deep.equal(
        accountsOf([trader(v, 3), trader(v, 5), trader(v, 4), trader(v, 2)]),
      );
      const expected = modelDeleverage(s.bankrupt, opposing, 0n, s.prices);
      const events = await eventsOf(v, deleverage(v, []));
      expect(stagesOf(events)).to.deep.equal(["PrincipalClosed"]);
      const closes = named(events, "PrincipalClosed");
      expect(closes.map((e) => e.toObject())).to.deep.equal(
        expected.closes.map((c, i) => ({
          market: 1n,
          bankrupt: BigInt(trader(v, 0).account),
          counterparty: BigInt(c.account),
          price: s.price,
          lots: c.lots,
          pnl: c.pnl,
          payout: c.payout,
          left: c.after.lots < 0n ? -c.after.lots : c.after.lots,
          sequence: closes[i]?.["sequence"],
        })),
      );
      for (const [i, c] of expected.closes.entries()) {
        const p = before.get(c.account);
        if (!p) throw new Error("it had no position");
        const size = p.lots < 0n ? -p.lots : p.lots;
        // margin · x/q and the result, less what rounding keeps: under two atoms
        const exact = (p.margin * c.lots) / size + c.pnl;
        expect(c.payout <= exact + 1n && c.payout >= exact - 2n, `close ${i}: ${c.payout} of ${exact}`).equal(true);
        expect(c.pnl < 0n).equal(true); // it gives up principal
      }
      const last = expected.closes.at(-1);
      const after = (await readPositions(v)).get(last?.account ?? 0);
      expect([after?.lots, after?.cost, after?.margin]).to.deep.equal([
        last?.after.lots,
        last?.after.cost,
        last?.after.margin,
      ]);
    });
  });
}
