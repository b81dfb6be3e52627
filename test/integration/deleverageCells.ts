/** Several counterparties in one index cell: first in is first taken, and a list may end in the middle. */
import { expect } from "chai";
import { accountsOf, deleverage } from "../utils/crash.ts";
import { ask, bid, cross, place } from "../utils/orders.ts";
import { situationOf } from "../utils/scenarios.ts";
import { followIndex, readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, trader, USD } from "../utils/venue.ts";

describe("autoDeleverage: one cell", () => {
  // shorts 1, 2, 3 share a cell, 4 stands alone behind them, 5 and 6 share the last one
  const venue = useVenue({ traders: 10 }, async (v) => {
    await setTick(v, 10_000);
    for (const [i, leverage] of [20, 20, 20, 10, 5, 5].entries()) {
      await place(v, trader(v, i + 1), ask(10_000, 1_000, { leverage }));
    }
    await place(v, trader(v, 0), bid(10_000, 6_000, { leverage: 50, ioc: true }));
  });
  const ids = (...indices: number[]) => accountsOf(indices.map((i) => trader(venue(), i)));
  const crash = () => setTick(venue(), 9_500);
  const taken = async (list: number[], maxCounterparties = 32) =>
    named(await eventsOf(venue(), deleverage(venue(), list, { maxCounterparties })), "AutoDeleveraged").map((e) =>
      Number(e["counterparty"]),
    );

  it("the members of a cell score the same and are taken in the order in which they came", async () => {
    await crash();
    const v = venue();
    const queue = await v.exchange.adlQueue(1, true, 9_800n * 10n * 65_536n, 10);
    expect(queue.map((e) => Number(e.account))).to.deep.equal(ids(1, 2, 3, 4, 5, 6));
    expect(new Set(queue.slice(0, 3).map((e) => e.score)).size).equal(1);
    expect((await situationOf(v, followIndex(v)))?.list).to.deep.equal(ids(1, 2, 3, 4, 5, 6));
    expect(await taken(ids(1, 2, 3, 4, 5, 6))).to.deep.equal(ids(1, 2, 3, 4, 5, 6));
  });

  it("the second one first: RankingNotFifo", async () => {
    await crash();
    const v = venue();
    await expect(deleverage(v, ids(2, 1, 3, 4)))
      .to.be.revertedWithCustomError(v.exchange, "RankingNotFifo")
      .withArgs(ids(2)[0]);
    await expect(deleverage(v, ids(1, 3, 2, 4)))
      .to.be.revertedWithCustomError(v.exchange, "RankingNotFifo")
      .withArgs(ids(3)[0]);
    await expect(deleverage(v, ids(3)))
      .to.be.revertedWithCustomError(v.exchange, "RankingNotFifo")
      .withArgs(ids(3)[0]);
  });

  it("a cell left before it is empty: RankingIncomplete", async () => {
    await crash();
    const v = venue();
    await expect(deleverage(v, ids(1, 2, 4))).to.be.revertedWithCustomError(v.exchange, "RankingIncomplete");
    await expect(deleverage(v, ids(1, 4))).to.be.revertedWithCustomError(v.exchange, "RankingIncomplete");
  });

  it("a cell entered a second time: rejected as a duplicate, or as unsorted", async () => {
    await crash();
    const v = venue();
    await expect(deleverage(v, ids(1, 2, 3, 4, 1))).to.be.revertedWithCustomError(v.exchange, "DuplicateCounterparty");
    await expect(deleverage(v, ids(4, 1, 2, 3))).to.be.revertedWithCustomError(v.exchange, "RankingUnsorted");
  });

  for (const cut of [1, 2, 3, 4, 5]) {
    it(`a list of ${cut} ends there, and the rest goes on from it`, async () => {
      await crash();
      expect(await taken(ids(1, 2, 3, 4, 5, 6).slice(0, cut))).to.have.length(cut);
      expect(await taken(ids(1, 2, 3, 4, 5, 6).slice(cut))).to.deep.equal(ids(1, 2, 3, 4, 5, 6).slice(cut));
      expect((await readPositions(venue())).size).equal(0);
    });

    it(`the contract's own pick of ${cut} ends there, too`, async () => {
      await crash();
      expect(await taken([], cut)).to.deep.equal(ids(1, 2, 3, 4, 5, 6).slice(0, cut));
      expect(await taken([])).to.deep.equal(ids(1, 2, 3, 4, 5, 6).slice(cut));
    });
  }

  it("the last counterparty in part stays first in its cell", async () => {
    const v = venue();
    // the victim hands 3,500 lots to another long, so 2,500 are to be closed
    await cross(v, trader(v, 7), trader(v, 0), { tick: 10_000, lots: 3_500, longLeverage: 2 });
    await setTick(v, 9_300); // what is left has more margin: bankrupt by more than a cell
    expect(await taken(ids(1, 2, 3))).to.deep.equal(ids(1, 2, 3));
    const third = (await readPositions(v)).get(ids(3)[0] ?? 0);
    expect([third?.lots, third?.prev, third?.next]).to.deep.equal([-500n, 0, ids(3)[0]]);
  });

  it("in part in the middle of a cell: it heads the cell, the later ones stay behind it", async () => {
    const v = venue();
    await cross(v, trader(v, 7), trader(v, 0), { tick: 10_000, lots: 4_500, longLeverage: 2 });
    await setTick(v, 9_100); // what is left has more margin: X is 9,200
    expect(await taken(ids(1, 2))).to.deep.equal(ids(1, 2));
    const positions = await readPositions(v);
    const [second, third] = [positions.get(ids(2)[0] ?? 0), positions.get(ids(3)[0] ?? 0)];
    expect([second?.lots, second?.prev, second?.next]).to.deep.equal([-500n, 0, third?.account]);
    expect([third?.prev, third?.next]).to.deep.equal([second?.account, second?.account]);
  });

  it("leaving and coming back puts a position last in its cell", async () => {
    const v = venue();
    const first = trader(v, 1);
    await first.exchange.addMargin(1, 5n * USD, GAS); // to the cell of 10x
    await first.exchange.removeMargin(1, 5n * USD, GAS);
    await crash();
    expect(await taken(ids(2, 3, 1, 4, 5, 6))).to.deep.equal(ids(2, 3, 1, 4, 5, 6));
  });
});
