/** autoDeleverage: which lists are accepted, which are rejected and how, and what a call does. Both sides of the market. */
import { expect } from "chai";
import { accountsOf, type Crash, deleverage, mirrored, openCrash, type Side } from "../utils/crash.ts";
import { bankruptcyCost } from "../utils/model.ts";
import { cross, place } from "../utils/orders.ts";
import { situationOf } from "../utils/scenarios.ts";
import { followIndex, readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, trader, USD } from "../utils/venue.ts";

for (const side of ["long", "short"] as const satisfies Side[]) {
  describe(`autoDeleverage of a bankrupt ${side}`, () => {
    let crash: Crash;
    const venue = useVenue({ traders: 12 }, async (v) => {
      crash = await openCrash(v, side);
    });
    const ranked = () => accountsOf(crash.counterparties);
    const price = (tick: number) => BigInt(tick) * 10n * 65_536n;

    describe("accepted", () => {
      it("the list in rank order: closes at X, pays margin and profit, one event a counterparty", async () => {
        const v = venue();
        await setTick(v, crash.crashed);
        expect((await situationOf(v, followIndex(v)))?.list).to.deep.equal(ranked());
        const free = await Promise.all(ranked().map(async (a) => (await v.exchange.accountAt(a)).free));
        const events = await eventsOf(v, deleverage(v, ranked()));
        const closes = named(events, "AutoDeleveraged");
        expect(closes.map((e) => Number(e["counterparty"]))).to.deep.equal(ranked());
        expect(closes.map((e) => e["rank"])).to.deep.equal([1n, 2n, 3n, 4n, 5n]);
        for (const [i, e] of closes.entries()) {
          expect(e["bankrupt"]).equal(BigInt(crash.victim.account));
          expect(e["price"]).equal(price(crash.x));
          expect(e["lots"]).equal(2_000n);
          expect(e["pnl"]).equal(4n * USD); // 2,000 lots · 200 ticks · 10 atoms
          const margin = (200n * USD) / BigInt([40, 20, 10, 5, 2][i] ?? 1);
          expect(e["payout"]).equal(margin + 4n * USD);
          expect((await v.exchange.accountAt(ranked()[i] ?? 0)).free).equal((free[i] ?? 0n) + margin + 4n * USD);
        }
        const scores = closes.map((e) => e["score"] as bigint);
        expect(scores).to.deep.equal([...scores].sort((a, b) => (a > b ? -1 : 1)));
        const [call] = named(events, "DeleverageCall");
        expect([call?.["lots"], call?.["price"], call?.["mark"], call?.["cover"], call?.["reward"]]).to.deep.equal([
          10_000n,
          price(crash.x),
          price(crash.crashed),
          0n,
          0n,
        ]);
        expect((await readPositions(v)).size).equal(0);
        expect(await v.exchange.poke.staticCall(1)).equal(false);
      });

      it("the empty list: the same counterparties, picked by the contract", async () => {
        const v = venue();
        await setTick(v, crash.crashed);
        const events = await eventsOf(v, deleverage(v, []));
        expect(named(events, "AutoDeleveraged").map((e) => Number(e["counterparty"]))).to.deep.equal(ranked());
        expect(named(events, "AutoDeleveraged").map((e) => e["rank"])).to.deep.equal([1n, 2n, 3n, 4n, 5n]);
      });

      it("the empty list with a limit of one: one, and the victim stays taken", async () => {
        const v = venue();
        await setTick(v, crash.crashed);
        const events = await eventsOf(v, deleverage(v, [], { maxCounterparties: 1 }));
        expect(named(events, "AutoDeleveraged").map((e) => Number(e["counterparty"]))).to.deep.equal(
          ranked().slice(0, 1),
        );
        expect((await v.exchange.marketAt(1)).taken).equal(BigInt(crash.victim.account));
      });

      it("more counterparties than needed: the last one in part, the rest untouched", async () => {
        const v = venue();
        // the victim closes 1,000 lots before the crash
        await place(v, trader(v, 7), { isBid: side === "long", tick: 10_000, lots: 1_000, leverage: 2 });
        await place(v, crash.victim, { isBid: side === "short", tick: 10_000, lots: 1_000, ioc: true });
        await setTick(v, crash.crashed);
        const before = await readPositions(v);
        const events = await eventsOf(v, deleverage(v, [...ranked(), trader(v, 8).account]));
        expect(named(events, "AutoDeleveraged").map((e) => e["lots"])).to.deep.equal([
          2_000n,
          2_000n,
          2_000n,
          2_000n,
          1_000n,
        ]);
        const last = (await readPositions(v)).get(ranked()[4] ?? 0);
        const was = before.get(ranked()[4] ?? 0);
        if (!last || !was) throw new Error("the last counterparty is gone");
        // margin is returned pro rata: half the lots, half of cost, margin and K
        expect([last.lots * 2n, last.cost * 2n, last.margin * 2n]).to.deep.equal([was.lots, was.cost, was.margin]);
        expect(bankruptcyCost(last) * 2n).equal(bankruptcyCost(was));
      });

      it("entries that are gone are skipped: closed, never traded, unknown", async () => {
        const v = venue();
        await setTick(v, crash.crashed);
        const [bystander, unknown] = [crash.others[0]?.account ?? 0, 4_000_000];
        const list = [bystander, ...ranked().slice(0, 2), unknown, ...ranked().slice(2), 0];
        const events = await eventsOf(v, deleverage(v, list));
        expect(named(events, "AutoDeleveraged").map((e) => Number(e["counterparty"]))).to.deep.equal(ranked());
      });

      it("entries that are not eligible are skipped: opposing, but not in profit at X", async () => {
        const v = venue();
        const [late, partner] = [trader(v, 7), trader(v, 8)];
        // enters beyond X, where the victim is still just solvent
        const beyond = mirrored(side, 9_810);
        await setTick(v, beyond);
        const cheap = mirrored(side, 9_790);
        const [long, short] = side === "long" ? [partner, late] : [late, partner];
        await cross(v, long, short, { tick: cheap, lots: 1_000, longLeverage: 2, shortLeverage: 2 });
        await setTick(v, crash.crashed);
        const events = await eventsOf(v, deleverage(v, [late.account, ...ranked()]));
        expect(named(events, "AutoDeleveraged").map((e) => Number(e["counterparty"]))).to.deep.equal(ranked());
        expect((await readPositions(v)).get(late.account)?.cost).equal(BigInt(cheap) * 10_000n);
      });

      it("a prefix is a valid call, and the next one goes on where it ended", async () => {
        const v = venue();
        await setTick(v, crash.crashed);
        await eventsOf(v, deleverage(v, ranked().slice(0, 2)));
        expect((await readPositions(v)).get(crash.victim.account)?.lots).equal(side === "long" ? 6_000n : -6_000n);
        const events = await eventsOf(v, deleverage(v, ranked()));
        // ranks are counted a call; what was taken is gone and skipped
        expect(named(events, "AutoDeleveraged").map((e) => Number(e["counterparty"]))).to.deep.equal(ranked().slice(2));
      });

      it("by anyone: an account is not needed, and no approval", async () => {
        const v = venue();
        await setTick(v, crash.crashed);
        const stranger = (await v.connection.ethers.getSigners())[50];
        if (!stranger) throw new Error("no signer");
        const limits = {
          maxSteps: 1,
          maxCounterparties: 9,
          nominee: 0,
          deadline: 0,
          minPrice: 0,
          maxPrice: 2n ** 100n,
        };
        await v.exchange.connect(stranger).autoDeleverage(1, [], limits, GAS);
        expect((await readPositions(v)).size).equal(0);
      });
    });

    describe("rejected", () => {
      const rejects = async (list: number[], error: string, ...args: unknown[]) => {
        const v = venue();
        await setTick(v, crash.crashed);
        const assertion = expect(deleverage(v, list)).to.be.revertedWithCustomError(v.exchange, error);
        await (args.length > 0 ? assertion.withArgs(...args) : assertion);
        // whatever was tried, the honest list still works
        await eventsOf(v, deleverage(v, ranked()));
      };

      it("one left out: RankingIncomplete", () =>
        rejects(
          ranked().filter((_, i) => i !== 1),
          "RankingIncomplete",
        ));
      it("the first one left out: RankingIncomplete", () => rejects(ranked().slice(1), "RankingIncomplete"));
      it("only the last one: RankingIncomplete", () => rejects(ranked().slice(4), "RankingIncomplete"));
      it("two swapped: RankingUnsorted at the one that ranks better", () => {
        const [a, b, ...rest] = ranked();
        return rejects([b ?? 0, a ?? 0, ...rest], "RankingUnsorted", a ?? 0);
      });
      it("reversed: RankingUnsorted", () => rejects(ranked().reverse(), "RankingUnsorted", ranked()[3]));
      it("one duplicated: DuplicateCounterparty", () => {
        const [a, ...rest] = ranked();
        return rejects([a ?? 0, a ?? 0, ...rest], "DuplicateCounterparty", a ?? 0);
      });
      it("one duplicated further on: DuplicateCounterparty", () => {
        const [a, b, c, ...rest] = ranked();
        return rejects([a ?? 0, b ?? 0, c ?? 0, a ?? 0, ...rest], "DuplicateCounterparty", a ?? 0);
      });
      it("the bankrupt account itself: WrongSide", () =>
        rejects([crash.victim.account, ...ranked()], "WrongSide", crash.victim.account));
      it("a bystander put before better ones: RankingUnsorted", () => {
        const [a, b, c, d, e] = ranked();
        return rejects([a ?? 0, e ?? 0, b ?? 0, c ?? 0, d ?? 0], "RankingUnsorted", b ?? 0);
      });
      it("a bystander instead of a better one: RankingIncomplete", () => {
        const [a, , , , e] = ranked();
        return rejects([a ?? 0, e ?? 0], "RankingIncomplete");
      });
      it("nobody of the list can be taken: NoEligibleCounterparty", () =>
        rejects([crash.others[0]?.account ?? 0], "NoEligibleCounterparty", 1));
      it("the empty list with a limit of nobody: NoEligibleCounterparty", async () => {
        const v = venue();
        await setTick(v, crash.crashed);
        await expect(deleverage(v, [], { maxCounterparties: 0 })).to.be.revertedWithCustomError(
          v.exchange,
          "NoEligibleCounterparty",
        );
      });

      it("one of the wrong side: WrongSide", async () => {
        const v = venue();
        const [own, other] = [trader(v, 7), trader(v, 8)];
        const [long, short] = side === "long" ? [own, other] : [other, own];
        await cross(v, long, short, { tick: 10_000, lots: 500, longLeverage: 1, shortLeverage: 1 });
        await rejects([...ranked().slice(0, 2), own.account, ...ranked().slice(2)], "WrongSide", own.account);
      });

      it("nobody is bankrupt: NothingToDeleverage", async () => {
        const v = venue();
        await expect(deleverage(v, ranked()))
          .to.be.revertedWithCustomError(v.exchange, "NothingToDeleverage")
          .withArgs(1);
        await expect(deleverage(v, [])).to.be.revertedWithCustomError(v.exchange, "NothingToDeleverage").withArgs(1);
      });

      it("past its deadline: DeadlineExpired; at it, it runs", async () => {
        const v = venue();
        await setTick(v, crash.crashed);
        const { time } = v.connection.networkHelpers;
        const at = (await time.latest()) + 10;
        await time.setNextBlockTimestamp(at);
        await expect(deleverage(v, [], { deadline: at - 1 }))
          .to.be.revertedWithCustomError(v.exchange, "DeadlineExpired")
          .withArgs(at - 1);
        await time.setNextBlockTimestamp(at + 10);
        await deleverage(v, [], { deadline: at + 10 });
      });

      it("X outside the caller's bounds: PriceOutsideLimits; at a bound, it runs", async () => {
        const v = venue();
        await setTick(v, crash.crashed);
        const x = price(crash.x);
        await expect(deleverage(v, [], { minPrice: x + 1n })).to.be.revertedWithCustomError(
          v.exchange,
          "PriceOutsideLimits",
        );
        await expect(deleverage(v, [], { maxPrice: x - 1n })).to.be.revertedWithCustomError(
          v.exchange,
          "PriceOutsideLimits",
        );
        await deleverage(v, [], { minPrice: x, maxPrice: x });
      });

      it("a step budget of zero or above the cap: InvalidStepBudget", async () => {
        const v = venue();
        await setTick(v, crash.crashed);
        for (const maxSteps of [0, 65]) {
          await expect(deleverage(v, [], { maxSteps }))
            .to.be.revertedWithCustomError(v.exchange, "InvalidStepBudget")
            .withArgs(maxSteps, 64);
        }
      });
    });
  });
}
