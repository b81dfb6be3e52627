/**
 * Patterns of reference/adl.md (b) 2, 3, 4: the caller's list as a weapon. A list may leave out, reorder, repeat or pad; it can never move
 * the loss to somebody who does not stand first, and what is refused leaves no trace.
 */
import { expect } from "chai";
import { accountsOf, type Crash, deleverage, openCrash } from "../utils/crash.ts";
import { cross } from "../utils/orders.ts";
import { fingerprint, situationOf } from "../utils/scenarios.ts";
import { followIndex, readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, trader, USD } from "../utils/venue.ts";

const RANKING = ["RankingIncomplete", "RankingUnsorted", "RankingNotFifo", "DuplicateCounterparty", "WrongSide"];

for (const side of ["long", "short"] as const) {
  describe(`Attack: the list against a bankrupt ${side}`, () => {
    let crash: Crash;
    const venue = useVenue({ traders: 14, markets: [{}, {}] }, async (v) => {
      crash = await openCrash(v, side);
      const [long, short] = side === "long" ? [10, 11] : [11, 10];
      // market 2: other accounts, on the same side as the counterparties of market 1
      await cross(v, trader(v, long), trader(v, short), { market: 2, tick: 10_000, lots: 500, shortLeverage: 20 });
      await setTick(v, crash.crashed);
    });
    const queue = () => accountsOf(crash.counterparties);
    const refused = async (list: number[]): Promise<string> => {
      const v = venue();
      const before = await fingerprint(v);
      const name = await deleverage(v, list).then(
        () => "accepted",
        (error: Error) => /custom error '(\w+)/.exec(error.message)?.[1] ?? error.message,
      );
      if (name !== "accepted") expect(await fingerprint(v), "a refused list leaves no trace").to.deep.equal(before);
      return name;
    };
    const taken = async (list: number[]) =>
      named(await eventsOf(venue(), deleverage(venue(), list)), "AutoDeleveraged").map((e) =>
        Number(e["counterparty"]),
      );

    it("permuted: of the 120 orders of five counterparties only the true one is accepted", async () => {
      const orders = permutations(queue());
      const snapshot = await venue().connection.networkHelpers.takeSnapshot();
      const accepted: number[][] = [];
      for (const order of orders) {
        const name = await deleverage(venue(), order).then(
          () => "accepted",
          (error: Error) => /custom error '(\w+)/.exec(error.message)?.[1] ?? error.message,
        );
        if (name === "accepted") accepted.push(order);
        else expect(RANKING).to.include(name);
        if (name === "accepted") await snapshot.restore();
      }
      expect(accepted).to.deep.equal([queue()]);
    });

    it("any set without the first is refused: a friend cannot be left out", async () => {
      const all = queue();
      for (let mask = 1; mask < 32; mask++) {
        const list = all.filter((_, i) => mask & (1 << i));
        const isPrefix = list.every((account, i) => account === all[i]);
        const name = isPrefix ? "prefix" : await refused(list);
        if (!isPrefix) expect(name, `list ${list}`).equal("RankingIncomplete");
      }
    });

    it("duplicated: next to itself, at the end, a hundred times", async () => {
      const [first = 0, second = 0, ...rest] = queue();
      expect(await refused([first, first, second])).equal("DuplicateCounterparty");
      expect(await refused([first, second, first, ...rest])).equal("DuplicateCounterparty");
      expect(await refused(Array.from({ length: 100 }, () => first))).equal("DuplicateCounterparty");
    });

    it("padded with bystanders who have no position, before, between and after: the same are taken at the same price", async () => {
      const v = venue();
      const idle = [6, 7, 8, 9].map((i) => trader(v, i).account);
      const [first = 0, ...rest] = queue();
      expect(await taken([...idle.slice(0, 2), first, ...idle.slice(2), ...rest])).to.deep.equal(queue());
    });

    it("accounts of the other market hold nothing here and are passed over; alone they make no progress", async () => {
      const foreign = [10, 11].map((i) => trader(venue(), i).account);
      expect(await refused(foreign)).equal("NoEligibleCounterparty");
      const lots = (await readPositions(venue(), 2)).get(foreign[1] ?? 0)?.lots;
      expect(await taken([...foreign, ...queue()])).to.deep.equal(queue());
      expect((await readPositions(venue(), 2)).get(foreign[1] ?? 0)?.lots).equal(lots);
      // and the healthy market itself cannot be deleveraged
      await expect(deleverage(venue(), foreign, {}, 2)).to.be.revertedWithCustomError(
        venue().exchange,
        "NothingToDeleverage",
      );
    });

    it("of the bankrupt's own side, or the bankrupt itself, at any place: WrongSide", async () => {
      for (let i = 0; i <= 2; i++)
        expect(await refused(queue().toSpliced(i, 0, crash.victim.account))).equal("WrongSide");
    });

    it("longer than needed: what comes after the bankrupt is closed is not even looked at", async () => {
      const nonsense = [queue()[0] ?? 0, crash.victim.account, 4_294_967_295];
      expect(await taken([...queue(), ...nonsense])).to.deep.equal(queue());
    });

    it("three hundred entries that are gone cost the caller, not the market, and stay under the transaction's cap", async () => {
      const padding = Array.from({ length: 300 }, (_, i) => 1_000_000 + i);
      const receipt = await (await deleverage(venue(), [...padding, ...queue()])).wait();
      expect((receipt?.gasUsed ?? 0n) < 16_777_216n, `${receipt?.gasUsed} gas`).equal(true);
      expect((await readPositions(venue())).has(crash.victim.account)).equal(false);
    });

    it("account 0, and the largest id there is: nobody, passed over", async () => {
      expect(await taken([0, 4_294_967_295, ...queue()])).to.deep.equal(queue());
    });

    it("empty: one step of progress whatever anybody lists, and the caller cannot choose whom", async () => {
      const events = await eventsOf(venue(), deleverage(venue(), [], { maxCounterparties: 1 }));
      expect(named(events, "AutoDeleveraged").map((e) => Number(e["counterparty"]))).to.deep.equal(queue().slice(0, 1));
    });

    it("a stale list after a newcomer went to the top: refused, and one empty call later the newcomer is closed", async () => {
      const v = venue();
      await setTick(v, 10_000);
      const [newcomer, other] = [trader(v, 8), trader(v, 9)];
      const [long, short] = side === "long" ? [other, newcomer] : [newcomer, other];
      const leverages =
        side === "long" ? { longLeverage: 1, shortLeverage: 49 } : { longLeverage: 49, shortLeverage: 1 };
      await cross(v, long, short, { tick: 10_000, lots: 2_000, ...leverages });
      await setTick(v, crash.crashed);
      const now = await situationOf(v, followIndex(v));
      expect(now?.list[0]).equal(newcomer.account);
      expect(await refused(queue())).equal("RankingIncomplete");
      await deleverage(v, [], { maxCounterparties: 1 });
      expect((await readPositions(v)).has(newcomer.account)).equal(false);
      // what the newcomer gave up, the last in line need not
      expect(await taken(queue())).to.deep.equal(queue().slice(0, 4));
    });

    it("candidate bankrupt itself just before: the other side cannot be (corridor), so its place in the list is kept", async () => {
      const v = venue();
      const positions = await readPositions(v);
      for (const account of queue()) {
        const call = v.exchange.autoDeleverage.staticCall(
          1,
          [],
          {
            maxSteps: 1,
            maxCounterparties: 1,
            nominee: account,
            deadline: 0,
            minPrice: -(2n ** 127n),
            maxPrice: 2n ** 127n - 1n,
          },
          GAS,
        );
        expect(await call, "the nominee does not replace the account that is bankrupt").greaterThan(0n);
        expect(positions.has(account)).equal(true);
      }
      const events = await eventsOf(v, deleverage(v, queue(), { nominee: queue()[0] ?? 0 }));
      expect(named(events, "DeleverageCall").map((e) => Number(e["bankrupt"]))).to.deep.equal([crash.victim.account]);
    });

    it("the bankrupt owner's second account, on the other side, is taken in its turn and pays like anybody", async () => {
      const v = venue();
      await setTick(v, 10_000);
      // the owner hedges with a second account at a middle rank; a stranger takes the other side of it
      const [second, stranger] = [trader(v, 8), trader(v, 9)];
      const [long, short] = side === "long" ? [stranger, second] : [second, stranger];
      const leverages =
        side === "long" ? { longLeverage: 1, shortLeverage: 15 } : { longLeverage: 15, shortLeverage: 1 };
      await cross(v, long, short, { tick: 10_000, lots: 2_000, ...leverages });
      await setTick(v, crash.crashed);
      const [a = 0, b = 0, ...rest] = queue();
      expect(await refused([a, b, ...rest])).equal("RankingIncomplete");
      const events = await eventsOf(v, deleverage(v, [a, b, second.account, ...rest]));
      const close = named(events, "AutoDeleveraged").find((e) => Number(e["counterparty"]) === second.account);
      expect(close?.["rank"]).equal(3n);
      // its profit at X is 200 of the 500 ticks: on 2,000 lots of 10 atoms a tick
      expect(close?.["pnl"]).equal(4n * USD);
    });
  });
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}
