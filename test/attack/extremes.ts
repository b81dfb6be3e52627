/** Extreme keys: over-collateralised positions, entries and marks at and beyond the edges of the grid, equal everything. */
import { expect } from "chai";
import { deleverage } from "../utils/crash.ts";
import { setFunding } from "../utils/funding.ts";
import { bankruptcyCost, cellOf } from "../utils/model.ts";
import { ask, bid, cross, submit } from "../utils/orders.ts";
import { resolveAll } from "../utils/randomMarket.ts";
import { situationOf } from "../utils/scenarios.ts";
import { followIndex, readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, trader, USD } from "../utils/venue.ts";

describe("Attack: extreme keys", () => {
  const venue = useVenue({ traders: 8 });
  const position = async (i: number) => (await readPositions(venue())).get(trader(venue(), i).account);

  it("a counterparty with a negative bankruptcy price is ranked last, and closed at X like anybody", async () => {
    const v = venue();
    const [victim, rich, modest] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, rich, victim, {
      tick: 10_000,
      lots: 1_000,
      longLeverage: 1,
      shortLeverage: 50,
      longExtra: 500n * USD,
    });
    await cross(v, modest, victim, { tick: 10_000, lots: 1_000, longLeverage: 2, shortLeverage: 50 });
    const p = await position(1);
    if (!p) throw new Error("no position");
    expect(bankruptcyCost(p) < 0n).equal(true);
    await setTick(v, 10_500);
    const events = await eventsOf(v, deleverage(v, [modest.account, rich.account]));
    expect(named(events, "AutoDeleveraged").map((e) => e["pnl"])).to.deep.equal([2n * USD, 2n * USD]);
    expect((await readPositions(v)).size).equal(0);
  });

  for (const [what, tick] of [
    ["far below the grid", 20],
    ["in its first octave", 60],
    ["in its last octave", 2_500_000],
    ["far above the grid", 8_000_000],
  ] as const) {
    it(`a mark ${what}: everybody who is bankrupt is resolved, and the books hold`, async () => {
      const v = venue();
      for (const [i, leverage] of [50, 20, 5, 2, 1].entries()) {
        await cross(v, trader(v, i), trader(v, 5), {
          tick: 10_000,
          lots: 1_000,
          longLeverage: leverage,
          shortLeverage: 2,
        });
      }
      await setTick(v, tick);
      await resolveAll(v);
      // beyond the grid the cell has no end and nothing opens; below it reaches down to zero and opening takes the margin to span it
      await submit(trader(v, 6), ask(tick, 50_000, { leverage: 20 }));
      const opens = await submit(trader(v, 7), bid(tick, 50_000, { leverage: 20, ioc: true })).then(
        async () => (await position(7)) !== undefined,
        () => false,
      );
      expect(opens).equal(tick < 5_000_000);
      const p = await position(7);
      if (p && tick < 51) expect(bankruptcyCost(p) < 0n, "its b lies outside of the cell").equal(true);
      await trader(v, 6).exchange.cancelAll(1, GAS);
      for (const t of venue().traders) {
        const free = (await v.exchange.accountAt(t.account)).free;
        await t.exchange.withdraw(free, t.address, GAS);
      }
    });
  }

  it("positions in the very last cells of the index are found, ranked and closed", async () => {
    const v = venue();
    const [victim, a, b] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await setTick(v, 100);
    await cross(v, a, victim, { tick: 100, lots: 200_000, longLeverage: 1, shortLeverage: 2 });
    await cross(v, b, victim, {
      tick: 100,
      lots: 200_000,
      longLeverage: 1,
      shortLeverage: 2,
      longExtra: 900_000n * USD,
    });
    await setTick(v, 4_000_000);
    const now = await situationOf(v, followIndex(v));
    expect(now?.list).to.deep.equal([a.account, b.account]);
    await deleverage(v, now?.list ?? []);
    expect((await readPositions(v)).size).equal(0);
  });

  it("everything equal: same entry, same margin, same cell, taken in the order in which they came", async () => {
    const v = venue();
    const order = [5, 2, 4, 1, 3];
    for (const i of order)
      await cross(v, trader(v, 0), trader(v, i), { tick: 10_000, lots: 500, longLeverage: 50, shortLeverage: 10 });
    await setTick(v, 9_500);
    const events = await eventsOf(v, deleverage(v, []));
    expect(named(events, "AutoDeleveraged").map((e) => Number(e["counterparty"]))).to.deep.equal(
      order.map((i) => trader(v, i).account),
    );
  });

  it("funding not settled: ranked, priced and paid with what is owed (pattern 24)", async () => {
    const v = venue();
    const [victim, a, b] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, victim, a, { tick: 10_000, lots: 1_000, longLeverage: 50, shortLeverage: 10 });
    // b enters after longs have paid 100 ticks to shorts: it has none of it
    await setFunding(v, -(100n * 655_360n));
    await cross(v, victim, b, { tick: 10_000, lots: 1_000, longLeverage: 50, shortLeverage: 10 });
    const cells = [await position(1), await position(2)].map((p) => p && cellOf(p, 25));
    expect(cells[0]?.v).not.equal(cells[1]?.v);
    await setFunding(v, 50n * 655_360n);
    await setTick(v, 9_700);
    const now = await situationOf(v, followIndex(v));
    expect(now?.bankrupt.account).equal(victim.account);
    const events = await eventsOf(v, deleverage(v, now?.list ?? []));
    expect(named(events, "DeleverageCall")[0]?.["price"]).equal(now?.price);
    expect((await readPositions(v)).get(victim.account)).equal(undefined);
  });
});
