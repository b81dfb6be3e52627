/**
 * Computes the ranking of a past deleveraging call again, from the positions before it, and says whether the call was right: correct, or
 * who was wronged by how much. Runs in the browser and in Node; what it computes with is the audit's core (keeper/audit), by brute force.
 *
 * It takes nothing from the call but what the call had to answer to: the mark, the funding index, how many lots were closed. The bankruptcy
 * price, who is eligible, scores, ranks and sizes are computed and compared. What the fund could pay is not in the evidence: payouts, and
 * whether the call had to end earlier, are for `npm run adl:audit`; the sizes of a waterfill are compared as far as what the fund paid
 * determines them.
 */
import type { ExpectedClose } from "../../audit/expectation.ts";
import { type Judgement, judgeCall } from "../../audit/judgeCall.ts";
import { lineUp } from "../../audit/queue.ts";
import type { Difference } from "../../audit/wrongedAndSpared.ts";
import { applyChange } from "../../core/applyChange.ts";
import { deficit } from "../../core/closing.ts";
import { abs } from "../../core/integers.ts";
import { createMarketState } from "../../core/marketState.ts";
import { settle } from "../../core/position.ts";
import type { Position, Prices, RankPolicy } from "../../core/types.ts";
import { budgetRange } from "./budgetRange.ts";

export type { ExpectedClose } from "../../audit/expectation.ts";

/** Decimal strings where the API has whole numbers of the chain. */
export type StoredPosition = {
  readonly account: number;
  readonly lots: string;
  readonly cost: string;
  readonly margin: string;
  readonly fundingIndex: string;
};
export type ClosedCounterparty = {
  readonly stage: "ranked" | "principal";
  readonly counterparty: number;
  readonly rank: number;
  readonly score: string;
  readonly price: string;
  readonly lots: string;
};
export type Evidence = {
  readonly base: number;
  readonly call: {
    readonly account: number;
    readonly lots: string;
    readonly price: string;
    readonly mark: string;
    readonly funding?: string | undefined;
    readonly rankPolicy: RankPolicy;
    /** What the fund paid. */
    readonly cover: string;
    readonly closes: readonly ClosedCounterparty[];
    readonly swept?: { readonly lots: string; readonly notional: string; readonly cover: string } | undefined;
  };
  readonly before: { readonly positions: readonly StoredPosition[] };
  readonly changes: readonly StoredPosition[];
};

export type Verdict = {
  readonly right: boolean;
  /** What does not fit, a sentence each; empty when the call was right. */
  readonly findings: readonly string[];
  readonly wronged: readonly Difference[];
  /** Whose turn it was, and who was closed less than that. */
  readonly spared: readonly Difference[];
  readonly expected: readonly ExpectedClose[];
  /** Positions that were eligible. */
  readonly eligible: number;
};

/** @param evidence As /api/markets/{market}/deleverages/{sequence} answers. */
export function checkCall({ base, call, before, changes }: Evidence): Verdict {
  if (call.funding === undefined) throw new Error("The funding index of the call is not known");
  const state = createMarketState(base);
  for (const position of [...before.positions, ...changes]) applyChange(state, parse(position));
  const prices = { price: BigInt(call.mark), funding: BigInt(call.funding) };
  const entry = state.positions.get(call.account);
  const open = entry === undefined ? 0n : abs(entry.lots) - BigInt(call.swept?.lots ?? 0);
  if (entry === undefined || open <= 0n) {
    const what = entry === undefined ? "had no position before the call" : "had nothing left after the book";
    const findings = [`Account ${call.account} ${what}`];
    return { right: false, findings, wronged: [], spared: [], expected: [], eligible: 0 };
  }
  const bankrupt = afterBook(settle(entry, prices.funding), open, call.swept);
  const facts = { account: call.account, lots: BigInt(call.lots), price: BigInt(call.price), closes: closesOf(call) };
  const line = lineUp(state, bankrupt, prices, call.rankPolicy);
  const judge = (budget: bigint) =>
    judgeCall({ call: facts, bankrupt, line, prices, budget, base, tickValue: undefined, comparesMoney: false });
  const judged =
    call.rankPolicy === "leverageWaterfill" ? judgeWater(judge, BigInt(call.cover), bankrupt, prices) : judge(0n);
  const { findings, wronged, spared, expected, eligible } = judged;
  return { right: findings.length === 0, findings, wronged, spared, expected, eligible };
}

/** With the least and the most that the fund can have had. Where it makes a difference, nobody is accused. */
function judgeWater(judge: (budget: bigint) => Judgement, paid: bigint, bankrupt: Position, prices: Prices): Judgement {
  const range = budgetRange(paid, 2n * deficit(bankrupt, prices) + 1n, (budget) => judge(budget).cover);
  const [least, most] = (range ?? []).map(judge);
  if (least?.findings.length === 0) return least;
  if (most?.findings.length === 0) return most;
  if (least && most && least.findings.join() === most.findings.join()) return least;
  throw new Error("what the fund could pay is not in the evidence, and it matters here: npm run adl:audit knows it");
}

/** What the book left, by its K: each fill takes its notional, and the cover that went with it, out of K. Cost stands for all of K. */
function afterBook(p: Position, open: bigint, swept: Evidence["call"]["swept"]): Position {
  const [notional, cover] = [BigInt(swept?.notional ?? 0), BigInt(swept?.cover ?? 0)];
  const isLong = p.lots > 0n;
  const cost = isLong ? p.cost - p.margin - notional - cover : p.cost + p.margin - notional + cover;
  return { ...p, lots: isLong ? open : -open, cost, margin: 0n };
}

function closesOf({ closes }: Evidence["call"]) {
  return closes.map(({ stage, counterparty: account, rank, score, price, lots }) => ({
    stage,
    account,
    rank,
    score: BigInt(score),
    price: BigInt(price),
    lots: BigInt(lots),
  }));
}

function parse({ account, lots, cost, margin, fundingIndex }: StoredPosition): Position {
  return {
    account,
    lots: BigInt(lots),
    cost: BigInt(cost),
    margin: BigInt(margin),
    fundingIndex: BigInt(fundingIndex),
  };
}
