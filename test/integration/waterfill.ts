/** LeverageWaterfill on the exchange itself: what a call does, what it leaves, and which changes of policy are refused. */
import { expect } from "chai";
import { accountsOf, type Crash, deleverage, openCrash, type Side } from "../utils/crash.ts";
import { checkInvariants } from "../utils/invariants.ts";
import { marketConfig } from "../utils/marketConfig.ts";
import { abs, bankruptcyTick, cellOf, settled } from "../utils/model.ts";
import { cross } from "../utils/orders.ts";
import { fingerprint } from "../utils/scenarios.ts";
import { followIndex, readExchange, readPositions, readPrices } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, noLimits, type ParsedEvent, setTick, type Venue } from "../utils/venue.ts";
import { fill } from "../utils/waterfillModel.ts";

for (const side of ["long", "short"] as const satisfies Side[]) {
  describe(`LeverageWaterfill against a bankrupt ${side}`, () => {
    let crash: Crash;
    const venue = useVenue({ traders: 12, markets: [{ rankPolicy: 1, minNotional: 1n }] }, async (v) => {
      crash = await openCrash(v, side);
      // half of the bankrupt position goes to somebody without leverage, so that not everybody has to be closed
      const other = v.traders[8];
      if (!other) throw new Error("no trader");
      const [long, short] = side === "long" ? [other, crash.victim] : [crash.victim, other];
      await cross(v, long, short, { tick: 10_000, lots: 5_000, longLeverage: 1, shortLeverage: 1 });
      await setTick(v, crash.crashed);
    });
    const ranked = () => accountsOf(crash.counterparties);
    /** As many calls as it takes: each makes a bounded number of steps. */
    const resolve = async (v: Venue) => {
      const events: ParsedEvent[] = [];
      while ((await readPositions(v)).has(crash.victim.account)) {
        const queue = await v.exchange.adlQueue(1, side === "long", BigInt(crash.x) * 655_360n, 10);
        events.push(
          ...(await eventsOf(
            v,
            deleverage(
              v,
              queue.map((e) => Number(e.account)),
            ),
          )),
        );
      }
      return named(events, "AutoDeleveraged");
    };
    const model = async (v: Venue) => {
      const prices = await readPrices(v);
      const shadow = followIndex(v);
      await shadow.sync();
      const all = shadow.positions();
      const bankrupt = all.find((p) => p.account === crash.victim.account);
      if (!bankrupt) throw new Error("nobody is bankrupt");
      const others = all.filter((p) => p.lots > 0n !== bankrupt.lots > 0n);
      return { prices, ...fill(settled(bankrupt, prices.funding), others, 0n, prices) };
    };

    it("brings the most levered down to one leverage, touches nobody below it, and leaves margin and result in place", async () => {
      const v = venue();
      const before = await readPositions(v);
      const free = (await readExchange(v)).free;
      const expected = await model(v);
      const closes = sumsOf(await resolve(v));
      const members = expected.members.toSorted((a, b) => a.account - b.account);
      expect(closes.map((e) => [e.counterparty, e.lots, e.pnl, e.payout])).to.deep.equal(
        members.map((m) => [m.account, m.lots, m.pnl, m.payout]),
      );
      expect(closes.length).greaterThan(1).lessThan(ranked().length);
      const after = await readPositions(v);
      expect(after.has(crash.victim.account)).equal(false);
      for (const account of ranked()) {
        const [was, is] = [before.get(account), after.get(account)];
        const close = closes.find((e) => e.counterparty === account);
        expect(abs(was?.lots ?? 0n) - abs(is?.lots ?? 0n)).equal(close?.lots ?? 0n);
        expect(is?.margin).equal((was?.margin ?? 0n) + (close?.pnl ?? 0n));
        expect((await v.exchange.accountAt(account)).free).equal(free.get(account));
      }
      const { base, mark, funding } = expected.prices;
      const atMark = bankruptcyTick(mark - funding, base);
      const distance = (account: number) => {
        const p = after.get(account);
        if (!p) throw new Error(`${account} is closed`);
        return Math.abs(8_191 - (p.lots > 0n ? cellOf(p, base).v : 8_191 - cellOf(p, base).v) - atMark);
      };
      const touched = closes.map((e) => distance(e.counterparty));
      // one common leverage, to a row; what is rounded up to a lot can carry over an edge
      expect(Math.max(...touched) - Math.min(...touched)).lessThanOrEqual(2);
      await checkInvariants(v);
    });

    it("one by one, by list or by the contract's own pick: the identical state", async () => {
      const v = venue();
      const start = await v.connection.networkHelpers.takeSnapshot();
      await resolve(v);
      const whole = await fingerprint(v);
      await start.restore();
      for (let i = 0; (await readPositions(v)).has(crash.victim.account); i++) {
        if (i > 3_000) throw new Error("no end");
        const queue = await v.exchange.adlQueue(1, side === "long", BigInt(crash.x) * 655_360n, 10);
        const list = queue.slice(0, 1 + (i % 3)).map((e) => Number(e.account));
        await deleverage(v, i % 2 === 0 ? list : [], { maxCounterparties: 1 });
        if (i % 100 === 0) await checkInvariants(v, { quick: true });
      }
      expect(await fingerprint(v)).to.deep.equal(whole);
    });

    it("the queue is by leverage; a list without its first is refused, a longer one than needed is not", async () => {
      const v = venue();
      const queue = await v.exchange.adlQueue(1, side === "long", BigInt(crash.x) * 655_360n, 10);
      expect(queue.map((e) => Number(e.account))).to.deep.equal(ranked());
      for (const [i, entry] of queue.entries()) {
        const before = queue[i - 1];
        if (before) expect(entry.score).lessThan(before.score);
      }
      await expect(deleverage(v, ranked().slice(1))).to.be.revertedWithCustomError(v.exchange, "RankingIncomplete");
      await expect(deleverage(v, [...ranked().slice(0, 1), ...ranked()]))
        .to.be.revertedWithCustomError(v.exchange, "DuplicateCounterparty")
        .withArgs(ranked()[0]);
      await expect(deleverage(v, [crash.victim.account])).to.be.revertedWithCustomError(v.exchange, "WrongSide");
      await resolve(v);
    });

    it("the policy cannot change while somebody is bankrupt, or while nobody knows", async () => {
      const v = venue();
      const [administrator] = await v.connection.ethers.getSigners();
      const change = () =>
        v.exchange.connect(administrator).updateMarket(1, { ...marketConfig(v), rankPolicy: 0 }, noLimits, [], GAS);
      await expect(change()).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent");
      await resolve(v);
      await v.connection.networkHelpers.time.increase(70_000);
      await expect(change()).to.be.revertedWithCustomError(v.exchange, "InvalidMarketConfig").withArgs("rankPolicy");
      await setTick(v, crash.crashed);
      await change();
      expect((await v.exchange.marketConfig(1)).rankPolicy).equal(0n);
    });
  });
}

/** What each counterparty gave over several calls, by account. */
function sumsOf(closes: readonly ParsedEvent["args"][]) {
  const sums = new Map<number, { counterparty: number; lots: bigint; pnl: bigint; payout: bigint }>();
  for (const e of closes) {
    const counterparty = Number(e["counterparty"]);
    const sum = sums.get(counterparty) ?? { counterparty, lots: 0n, pnl: 0n, payout: 0n };
    sum.lots += e["lots"] as bigint;
    sum.pnl += e["pnl"] as bigint;
    sum.payout += e["payout"] as bigint;
    sums.set(counterparty, sum);
  }
  return [...sums.values()].sort((a, b) => a.counterparty - b.counterparty);
}
