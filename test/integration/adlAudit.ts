/**
 * The audit of deleveraging calls from logs alone, against the real exchange: what it did is correct, and a forged history is not.
 */
import { expect } from "chai";
import { auditHistory } from "../../keeper/audit/auditHistory.ts";
import type { AuditTransaction } from "../../keeper/audit/types.ts";
import { auditVenue, forged, historyOf, withArgs } from "../utils/audit.ts";
import { accountsOf, type Crash, deleverage, openCrash } from "../utils/crash.ts";
import { ask, bid, cross, place } from "../utils/orders.ts";
import { createRandom } from "../utils/random.ts";
import { randomHistory, right, stake } from "../utils/randomAudit.ts";
import { LIMITS, resolveAll } from "../utils/randomMarket.ts";
import { useVenue } from "../utils/useVenue.ts";
import { createVenue, GAS, noLimits, setTick, trader, USD } from "../utils/venue.ts";

type Log = AuditTransaction["logs"][number];

for (const side of ["long", "short"] as const) {
  describe(`ADL audit, a bankrupt ${side}`, () => {
    let crash: Crash;
    const venue = useVenue({ traders: 12, markets: [{ maturity: 30 }] }, async (v) => {
      crash = await openCrash(v, side);
    });
    const ranked = () => accountsOf(crash.counterparties);
    const better = side === "long" ? bid : ask;

    it("one listed call is correct, and says whom it took and at which price", async () => {
      const v = venue();
      await setTick(v, crash.crashed);
      await deleverage(v, ranked());
      const verdicts = await auditVenue(v);
      right(verdicts);
      expect(
        verdicts.map(({ kind, account, lots, counterparties }) => [kind, account, lots, counterparties]),
      ).to.deep.equal([["deleverage", crash.victim.account, 10_000n, 5]]);
      expect(verdicts[0]?.price).equal(BigInt(crash.x) * 655_360n);
    });

    it("several calls, some in one transaction, listed, picked by the contract, and cut anywhere", async () => {
      const v = venue();
      await setTick(v, crash.crashed);
      const call = (list: number[], most = 1) =>
        v.exchange.interface.encodeFunctionData("autoDeleverage", [1, list, { ...LIMITS, maxCounterparties: most }]);
      await v.exchange.multicall([call(ranked().slice(0, 1)), call([]), call(ranked().slice(2, 4))], GAS);
      await deleverage(v, []);
      const verdicts = await auditVenue(v);
      right(verdicts);
      expect(verdicts.map(({ counterparties }) => counterparties)).to.deep.equal([1, 1, 2, 1]);
    });

    it("a sweep first, in passes, with cover, and a price that it improved for the counterparties", async () => {
      const v = venue();
      await stake(v, 12n * USD);
      for (const [i, offset] of [0, 3, 6, 10].entries())
        await place(
          v,
          trader(v, 6 + i),
          better(side === "long" ? 9_802 - offset : 10_198 + offset, 400, { leverage: 1 }),
        );
      await setTick(v, side === "long" ? 9_790 : 10_210);
      await deleverage(v, ranked(), { nominee: crash.victim.account });
      const verdicts = await auditVenue(v);
      right(verdicts);
      expect(verdicts.some(({ sweptLots, counterparties }) => sweptLots > 0n && counterparties > 0)).equal(true);
    });

    it("the book took all of it, or ran out of steps first", async () => {
      const v = venue();
      for (let i = 0; i < 4; i++) await place(v, trader(v, 6), better(crash.x, 2_500, { leverage: 1 }));
      await setTick(v, crash.crashed);
      await deleverage(v, ranked(), { maxSteps: 1 });
      await deleverage(v, ranked(), { maxSteps: 10 });
      const verdicts = await auditVenue(v);
      right(verdicts);
      expect(verdicts.map(({ kind, sweptLots }) => [kind, sweptLots])).to.deep.equal([
        ["sweep", 2_500n],
        ["sweep", 7_500n],
      ]);
    });

    it("a call that only removed orders is no call to judge, and the next one goes on with the same account", async () => {
      const v = venue();
      const expiry = (await v.connection.networkHelpers.time.latest()) + 100;
      for (let i = 0; i < 3; i++) await place(v, trader(v, 6), better(crash.x, 200, { leverage: 1, expiry }));
      await v.connection.networkHelpers.time.increase(200);
      await setTick(v, crash.crashed);
      await deleverage(v, ranked(), { maxSteps: 1 });
      expect(await auditVenue(v)).to.have.length(0);
      await deleverage(v, ranked());
      right(await auditVenue(v));
    });

    it("an account that was let go at a better price is not the one that goes on", async () => {
      const v = venue();
      await setTick(v, crash.crashed);
      await deleverage(v, ranked().slice(0, 1));
      await setTick(v, 10_000);
      await v.exchange.poke(1, GAS);
      // another one, deeper past bankruptcy at the next crash
      await cross(v, trader(v, side === "long" ? 6 : 7), trader(v, side === "long" ? 7 : 6), {
        tick: 10_000,
        lots: 1_000,
        longLeverage: side === "long" ? 50 : 2,
        shortLeverage: side === "long" ? 2 : 50,
      });
      await setTick(v, side === "long" ? 10_030 : 9_970);
      await cross(v, trader(v, side === "long" ? 8 : 9), trader(v, side === "long" ? 9 : 8), {
        tick: side === "long" ? 10_030 : 9_970,
        lots: 1_000,
        longLeverage: side === "long" ? 50 : 2,
        shortLeverage: side === "long" ? 2 : 50,
      });
      await setTick(v, crash.crashed);
      await resolveAll(v);
      const verdicts = await auditVenue(v);
      right(verdicts);
      expect(verdicts[1]?.account).equal(trader(v, 8).account);
      const logs = (await historyOf(v)).flatMap((transaction) => [...transaction.logs]);
      expect(logs.filter(({ eventName }) => eventName === "ResolutionEnded")).to.have.length(1);
      // without that event, the same history reads as a call that passed over the account it had begun with
      const renamed = (await historyOf(v)).map((t) => ({
        ...t,
        logs: t.logs.map((log) =>
          log.eventName === "ResolutionEnded" ? ({ ...log, eventName: "MarketTotals" } as unknown as Log) : log,
        ),
      }));
      const blind = await auditHistory({ transactions: renamed });
      expect(blind[1]?.findings.join()).to.match(/it was account \d+'s turn/);
    });

    it("the last one closed in part: right, and a lie about what is left of it, or of one closed in full, is named", async () => {
      const v = venue();
      await place(v, trader(v, 6), better(crash.x, 1_000, { leverage: 1 }));
      await setTick(v, crash.crashed);
      await deleverage(v, ranked());
      right(await auditVenue(v));
      const history = await historyOf(v);
      const [first = 0, last = 0] = [ranked()[0], ranked()[4]];
      for (const [account, left, pattern] of [
        [last, 999n, new RegExp(`999 lots of account ${last} are called left, it has 1000`)],
        [last, 0n, /./],
        [first, 5n, new RegExp(`5 lots of account ${first} are called left, it has 0`)],
      ] as const) {
        const change = (log: Log) =>
          log.eventName === "AutoDeleveraged" && Number(log.args.counterparty) === account
            ? withArgs(log, { left })
            : log;
        const [verdict] = await auditHistory({ transactions: forged(history, (logs) => logs.map(change)) });
        expect(verdict?.right, `${account} ${left}`).equal(false);
        expect(verdict?.findings.join("\n")).to.match(pattern);
      }
    });

    describe("a forged history", () => {
      let history: AuditTransaction[];
      const judge = async (change: (logs: readonly Log[]) => readonly Log[]) => {
        const [verdict] = await auditHistory({ transactions: forged(history, change) });
        if (!verdict) throw new Error("no verdict");
        return verdict;
      };
      /** Where a counterparty is closed: one event, for all of these are closed in full. */
      const at = (logs: readonly Log[], account: number) =>
        logs.findIndex((log) => log.eventName === "AutoDeleveraged" && Number(log.args.counterparty) === account);
      const LOSS = 6n * USD; // 2,000 lots, 300 ticks of 10 atoms each
      beforeEach(async () => {
        await setTick(venue(), crash.crashed);
        await deleverage(venue(), ranked().slice(0, 3));
        history = await historyOf(venue());
      });

      it("is correct as long as nothing is changed", async () => {
        const verdict = await judge((logs) => logs);
        expect(verdict.right, verdict.findings.join()).equal(true);
      });

      it("order swapped: both are named, nobody lost anything by it", async () => {
        const [first = 0, second = 0] = ranked();
        const verdict = await judge((logs) => {
          const copy = [...logs];
          const [i, j] = [at(logs, first), at(logs, second)];
          [copy[i], copy[j]] = [logs[j], logs[i]] as [Log, Log];
          return copy;
        });
        expect(verdict.findings.join("\n")).to.contain(`account ${second} was closed, it was account ${first}'s turn`);
        expect(verdict.right).equal(false);
        expect([verdict.wronged, verdict.spared]).to.deep.equal([[], []]);
      });

      it("one left out: who should have been closed and was not, and who was in its place, by how much", async () => {
        const [first = 0, , third = 0] = ranked();
        const verdict = await judge((logs) => {
          const i = at(logs, first);
          return logs
            .filter((_, k) => k !== i)
            .map((log) => (log.eventName === "DeleverageCall" ? withArgs(log, { lots: log.args.lots - 2_000n }) : log));
        });
        expect(verdict.right).equal(false);
        expect(verdict.spared).to.deep.equal([{ account: first, lots: 2_000n, amount: LOSS }]);
        expect(verdict.wronged).to.deep.equal([{ account: third, lots: 2_000n, amount: LOSS }]);
      });

      it("wrong price: everybody who was closed is named with what it lost by it", async () => {
        // ten ticks worse for them, and paid accordingly: 2,000 lots · 10 ticks · 10 atoms
        const worse = side === "long" ? 655_360n * 10n : -655_360n * 10n;
        const verdict = await judge((logs) =>
          logs.map((log) => {
            if (log.eventName === "DeleverageCall") return withArgs(log, { price: log.args.price + worse });
            if (log.eventName !== "AutoDeleveraged") return log;
            const { price, pnl, payout } = log.args;
            return withArgs(log, { price: price + worse, pnl: pnl - 200_000n, payout: payout - 200_000n });
          }),
        );
        expect(verdict.findings[0]).to.match(/the bankruptcy price of account \d+ was/);
        expect(verdict.spared).to.deep.equal([]);
        expect(verdict.wronged).to.deep.equal(
          ranked()
            .slice(0, 3)
            .map((account) => ({ account, lots: 0n, amount: 200_000n })),
        );
      });

      it("wrong lots: less of the first, more of the next", async () => {
        const [first = 0, second = 0] = ranked();
        const verdict = await judge((logs) =>
          logs.map((log) => {
            if (log.eventName !== "AutoDeleveraged") return log;
            if (Number(log.args.counterparty) === first) return withArgs(log, { lots: log.args.lots - 500n });
            return Number(log.args.counterparty) === second ? withArgs(log, { lots: log.args.lots + 500n }) : log;
          }),
        );
        expect(verdict.findings.join("\n")).to.contain(`account ${first} lost 1500 lots, it should have been 2000`);
        expect(verdict.spared.map(({ account, lots }) => [account, lots])).to.deep.equal([[first, 500n]]);
        expect(verdict.wronged.map(({ account, lots }) => [account, lots])).to.deep.equal([[second, 500n]]);
      });

      it("an atom less paid to one, a score or a rank that is not its own, a cover that was not paid", async () => {
        const [first = 0] = ranked();
        for (const [name, args, pattern] of [
          ["AutoDeleveraged", { payout: 1n }, /is owed/],
          ["AutoDeleveraged", { score: 1n }, /score 1, it is/],
          ["AutoDeleveraged", { rank: 2n }, /called rank 2, it is 1/],
          ["DeleverageCall", { cover: 5n }, /The fund paid 5 atoms/],
          ["DeleverageCall", { mark: BigInt(crash.x) * 655_360n }, /was not bankrupt|score/],
        ] as const) {
          const verdict = await judge((logs) =>
            logs.map((log) => {
              if (log.eventName !== name) return log;
              if (log.eventName === "AutoDeleveraged" && Number(log.args.counterparty) !== first) return log;
              return withArgs(log, args);
            }),
          );
          expect(verdict.findings.join("\n"), name).to.match(pattern);
        }
      });

      it("an event taken out without renumbering: the history is not whole, and nothing is said", async () => {
        const broken = history.map((t) => ({
          ...t,
          logs: t.logs.filter(({ eventName }) => eventName !== "OrderPlaced"),
        }));
        const said = await auditHistory({ transactions: broken }).catch((error: Error) => error.message);
        expect(said).to.match(
          /Market 1: event \d+ is followed by event \d+: the endpoint does not have the whole history/,
        );
        const late = await auditHistory({ transactions: history.slice(5) }).catch((error: Error) => error.message);
        expect(late).to.match(/the endpoint does not have the whole history/);
      });
    });
  });
}

describe("ADL audit of the principal stage", () => {
  const venue = useVenue({ traders: 8 }, async (v) => {
    const [victim, dealer] = [trader(v, 0), trader(v, 1)];
    await setTick(v, 9_600);
    for (const [i, leverage] of [2, 8, 4].entries())
      await cross(v, dealer, trader(v, i + 2), { tick: 9_600, lots: 1_000, longLeverage: 1, shortLeverage: leverage });
    await setTick(v, 10_000);
    await cross(v, dealer, trader(v, 5), { tick: 10_000, lots: 500, longLeverage: 1, shortLeverage: 3 });
    await cross(v, victim, dealer, { tick: 10_000, lots: 3_500, longLeverage: 50 });
    await setTick(v, 9_500);
    await deleverage(v, []);
  });

  it("those in profit first, then by bankruptcy price: correct, and a swap is named", async () => {
    const verdicts = await auditVenue(venue());
    right(verdicts);
    const places = verdicts.flatMap(({ expected }) => expected.map(({ stage, account }) => [stage, account]));
    const inOrder = [5, 3, 4, 2].map((i) => trader(venue(), i).account);
    expect(places).to.deep.equal(inOrder.map((account, i) => [i === 0 ? "ranked" : "principal", account]));
    const [, second, third] = inOrder;
    const [verdict] = await auditHistory({
      transactions: forged(await historyOf(venue()), (logs) =>
        logs.map((log) => {
          if (log.eventName !== "PrincipalClosed") return log;
          const account = Number(log.args.counterparty);
          if (account === second) return withArgs(log, { counterparty: BigInt(third ?? 0) });
          return account === third ? withArgs(log, { counterparty: BigInt(second ?? 0) }) : log;
        }),
      ),
    });
    expect(verdict?.findings.join()).to.contain(`account ${third} was closed, it was account ${second}'s turn`);
  });
});

describe("ADL audit of random markets", () => {
  for (const [name, seed, style] of [
    ["scattered", 11, { step: 0.02, trades: 6 }],
    ["clustered", 12, { step: 0, trades: 6, clustered: true }],
  ] as const) {
    it(`every call is correct: ${name}`, async () => {
      const v = await createVenue({
        traders: 16,
        markets: [{ maturity: 5, takerFeeRate: 450, makerFeeRate: 150, rewardRate: 300, dailyCoverCap: 50n * USD }],
      });
      await stake(v, 500n * USD);
      await randomHistory(v, createRandom(seed), style, { rounds: 40, picks: [1, 4] });
      const verdicts = await auditVenue(v);
      right(verdicts);
      expect(verdicts.length, "there were calls to judge").greaterThan(15);
      expect(verdicts.filter(({ sweptLots }) => sweptLots > 0n).length, "some with a sweep").greaterThan(0);
    });
  }
});

describe("ADL audit of preventive calls", () => {
  const risk = { ...noLimits, cautiousRatio: 15_000, reduceOnlyRatio: 8_000, hysteresis: 5_000, preventivePeriod: 60 };
  for (const side of ["long", "short"] as const) {
    let crash: Crash;
    const venue = useVenue({ traders: 12, markets: [{ risk }] }, async (v) => {
      crash = await openCrash(v, side);
    });

    it(`the first of the queue at the mark, and nobody with a haircut: a ${side}`, async () => {
      const v = venue();
      await setTick(v, side === "long" ? 9_870 : 10_130);
      await v.exchange.preventiveDeleverage(1, crash.victim.account, 64, 8, GAS);
      const verdicts = await auditVenue(v);
      right(verdicts);
      expect(verdicts.map(({ kind }) => kind)).to.deep.equal(["preventive"]);
      expect(verdicts[0]?.expected[0]?.account).equal(crash.counterparties[0]?.account);
      const history = await historyOf(v);
      for (const [args, pattern] of [
        [{ payout: 7n }, /was paid 7, it is owed/],
        [{ price: 7n }, /closed at 7, the call's price is/],
        [{ lots: 7n }, /lost 7 lots, it should have been|were/],
      ] as const) {
        const forgery = history.map((t) => ({
          ...t,
          logs: t.logs.map((log) => {
            const first = log.eventName === "PreventivelyDeleveraged" && log.args.rank === 1n;
            return first ? withArgs(log, args) : log;
          }),
        }));
        const [verdict] = await auditHistory({ transactions: forgery });
        expect(verdict?.right).equal(false);
        if (!("price" in args) && !("lots" in args)) expect(verdict?.findings.join()).to.match(pattern);
      }
    });
  }
});
