/**
 * Worst cases against counterparties. How many one call takes is its caller's choice: how many fit one transaction is found out, and
 * that fewer make progress, down to one.
 */
import { expect } from "chai";
import { deleverage } from "../../utils/crash.ts";
import { createScene, FULL, fillBids, fillSeats, populate, type Scene, STEPS } from "../../utils/gasScene.ts";
import { countOf, GAS_CAP, type GasTable, largestThatFits, lastGas } from "../../utils/gasTable.ts";
import { LIMITS } from "../../utils/randomMarket.ts";
import { situationOf } from "../../utils/scenarios.ts";
import { followIndex } from "../../utils/state.ts";
import { eventsOf, GAS, setTick } from "../../utils/venue.ts";

/** More than fit. */
const CROWD = 680;
/** The most that a keeper asks for (keeper/config/settings.ts). */
const KEEPERS = 40;

export function deleverageCases(table: GasTable): void {
  for (const [stage, from, low] of [
    ["AutoDeleveraged", 94_000, 60_000],
    ["PrincipalClosed", 50_000, 75_000],
  ] as const) {
    describe(`${stage}: ${CROWD} counterparties, each in a cell of its own`, () => {
      let s: Scene;
      let population: Awaited<ReturnType<Scene["v"]["connection"]["networkHelpers"]["takeSnapshot"]>>;
      before(async () => {
        s = await createScene();
        await populate(s, from, CROWD);
        population = await s.v.connection.networkHelpers.takeSnapshot();
      });
      beforeEach(async () => {
        await population.restore();
      });
      const resolved = async () => (await s.v.exchange.positionAt(1, s.victim.account)).lots === 0n;
      const picked = (n: number) => deleverage(s.v, [], { maxCounterparties: n });
      const tryPicked = (n: number) =>
        s.v.exchange.autoDeleverage.staticCall(1, [], { ...LIMITS, maxCounterparties: n }, GAS);
      /** Takes n counterparties in one transaction, which must have been full, and then the rest in chunks. */
      const finish = async (what: string, n: number, call: (taken: number, n: number) => ReturnType<typeof picked>) => {
        expect(n, "more than fit").lessThan(CROWD);
        expect(countOf(await eventsOf(s.v, call(0, n)), stage)).equal(n);
        const gas = await lastGas(s.v);
        table.recordFull("autoDeleverage", `${what}: ${n} fit`, gas);
        // it was the gas that set the limit: a fifth at most came back
        expect(gas > (GAS_CAP * 3n) / 4n, `${gas} gas for ${n}`).equal(true);
        expect(countOf(await eventsOf(s.v, call(n, 1)), stage)).equal(1);
        for (let taken = n + 1; taken < CROWD; taken += 100) await call(taken, 100).then((t) => t.wait());
        expect(await resolved()).equal(true);
      };

      it("the contract's own pick", async () => {
        await setTick(s.v, low);
        const n = await largestThatFits(tryPicked, CROWD, 20);
        await finish(`${stage}, picked`, n, (_, count) => picked(count));
      });

      it("as many of its pick as a keeper asks for, after 64 fills", async () => {
        await fillSeats(s);
        await fillBids(s, 79_900, from === 94_000 ? 300 : 75);
        await setTick(s.v, low);
        const counts = { Trade: STEPS, OrderRemoved: 32, [stage]: KEEPERS };
        const what = `64 makers open with cover, 32 own orders, ${KEEPERS} picked (${stage})`;
        await table.measure(s.v, "autoDeleverage", what, picked(KEEPERS), counts);
      });

      if (stage === "PrincipalClosed") return;

      it("a list", async () => {
        await setTick(s.v, low);
        const list = (await situationOf(s.v, followIndex(s.v)))?.list ?? [];
        expect(list.length).equal(CROWD);
        const attempt = (n: number) => s.v.exchange.autoDeleverage.staticCall(1, list.slice(0, n), LIMITS, GAS);
        const n = await largestThatFits(attempt, CROWD, 20);
        await finish(`${stage}, listed`, n, (taken, count) => deleverage(s.v, list.slice(taken, taken + count)));
      });

      it("a list after 64 fills, 32 own orders", async () => {
        await fillSeats(s);
        await fillBids(s, 79_900, 300);
        await setTick(s.v, low);
        const list = (await situationOf(s.v, followIndex(s.v)))?.list ?? [];
        const attempt = (n: number) => s.v.exchange.autoDeleverage.staticCall(1, list.slice(0, n), LIMITS, GAS);
        const n = await largestThatFits(attempt, CROWD - STEPS, 20);
        const events = await eventsOf(s.v, deleverage(s.v, list.slice(0, n)));
        expect([countOf(events, "Trade"), countOf(events, stage)]).to.deep.equal([STEPS, n]);
        table.recordFull(
          "autoDeleverage",
          `64 makers open with cover, 32 own orders, then a list: ${n} fit`,
          await lastGas(s.v),
        );
      });

      it("preventiveDeleverage", async () => {
        await fillSeats(s);
        await fillBids(s, 81_500, 10);
        await setTick(s.v, 81_000);
        const { account } = s.victim;
        const call = (count: number) => s.v.exchange.preventiveDeleverage(1, account, STEPS, count, GAS);
        // the market's step cap bounds counterparties, too
        await expect(call(STEPS + 1)).to.be.revertedWithCustomError(s.v.exchange, "InvalidStepBudget");
        const full = await s.v.connection.networkHelpers.takeSnapshot();
        const events = await eventsOf(s.v, call(STEPS));
        expect([countOf(events, "Trade"), countOf(events, "PreventivelyDeleveraged")]).to.deep.equal([STEPS, STEPS]);
        table.recordFull(
          "preventiveDeleverage",
          `64 makers open, 32 own orders, ${STEPS} counterparties`,
          await lastGas(s.v),
        );
        expect(countOf(await eventsOf(s.v, call(1)), "PreventivelyDeleveraged")).equal(1);
        await full.restore();
        const counts = { Trade: STEPS, OrderRemoved: 32, PreventivelyDeleveraged: KEEPERS };
        await table.measure(
          s.v,
          "preventiveDeleverage",
          `64 makers open, 32 own orders, ${KEEPERS} counterparties`,
          call(KEEPERS),
          counts,
        );
      });
    });
  }

  describe("LeverageWaterfill: 200 counterparties, each in a row of its own, and a call of as many steps as there may be", () => {
    let s: Scene;
    let population: Awaited<ReturnType<Scene["v"]["connection"]["networkHelpers"]["takeSnapshot"]>>;
    before(async () => {
      s = await createScene([{ ...FULL, rankPolicy: 1 }]);
      await populate(s, 94_000, 200);
      population = await s.v.connection.networkHelpers.takeSnapshot();
    });
    beforeEach(async () => {
      await population.restore();
    });

    for (const count of [KEEPERS, 200]) {
      it(`${count} picked, after 64 fills and 32 own orders`, async () => {
        await fillSeats(s);
        await fillBids(s, 79_900, 300);
        await setTick(s.v, 60_000);
        const events = await eventsOf(s.v, deleverage(s.v, [], { maxCounterparties: count }));
        const taken = countOf(events, "AutoDeleveraged");
        expect(countOf(events, "Trade")).equal(STEPS);
        expect(taken).greaterThan(1);
        table.record(
          "autoDeleverage",
          `64 makers open with cover, 32 own orders, waterfill: ${taken} of ${count} reached`,
          await lastGas(s.v),
        );
      });
    }
  });
}
