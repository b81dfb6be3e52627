/**
 * Computes the ranking of a past deleveraging call again, from the positions before it, and says whether the call was right: correct, or
 * who was wronged by how much. Runs in the browser and in Node; what it computes with is the keeper's own port of the contract.
 *
 * It takes nothing from the call but what the call had to answer to: the mark, the funding index, how many lots were closed. The bankruptcy
 * price, who is eligible, scores, ranks and sizes are computed and compared.
 */
import { applyChange } from "../../core/applyChange.ts";
import { eligibility } from "../../core/eligibility.ts";
import { abs, floorDiv } from "../../core/integers.ts";
import { cellsOf, createMarketState, type MarketState } from "../../core/marketState.ts";
import { isBankrupt, settledMargin } from "../../core/position.ts";
import { rankCounterparties } from "../../core/rankCounterparties.ts";
import type { Entry, Position } from "../../core/types.ts";

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
    readonly closes: readonly ClosedCounterparty[];
    readonly swept?: { readonly lots: string; readonly notional: string; readonly cover: string } | undefined;
  };
  readonly before: { readonly positions: readonly StoredPosition[] };
  readonly changes: readonly StoredPosition[];
};

export type ExpectedClose = {
  readonly stage: "ranked" | "principal";
  readonly account: number;
  /** 0 in the principal stage. */
  readonly rank: number;
  readonly score: bigint;
  readonly lots: bigint;
};
export type Wronged = {
  readonly account: number;
  /** Closed beyond what the ranking asked of it. */
  readonly lots: bigint;
  /** What these lots would have brought more at the mark, quote atoms. */
  readonly amount: bigint;
};
export type Verdict = {
  readonly right: boolean;
  /** What does not fit, a sentence each; empty when the call was right. */
  readonly findings: readonly string[];
  readonly wronged: readonly Wronged[];
  readonly expected: readonly ExpectedClose[];
  /** Positions that were eligible. */
  readonly eligible: number;
};

/** @param evidence As /api/markets/{market}/deleverages/{sequence} answers. */
export function checkCall({ base, call, before, changes }: Evidence): Verdict {
  if (call.funding === undefined) throw new Error("The funding index of the call is not known");
  const state = createMarketState(base);
  for (const position of [...before.positions, ...changes]) applyChange(state, parse(position));
  const findings: string[] = [];
  const prices = { price: BigInt(call.mark), funding: BigInt(call.funding) };
  const bankrupt = state.positions.get(call.account);
  if (bankrupt === undefined) {
    const finding = `Account ${call.account} had no position before the call`;
    return { right: false, findings: [finding], wronged: [], expected: [], eligible: 0 };
  }
  if (!isBankrupt(bankrupt, prices)) findings.push(`Account ${call.account} was not bankrupt at the mark`);

  const left = abs(bankrupt.lots) - BigInt(call.swept?.lots ?? 0);
  const lots = BigInt(call.lots);
  const x = bankruptcyPriceAfter(bankrupt, prices.funding, call.swept);
  if (x === undefined || lots > left) findings.push(`${lots} lots were closed, and only ${left} were open`);
  if (x !== undefined && x !== BigInt(call.price)) {
    findings.push(`The price was ${call.price}; the bankruptcy price of account ${call.account} was ${x}`);
  }

  const region = eligibility(bankrupt.isLong, x ?? BigInt(call.price), prices, base);
  const queue = rankCounterparties(state, region, { lots: 1n << 64n, entries: Number.MAX_SAFE_INTEGER });
  const expected: ExpectedClose[] = [];
  let open = lots;
  for (const { entry, rank, score } of queue) expect("ranked", entry, rank, score);
  const ranked = new Set(queue.map(({ entry }) => entry.account));
  for (const entry of principalOrder(state, !bankrupt.isLong)) {
    if (!ranked.has(entry.account)) expect("principal", entry, 0, 0n);
  }
  findings.push(...compare(call, expected));
  const loss = abs(prices.price - (x ?? BigInt(call.price)));
  const wronged = wrongedBy(call.closes, expected, loss);
  return { right: findings.length === 0, findings, wronged, expected, eligible: queue.length };

  function expect(stage: ExpectedClose["stage"], entry: Entry, rank: number, score: bigint): void {
    if (open === 0n) return;
    const size = abs(entry.lots);
    const closed = size < open ? size : open;
    open -= closed;
    expected.push({ stage, account: entry.account, rank, score, lots: closed });
  }
}

/** X of what the book left: each fill takes its notional, and the cover that went with it, out of K. */
function bankruptcyPriceAfter(p: Position, funding: bigint, swept: Evidence["call"]["swept"]): bigint | undefined {
  const isLong = p.lots > 0n;
  const margin = settledMargin(p, funding);
  const [notional, cover] = [BigInt(swept?.notional ?? 0), BigInt(swept?.cover ?? 0)];
  const k = isLong ? p.cost - margin - notional - cover : p.cost + margin - notional + cover;
  const left = abs(p.lots) - BigInt(swept?.lots ?? 0);
  return left > 0n ? floorDiv(k << 16n, left) : undefined;
}

/** The order of the principal stage: bankruptcy tick, entry tick, first in. */
function principalOrder(state: MarketState, isLong: boolean): Entry[] {
  const cells = [...cellsOf(state, isLong)].map(([id, cell]) => ({ u: id >> 14, v: id & 0x3fff, cell }));
  cells.sort((a, b) => a.v - b.v || a.u - b.u);
  return cells.flatMap(({ cell }) => cell);
}

function compare(call: Evidence["call"], expected: readonly ExpectedClose[]): string[] {
  const findings: string[] = [];
  for (let i = 0; i < Math.max(call.closes.length, expected.length); i++) {
    const [was, should] = [call.closes[i], expected[i]];
    const place = `Place ${i + 1}`;
    if (was === undefined || should === undefined) {
      const who =
        was === undefined ? `account ${should?.account} was left out` : `account ${was.counterparty} was closed`;
      findings.push(`${place}: ${who}, ${was === undefined ? `${should?.lots} lots` : "and nobody should have been"}`);
      continue;
    }
    if (was.counterparty !== should.account) {
      findings.push(`${place}: account ${was.counterparty} was closed, it was account ${should.account}'s turn`);
    } else {
      if (BigInt(was.lots) !== should.lots) {
        findings.push(`${place}: account ${should.account} lost ${was.lots} lots, it should have been ${should.lots}`);
      }
      if (was.rank !== should.rank) findings.push(`${place}: called rank ${was.rank}, it is ${should.rank}`);
      if (BigInt(was.score) !== should.score) findings.push(`${place}: score ${was.score}, it is ${should.score}`);
    }
    if (was.stage !== should.stage)
      findings.push(`${place}: closed in the ${was.stage} stage, not the ${should.stage}`);
    if (was.price !== call.price) findings.push(`${place}: closed at ${was.price}, the call's price is ${call.price}`);
  }
  return findings;
}

/** @param loss Given up on a lot, X16. */
function wrongedBy(closes: readonly ClosedCounterparty[], expected: readonly ExpectedClose[], loss: bigint): Wronged[] {
  const excess = new Map<number, bigint>();
  for (const { counterparty, lots } of closes) {
    excess.set(counterparty, (excess.get(counterparty) ?? 0n) + BigInt(lots));
  }
  for (const { account, lots } of expected) excess.set(account, (excess.get(account) ?? 0n) - lots);
  return [...excess]
    .filter(([, lots]) => lots > 0n)
    .map(([account, lots]) => ({ account, lots, amount: (lots * loss) >> 16n }));
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
