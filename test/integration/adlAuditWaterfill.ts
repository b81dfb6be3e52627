/**
 * The audit of a market under LeverageWaterfill from logs alone, against the real exchange: what it did is correct, and a forged history is not.
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
import { createVenue, GAS, parametersOf, setTick, trader, USD, type Venue } from "../utils/venue.ts";

type Log = AuditTransaction["logs"][number];

const WATER = { rankPolicy: 1, minNotional: 1n, maturity: 30 };

for (const side of ["long", "short"] as const) {
  describe(`ADL audit of LeverageWaterfill, a bankrupt ${side}`, () => {
    let crash: Crash;
    const venue = useVenue({ traders: 12, markets: [WATER] }, async (v) => {
      crash = await openCrash(v, side);
      // half of the bankrupt position goes to somebody without leverage, so that not everybody has to be closed
      const [long, short] = side === "long" ? [trader(v, 8), crash.victim] : [crash.victim, trader(v, 8)];
      await cross(v, long, short, { tick: 10_000, lots: 5_000, longLeverage: 1, shortLeverage: 1 });
      await v.connection.networkHelpers.time.increase(60);
    });
    // what is left of it, with all of its margin: twice as far from the entry as the crash's own
    const x = BigInt(side === "long" ? 9_600 : 10_400) * 655_360n;
    const ranked = () => accountsOf(crash.counterparties);
    const better = side === "long" ? bid : ask;
    const queue = async (v: Venue) =>
      (await v.exchange.adlQueue(1, side === "long", x, 10)).map((e) => Number(e.account));
    const isOpen = async (v: Venue) => (await v.exchange.bankruptAccount(1, 0))[0] !== 0n;

    it("listed calls until it is closed: correct, and several are brought down", async () => {
      const v = venue();
      await setTick(v, crash.crashed);
      while (await isOpen(v)) await deleverage(v, await queue(v));
      const verdicts = await auditVenue(v);
      right(verdicts);
      expect(verdicts.length).greaterThan(0);
      expect(verdicts.reduce((sum, { lots }) => sum + lots, 0n)).equal(5_000n);
      expect(Math.max(...verdicts.map(({ counterparties }) => counterparties))).greaterThan(1);
      for (const { account, price, expected } of verdicts) {
        expect([account, price]).to.deep.equal([crash.victim.account, x]);
        expect(expected.map(({ rank }) => rank)).to.deep.equal(expected.map((_, i) => i + 1));
      }
    });

    it("in pieces, several in one transaction, by short lists and by the contract's own pick", async () => {
      const v = venue();
      await setTick(v, crash.crashed);
      const call = (list: number[], most: number) =>
        v.exchange.interface.encodeFunctionData("autoDeleverage", [1, list, { ...LIMITS, maxCounterparties: most }]);
      const first = await queue(v);
      await v.exchange.multicall([call(first.slice(0, 1), 1), call([], 1), call([], 2)], GAS);
      for (let i = 0; await isOpen(v); i++) {
        const list = (await queue(v)).slice(0, 1 + (i % 3));
        await deleverage(v, i % 2 === 0 ? list : [], { maxCounterparties: 1 + (i % 2) });
      }
      const verdicts = await auditVenue(v);
      right(verdicts);
      expect(verdicts.length).greaterThan(5);
    });

    for (const [name, amount] of [
      ["for a part", 4n],
      ["for all of the deficit", 200n],
    ] as const) {
      it(`with cover ${name}, after a sweep`, async () => {
        const v = venue();
        await stake(v, amount * USD);
        const tick = side === "long" ? 9_805 : 10_195;
        await place(v, trader(v, 6), better(tick, 400, { leverage: 1 }));
        await setTick(v, crash.crashed);
        for (let i = 0; await isOpen(v); i++) await deleverage(v, i % 2 === 0 ? await queue(v) : []);
        const verdicts = await auditVenue(v);
        right(verdicts);
        expect(verdicts[0]?.sweptLots).equal(400n);
        const covers = (await historyOf(v)).flatMap(({ logs }) =>
          logs.map((log) => (log.eventName === "DeleverageCall" ? log.args.cover : 0n)),
        );
        expect(covers.some((cover) => cover > 0n)).equal(true);
      });
    }

    it("a market that changed its policy is judged by the one it had", async () => {
      const v = venue();
      await setTick(v, crash.crashed);
      await deleverage(v, ranked());
      const renamed = (await historyOf(v)).map((t) => ({
        ...t,
        logs: t.logs.map((log) =>
          log.eventName === "MarketConfigured" ? withArgs(log, { config: { ...log.args.config, rankPolicy: 0 } }) : log,
        ),
      }));
      expect((await auditHistory({ transactions: renamed }))[0]?.right).equal(false);
      const unknown = renamed.map((t) => ({
        ...t,
        logs: t.logs.map((log) =>
          log.eventName === "MarketConfigured" ? withArgs(log, { config: { ...log.args.config, rankPolicy: 2 } }) : log,
        ),
      }));
      const said = await auditHistory({ transactions: unknown }).catch((error: Error) => error.message);
      expect(said).equal("Market 1 ranks by policy 2, which this audit does not know");
    });

    describe("a forged history", () => {
      let history: AuditTransaction[];
      let closes: { account: number; lots: bigint; payout: bigint }[];
      beforeEach(async () => {
        const v = venue();
        await stake(v, 4n * USD);
        await setTick(v, crash.crashed);
        // one row after the other: stop as soon as three are touched by one call
        await deleverage(v, (await queue(v)).slice(0, 3));
        history = await historyOf(v);
        closes = history.flatMap(({ logs }) =>
          logs.flatMap((log) => {
            if (log.eventName !== "AutoDeleveraged") return [];
            const { counterparty, lots, payout } = log.args;
            return [{ account: Number(counterparty), lots, payout }];
          }),
        );
      });
      const judge = async (change: (logs: readonly Log[]) => readonly Log[]) => {
        const [verdict] = await auditHistory({ transactions: forged(history, change) });
        if (!verdict) throw new Error("no verdict");
        return verdict;
      };
      const isCloseOf = (log: Log, account: number) =>
        log.eventName === "AutoDeleveraged" && Number(log.args.counterparty) === account;
      const of = (i: number) => closes[i] ?? { account: 0, lots: 0n, payout: 0n };

      it("is correct as long as nothing is changed", async () => {
        const verdict = await judge((logs) => logs);
        expect(verdict.right, verdict.findings.join()).equal(true);
        expect(closes.length).greaterThan(1);
      });

      it("lots moved from one to the other: both are named, by how many", async () => {
        const [first, second] = [of(0), of(1)];
        const verdict = await judge((logs) =>
          logs.map((log) => {
            if (log.eventName !== "AutoDeleveraged") return log;
            if (isCloseOf(log, first.account)) return withArgs(log, { lots: first.lots - 5n });
            return isCloseOf(log, second.account) ? withArgs(log, { lots: second.lots + 5n }) : log;
          }),
        );
        expect(verdict.findings.join("\n")).to.contain(
          `account ${first.account} lost ${first.lots - 5n} lots, it should have been ${first.lots}`,
        );
        expect(verdict.spared.map(({ account, lots }) => [account, lots])).to.deep.equal([[first.account, 5n]]);
        expect(verdict.wronged.map(({ account, lots }) => [account, lots])).to.deep.equal([[second.account, 5n]]);
      });

      it("an account swapped for a bystander: who was closed in its place, and who was spared", async () => {
        const [{ account, lots }, bystander] = [of(1), ranked().at(-1) ?? 0];
        const verdict = await judge((logs) =>
          logs.map((log) => {
            if (isCloseOf(log, account)) return withArgs(log, { counterparty: BigInt(bystander) });
            if (log.eventName !== "PositionChanged" || Number(log.args.account) !== account) return log;
            return withArgs(log, { account: BigInt(bystander) });
          }),
        );
        expect(verdict.findings.join("\n")).to.contain(
          `account ${bystander} was closed, it was account ${account}'s turn`,
        );
        expect(verdict.spared.map((one) => [one.account, one.lots])).to.deep.equal([[account, lots]]);
        expect(verdict.wronged.map((one) => [one.account, one.lots])).to.deep.equal([[bystander, lots]]);
      });

      it("one left out: it is named with what it kept", async () => {
        const { account, lots } = of(0);
        const verdict = await judge((logs) =>
          logs
            .filter((log) => !isCloseOf(log, account))
            .filter((log) => log.eventName !== "PositionChanged" || Number(log.args.account) !== account)
            .map((log) => (log.eventName === "DeleverageCall" ? withArgs(log, { lots: log.args.lots - lots }) : log)),
        );
        expect(verdict.right).equal(false);
        const spared = verdict.spared.find((one) => one.account === account);
        expect(spared?.lots, verdict.findings.join()).greaterThan(0n);
        expect(spared?.amount).greaterThan(0n);
        expect(verdict.wronged.length).greaterThan(0);
      });

      it("an atom more paid to one, an atom less of cover, a score, a rank, a result that is not its own", async () => {
        const { account, payout } = of(0);
        for (const [name, args, pattern] of [
          [
            "AutoDeleveraged",
            { payout: payout + 1n },
            `Account ${account} was paid ${payout + 1n}, it is owed ${payout}`,
          ],
          ["AutoDeleveraged", { score: 1n }, "score 1, it is"],
          ["AutoDeleveraged", { rank: 2n }, "called rank 2, it is 1"],
          ["AutoDeleveraged", { pnl: 7n }, `Account ${account}: result 7, it is`],
          ["DeleverageCall", { cover: -1n }, "The fund paid"],
        ] as const) {
          const verdict = await judge((logs) =>
            logs.map((log) => {
              if (log.eventName === "DeleverageCall" && name === log.eventName)
                return withArgs(log, { cover: log.args.cover - 1n });
              return name === "AutoDeleveraged" && isCloseOf(log, account) ? withArgs(log, args) : log;
            }),
          );
          expect(verdict.findings.join("\n"), name).to.contain(pattern);
        }
      });

      it("what is left of one is another position: an atom of margin, or another number of lots", async () => {
        const { account } = of(1);
        for (const change of [{ margin: 1n }, { lots: side === "long" ? -1n : 1n }] as Record<string, bigint>[]) {
          const verdict = await judge((logs) =>
            logs.map((log) => {
              if (log.eventName !== "PositionChanged" || Number(log.args.account) !== account) return log;
              const more = Object.entries(change).map(([key, by]) => [key, (log.args[key as "lots"] as bigint) + by]);
              return withArgs(log, Object.fromEntries(more));
            }),
          );
          expect(verdict.findings.join("\n")).to.contain(`What is left of account ${account} is not what it should be`);
        }
      });

      it("the places of two in one cell exchanged", async () => {
        const v = venue();
        while (await isOpen(v)) await deleverage(v, await queue(v));
        const whole = await historyOf(v);
        let found = 0;
        for (const transaction of whole) {
          const verdict = async (logs: readonly Log[]) => {
            const transactions = whole.map((t) => (t === transaction ? { ...t, logs } : t));
            const until = await auditHistory({ transactions: numbered(transactions), hash: transaction.hash });
            return until[0];
          };
          const at = transaction.logs.flatMap((log, i) => (log.eventName === "PositionChanged" ? [i] : []));
          for (const [k, i] of at.slice(0, -2).entries()) {
            const j = at[k + 1] ?? 0;
            if (j !== i + 1) continue;
            const logs = [...transaction.logs];
            [logs[i], logs[j]] = [transaction.logs[j], transaction.logs[i]] as [Log, Log];
            const said = (await verdict(logs))?.findings ?? [];
            if (said.length === 0) continue; // of different cells: it is the same state
            expect(said.join()).to.match(/^Accounts \d+, \d+.* came into one cell in this order, and stand in it as/);
            found++;
          }
        }
        expect(found).greaterThan(0);
      });
    });
  });
}

/** Every market's events numbered anew. */
function numbered(history: readonly AuditTransaction[]): AuditTransaction[] {
  return forged(history, (logs) => logs);
}

describe("ADL audit of LeverageWaterfill, when nobody eligible is left", () => {
  const venue = useVenue({ traders: 8, markets: [WATER] }, async (v) => {
    const [victim, dealer] = [trader(v, 0), trader(v, 1)];
    await setTick(v, 9_600);
    for (const [i, leverage] of [2, 8, 4].entries())
      await cross(v, dealer, trader(v, i + 2), { tick: 9_600, lots: 1_000, longLeverage: 1, shortLeverage: leverage });
    await setTick(v, 10_000);
    await cross(v, dealer, trader(v, 5), { tick: 10_000, lots: 500, longLeverage: 1, shortLeverage: 3 });
    await cross(v, victim, dealer, { tick: 10_000, lots: 3_500, longLeverage: 50 });
    await setTick(v, 9_500);
    await resolveAll(v);
  });

  it("those in profit first, then by bankruptcy price: correct, and a swap is named", async () => {
    const verdicts = await auditVenue(venue());
    right(verdicts);
    const places = verdicts.flatMap(({ expected }) => expected.map(({ stage, account }) => `${stage} ${account}`));
    const inOrder = [5, 3, 4, 2].map((i) => trader(venue(), i).account);
    expect([...new Set(places)]).to.deep.equal(
      inOrder.map((account, i) => `${i === 0 ? "ranked" : "principal"} ${account}`),
    );
    const [, second, third] = inOrder;
    const swapped = forged(await historyOf(venue()), (logs) =>
      logs.map((log) => {
        if (log.eventName !== "PrincipalClosed" && log.eventName !== "PositionChanged") return log;
        const key = log.eventName === "PrincipalClosed" ? "counterparty" : "account";
        const account = Number(log.eventName === "PrincipalClosed" ? log.args.counterparty : log.args.account);
        if (account === second) return withArgs(log, { [key]: BigInt(third ?? 0) });
        return account === third ? withArgs(log, { [key]: BigInt(second ?? 0) }) : log;
      }),
    );
    const findings = (await auditHistory({ transactions: swapped })).flatMap((verdict) => verdict.findings);
    expect(findings.join()).to.contain(`account ${third} was closed, it was account ${second}'s turn`);
  });
});

for (const rankPolicy of [0, 1]) {
  describe(`ADL audit of a call that ends at a threshold, policy ${rankPolicy}`, () => {
    let crash: Crash;
    const venue = useVenue({ traders: 12, markets: [{ ...WATER, rankPolicy, maturity: 0 }] }, async (v) => {
      crash = await openCrash(v, "long");
    });

    it("correct, and so is the next, which the book takes part in again", async () => {
      const v = venue();
      // X is a ten-thousandth of an atom above a tick at which somebody bids
      await crash.victim.exchange.addMargin(1, 10_000n * BigInt(parametersOf(v).tickValue) - 1n);
      await place(v, trader(v, 7), bid(9_799, 8_000, { leverage: 2 }));
      await setTick(v, crash.crashed);
      await deleverage(v, accountsOf(crash.counterparties));
      await resolveAll(v);
      const verdicts = await auditVenue(v);
      right(verdicts);
      const [first, second] = verdicts;
      expect([first?.counterparties, first?.sweptLots]).to.deep.equal([1, 0n]);
      expect(second?.sweptLots).greaterThan(0n);
    });
  });
}

describe("ADL audit of random markets under LeverageWaterfill", () => {
  for (const [name, seed, style] of [
    ["scattered", 21, { step: 0.02, trades: 6 }],
    ["clustered", 22, { step: 0, trades: 6, clustered: true }],
  ] as const) {
    it(`every call is correct: ${name}`, async () => {
      const v = await createVenue({
        traders: 16,
        markets: [
          {
            rankPolicy: 1,
            maturity: 5,
            takerFeeRate: 450,
            makerFeeRate: 150,
            rewardRate: 300,
            dailyCoverCap: 50n * USD,
          },
        ],
      });
      await stake(v, 500n * USD);
      await randomHistory(v, createRandom(seed), style, { rounds: 20, picks: [4, 16] });
      const verdicts = await auditVenue(v);
      right(verdicts);
      expect(verdicts.length, "there were calls to judge").greaterThan(15);
      expect(verdicts.filter(({ counterparties }) => counterparties > 1).length, "several at once").greaterThan(5);
      expect(verdicts.filter(({ sweptLots }) => sweptLots > 0n).length, "some with a sweep").greaterThan(0);
    });
  }
});
