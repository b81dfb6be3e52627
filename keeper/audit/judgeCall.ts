/**
 * Says whether a deleveraging call closed whom it had to: computes ranking, sizes, prices and payouts again by brute force, and compares.
 * Pure; runs in Node and in the browser.
 *
 * Nothing is taken from the call but what it had to answer to: the mark, the funding index, how many lots were closed.
 */
import { abs } from "../core/integers.ts";
import { bankruptcyPriceAt, equityX16, isBankrupt } from "../core/position.ts";
import type { AccountId, Position, Prices } from "../core/types.ts";
import { compareCells } from "./compareCells.ts";
import type { DueClose, Expectation, ExpectedClose, Line, Stage, Terms } from "./expectation.ts";
import { expectByRank } from "./expectByRank.ts";
import { expectByWater } from "./expectByWater.ts";
import { type Difference, type Outcome, wrongedAndSpared } from "./wrongedAndSpared.ts";

/** A close as the events tell of it. */
export type ClosedFact = {
  readonly stage: Stage;
  readonly account: AccountId;
  /** 0 in the principal stage. */
  readonly rank: number;
  /** × 2^64; undefined where the event has none. */
  readonly score: bigint | undefined;
  /** X16 */
  readonly price: bigint;
  readonly lots: bigint;
  /** Quote atoms; undefined where it is not known what the fund could pay. */
  readonly pnl?: bigint;
  readonly payout?: bigint;
  /** The position before, settled, and afterwards (no lots when it was closed); undefined where they are not known. */
  readonly before?: Position;
  readonly after?: Position;
};

export type CallFacts = {
  readonly account: AccountId;
  readonly lots: bigint;
  /** X, X16. */
  readonly price: bigint;
  readonly cover?: bigint;
  readonly closes: readonly ClosedFact[];
  /** Who stays open, in the order in which their positions were written; undefined where it is not known. */
  readonly landed?: readonly AccountId[];
};

export type JudgeCallParameters = Omit<Terms, "closed"> & {
  readonly call: CallFacts;
  readonly line: Line;
  /** False where it is not known what the fund could pay: then payouts are not compared. */
  readonly comparesMoney: boolean;
};

export type Judgement = {
  /** What does not fit, a sentence each; empty when the call was right. */
  readonly findings: readonly string[];
  /** Lost more than the rules ask of them, and less. */
  readonly wronged: readonly Difference[];
  readonly spared: readonly Difference[];
  readonly expected: readonly ExpectedClose[];
  /** Positions that were eligible. */
  readonly eligible: number;
  /** What must be left of the bankrupt position. */
  readonly rest: Position;
  /** What the fund had to pay, quote atoms. */
  readonly cover: bigint;
};

export function judgeCall({ call, line, comparesMoney, ...terms }: JudgeCallParameters): Judgement {
  const { bankrupt, prices } = terms;
  const findings: string[] = [];
  const x = bankruptcyPriceAt(bankrupt, prices.funding);
  if (!isBankrupt(bankrupt, prices)) findings.push(`Account ${call.account} was not bankrupt at the mark`);
  if (x !== call.price)
    findings.push(`The price was ${call.price}; the bankruptcy price of account ${call.account} was ${x}`);
  const closed = call.closes.reduce((sum, { lots }) => sum + lots, 0n);
  if (closed !== call.lots) findings.push(`The call says ${call.lots} lots, its closes are ${closed}`);
  if (closed > abs(bankrupt.lots))
    findings.push(`${closed} lots were closed, and only ${abs(bankrupt.lots)} were open`);

  const expect = line.policy === "leverageWaterfill" ? expectByWater : expectByRank;
  const due = expect(line, { ...terms, closed });
  findings.push(...comparePlaces(call, due.closes), ...due.findings);
  if (comparesMoney) findings.push(...compareMoney(call, due));
  if (call.landed !== undefined) findings.push(...compareCells(call.landed, due.landed, terms.base));
  const outcomes = outcomesOf(call, due.closes, prices, x, comparesMoney);
  const expected = due.closes.map(({ stage, account, rank, score, lots }) => ({ stage, account, rank, score, lots }));
  return {
    findings,
    ...wrongedAndSpared(outcomes),
    expected,
    eligible: line.ranked.length,
    rest: due.rest,
    cover: due.cover,
  };
}

/** Place by place: who, how many lots, which rank and score, at which price. */
export function comparePlaces(call: Pick<CallFacts, "closes" | "price">, expected: readonly ExpectedClose[]): string[] {
  const findings: string[] = [];
  for (let i = 0; i < Math.max(call.closes.length, expected.length); i++) {
    const [was, should] = [call.closes[i], expected[i]];
    const place = `Place ${i + 1}`;
    if (was === undefined || should === undefined) {
      const who = was === undefined ? `account ${should?.account} was left out` : `account ${was.account} was closed`;
      findings.push(`${place}: ${who}, ${was === undefined ? `${should?.lots} lots` : "and nobody should have been"}`);
      continue;
    }
    if (was.account !== should.account) {
      findings.push(`${place}: account ${was.account} was closed, it was account ${should.account}'s turn`);
    } else {
      if (was.lots !== should.lots)
        findings.push(`${place}: account ${should.account} lost ${was.lots} lots, it should have been ${should.lots}`);
      if (was.rank !== should.rank) findings.push(`${place}: called rank ${was.rank}, it is ${should.rank}`);
      if (was.score !== undefined && was.score !== should.score)
        findings.push(`${place}: score ${was.score}, it is ${should.score}`);
    }
    if (was.stage !== should.stage)
      findings.push(`${place}: closed in the ${was.stage} stage, not the ${should.stage}`);
    if (was.price !== call.price) findings.push(`${place}: closed at ${was.price}, the call's price is ${call.price}`);
  }
  return findings;
}

/** Payouts and results of those that were in their place; of the others, who lost what is said by `wronged` and `spared`. */
function compareMoney(call: CallFacts, due: Expectation): string[] {
  const findings: string[] = [];
  if (call.cover !== undefined && call.cover !== due.cover)
    findings.push(`The fund paid ${call.cover} atoms, it should have been ${due.cover}`);
  for (const [i, { account, payout, pnl, after }] of call.closes.entries()) {
    const should = due.closes[i];
    if (should === undefined || should.account !== account) continue;
    if (payout !== undefined && payout !== should.payout)
      findings.push(`Account ${account} was paid ${payout}, it is owed ${should.payout}`);
    if (pnl !== undefined && pnl !== should.pnl)
      findings.push(`Account ${account}: result ${pnl}, it is ${should.pnl}`);
    if (after !== undefined && !isSame(after, should.after))
      findings.push(`What is left of account ${account} is not what it should be`);
  }
  return findings;
}

/** The same position, or none in both. */
export function isSame(actual: Position, expected: Position): boolean {
  if (actual.lots === 0n) return expected.lots === 0n;
  return actual.lots === expected.lots && actual.cost === expected.cost && actual.margin === expected.margin;
}

/** What was taken from each account, against what should have been: at the mark, and with what it was paid. */
function outcomesOf(call: CallFacts, due: readonly DueClose[], prices: Prices, x: bigint, money: boolean): Outcome[] {
  const haircut = (lots: bigint) => lots * abs(prices.price - x);
  const value = (pay: bigint, rest: Position) => (pay << 16n) + (rest.lots === 0n ? 0n : equityX16(rest, prices));
  const should = due.map(({ account, lots, payout, before, after }) => ({
    account,
    lots: -lots,
    givenUpX16: money ? value(payout, after) - equityX16(before, prices) : -haircut(lots),
  }));
  const was = call.closes.map(({ account, lots, payout, before, after }) => {
    const known = money && payout !== undefined && before !== undefined && after !== undefined;
    return { account, lots, givenUpX16: known ? equityX16(before, prices) - value(payout, after) : haircut(lots) };
  });
  return [...should, ...was];
}
