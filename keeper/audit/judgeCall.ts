/**
 * Says whether a deleveraging call closed whom it had to: computes ranking, sizes, prices and payouts again by brute force, and compares.
 * Pure; runs in Node and in the browser.
 *
 * Nothing is taken from the call but what it had to answer to: the mark, the funding index, how many lots were closed.
 */
import { abs } from "../core/integers.ts";
import type { MarketState } from "../core/marketState.ts";
import { bankruptcyPriceAt, equityX16, isBankrupt } from "../core/position.ts";
import type { AccountId, Entry, Position, Prices } from "../core/types.ts";
import { type Closing, predictClosings } from "./predictClosings.ts";
import { principalQueue, queueByBruteForce } from "./queue.ts";
import { type Difference, type Outcome, wrongedAndSpared } from "./wrongedAndSpared.ts";

export type Stage = "ranked" | "principal";

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
};

/** Who stands in line, best first: made from the positions just before the first close. */
export type Line = {
  readonly ranked: readonly { readonly entry: Entry; readonly score: bigint }[];
  readonly principal: readonly Entry[];
};

export type JudgeCallParameters = {
  readonly call: CallFacts;
  /** Settled, and reduced by what the book took. */
  readonly bankrupt: Position;
  readonly line: Line;
  readonly prices: Prices;
  /** What the fund could still pay, quote atoms; undefined when it is not known: then payouts are not compared. */
  readonly budget: bigint | undefined;
};

export type ExpectedClose = {
  readonly stage: Stage;
  readonly account: AccountId;
  /** 0 in the principal stage. */
  readonly rank: number;
  readonly score: bigint;
  readonly lots: bigint;
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
};

/** @param bankrupt Settled, after the sweep. */
export function lineUp(state: MarketState, bankrupt: Position, prices: Prices): Line {
  const isLong = bankrupt.lots > 0n;
  const ranked = queueByBruteForce(state, isLong, bankruptcyPriceAt(bankrupt, prices.funding), prices);
  const first = new Set(ranked.map(({ entry }) => entry.account));
  return { ranked, principal: principalQueue(state, isLong).filter(({ account }) => !first.has(account)) };
}

export function judgeCall({ call, bankrupt, line, prices, budget }: JudgeCallParameters): Judgement {
  const findings: string[] = [];
  const x = bankruptcyPriceAt(bankrupt, prices.funding);
  if (!isBankrupt(bankrupt, prices)) findings.push(`Account ${call.account} was not bankrupt at the mark`);
  if (x !== call.price)
    findings.push(`The price was ${call.price}; the bankruptcy price of account ${call.account} was ${x}`);
  const closed = call.closes.reduce((sum, { lots }) => sum + lots, 0n);
  if (closed !== call.lots) findings.push(`The call says ${call.lots} lots, its closes are ${closed}`);
  if (closed > abs(bankrupt.lots))
    findings.push(`${closed} lots were closed, and only ${abs(bankrupt.lots)} were open`);

  const { expected, closings, rest } = expect(bankrupt, line, closed, budget ?? 0n, prices);
  findings.push(...comparePlaces(call, expected));
  const last = closings.at(-1);
  if (last !== undefined && rest.lots !== 0n && last.rest.lots !== 0n)
    findings.push(
      `The call ended inside account ${last.counterparty.account}, of which ${abs(last.rest.lots)} lots are left`,
    );
  if (budget !== undefined) findings.push(...compareMoney(call, closings));
  const outcomes = outcomesOf(call, closings, prices, x, budget !== undefined);
  return { findings, ...wrongedAndSpared(outcomes), expected, eligible: line.ranked.length, rest };
}

/** The shortest head of the line that holds the lots that were closed. */
function expect(bankrupt: Position, line: Line, closed: bigint, budget: bigint, prices: Prices) {
  const inLine = [
    ...line.ranked.map(({ entry, score }, i) => ({ entry, score, rank: i + 1, stage: "ranked" as const })),
    ...line.principal.map((entry) => ({ entry, score: 0n, rank: 0, stage: "principal" as const })),
  ];
  let held = 0n;
  const head = inLine.filter(({ entry }) => {
    const needed = held < closed;
    if (needed) held += abs(entry.lots);
    return needed;
  });
  const prediction = predictClosings(
    bankrupt,
    head.map(({ entry }) => entry),
    budget,
    prices,
    closed,
  );
  const expected = prediction.closings.map(({ lots }, i): ExpectedClose => {
    const place = head[i] as (typeof head)[number];
    return { stage: place.stage, account: place.entry.account, rank: place.rank, score: place.score, lots };
  });
  return { expected, closings: prediction.closings, rest: prediction.bankrupt };
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
function compareMoney(call: CallFacts, closings: readonly Closing[]): string[] {
  const findings: string[] = [];
  const cover = closings.reduce((sum, closing) => sum + closing.cover, 0n);
  if (call.cover !== undefined && call.cover !== cover)
    findings.push(`The fund paid ${call.cover} atoms, it should have been ${cover}`);
  for (const [i, { account, payout, pnl, after }] of call.closes.entries()) {
    const closing = closings[i];
    if (closing === undefined || closing.counterparty.account !== account) continue;
    const pay = closing.pay > 0n ? closing.pay : 0n;
    if (payout !== undefined && payout !== pay)
      findings.push(`Account ${account} was paid ${payout}, it is owed ${pay}`);
    if (pnl !== undefined && pnl !== closing.pnl)
      findings.push(`Account ${account}: result ${pnl}, it is ${closing.pnl}`);
    if (after !== undefined && !isSame(after, closing.rest))
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
function outcomesOf(
  call: CallFacts,
  closings: readonly Closing[],
  prices: Prices,
  x: bigint,
  money: boolean,
): Outcome[] {
  const haircut = (lots: bigint) => lots * abs(prices.price - x);
  const value = (pay: bigint, rest: Position) => (pay << 16n) + (rest.lots === 0n ? 0n : equityX16(rest, prices));
  const should = closings.map(({ counterparty, lots, pay, rest }) => ({
    account: counterparty.account,
    lots: -lots,
    givenUpX16: money ? value(pay > 0n ? pay : 0n, rest) - equityX16(counterparty, prices) : -haircut(lots),
  }));
  const was = call.closes.map(({ account, lots, payout, before, after }) => {
    const known = money && payout !== undefined && before !== undefined && after !== undefined;
    return { account, lots, givenUpX16: known ? equityX16(before, prices) - value(payout, after) : haircut(lots) };
  });
  return [...should, ...was];
}
