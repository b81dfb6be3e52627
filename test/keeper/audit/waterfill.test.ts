/** The audit's judgement of waterfill calls, against the sequence by brute force: a piece of it is right, anything else is named. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type CallFacts, type ClosedFact, judgeCall } from "../../../keeper/audit/judgeCall.ts";
import { lineUp } from "../../../keeper/audit/queue.ts";
import { applyChange } from "../../../keeper/core/applyChange.ts";
import { MAX_WATER_STEPS } from "../../../keeper/core/fillWater.ts";
import { createMarketState } from "../../../keeper/core/marketState.ts";
import { deleverage } from "../../utils/adlModel.ts";
import {
  bankruptcyPrice,
  byBankruptcy,
  cellOf,
  entryPrice,
  entryTick,
  isBankrupt,
  type PositionState,
  type Prices,
  settled,
  X16,
} from "../../utils/model.ts";
import { createRandom } from "../../utils/random.ts";
import { type Book, type BookStyle, orderOf, othersOf, randomBook } from "../../utils/waterBooks.ts";
import { type FillResult, fill } from "../../utils/waterfillModel.ts";

const STYLES: BookStyle[] = ["scattered", "clustered", "dust", "one row", "at edges", "deep", "dry"];

function judge(book: Book, facts: CallFacts, tickValue?: bigint) {
  const state = createMarketState(book.prices.base);
  for (const p of book.seats) applyChange(state, p);
  const prices = { price: book.prices.mark, funding: book.prices.funding };
  const bankrupt = settled(book.bankrupt, prices.funding);
  const line = lineUp(state, bankrupt, prices, "leverageWaterfill");
  const terms = { bankrupt, prices, budget: book.budget, base: book.prices.base, tickValue };
  return judgeCall({ call: facts, line, ...terms, comparesMoney: true });
}

/** What the logs would say of a piece of the sequence, and of the principal stage behind it. */
function factsOf(book: Book, piece: FillResult, principal?: ReturnType<typeof deleverage>): CallFacts {
  const { prices } = book;
  const scores = scoresOf(book);
  const price = bankruptcyPrice(settled(book.bankrupt, prices.funding));
  const nothing = (account: number) => ({ account, lots: 0n, cost: 0n, margin: 0n, fundingIndex: 0n });
  const closes = piece.members.map((m, i): ClosedFact => {
    const before = book.seats.find(({ account }) => account === m.account);
    assert.ok(before);
    const after = piece.positions.find(({ account }) => account === m.account) ?? nothing(m.account);
    const known = { before: settled(before, prices.funding), after };
    return { stage: "ranked", ...m, rank: i + 1, score: scores.get(m.account), price, ...known };
  });
  for (const c of principal?.closes ?? []) {
    const before = piece.positions.find(({ account }) => account === c.account);
    assert.ok(before);
    const { account, lots, pnl, payout, after } = c;
    const known = { before: settled(before, prices.funding), after };
    closes.push({ stage: "principal", account, lots, pnl, payout, rank: 0, score: 0n, price, ...known });
  }
  const landed = piece.positions
    .map(({ account }) => account)
    .filter((a) => piece.members.some((m) => m.account === a));
  const lots = closes.reduce((sum, close) => sum + close.lots, 0n);
  const cover = piece.cover + (principal?.cover ?? 0n);
  return { account: book.bankrupt.account, lots, price, cover, closes, landed };
}

/** P/|P' − b| of the row's edge nearer to zero × 2^64, by account. */
function scoresOf({ seats, prices }: Book): Map<number, bigint> {
  const adjusted = prices.mark - prices.funding;
  return new Map(
    seats.map((p) => {
      const tick = p.lots > 0n ? 8_191 - cellOf(p, prices.base).v : cellOf(p, prices.base).v;
      const edge = tick >= 4_096 ? entryPrice(tick - 4_096, prices.base) : -entryPrice(4_095 - tick, prices.base);
      const distance = p.lots > 0n ? adjusted - edge : edge - adjusted;
      return [p.account, (prices.mark << 64n) / (distance > 0n ? distance : 1n)];
    }),
  );
}

/** Longs around the edge of an entry tick, and a mark 5 % above it. */
function atEdge() {
  const atoms = 100_000n;
  const base = (atoms * X16).toString(2).length - 1 - 7;
  const edge = entryPrice(entryTick(atoms * X16, base), base) / X16;
  const prices: Prices = { mark: ((edge * 105n) / 100n) * X16, funding: 0n, base };
  const seat = (account: number, lots: bigint, entry: bigint, b: bigint): PositionState => {
    return { account, lots, cost: entry * lots, margin: (entry - b) * lots, fundingIndex: 0n };
  };
  return { prices, edge, seat };
}

function piece(book: Book, most: number): FillResult {
  const bankrupt = settled(book.bankrupt, book.prices.funding);
  return fill(bankrupt, othersOf(book), book.budget, book.prices, (_, __, steps) => steps < most);
}

function* books(seed: number, count: number, styles = STYLES): Generator<Book> {
  const random = createRandom(seed);
  while (count > 0) {
    const book = randomBook(random, random.pick(styles));
    const bankrupt = settled(book.bankrupt, book.prices.funding);
    if (!isBankrupt(bankrupt, book.prices) || orderOf(othersOf(book), bankrupt, book.prices).length === 0) continue;
    count--;
    yield book;
  }
}

test("property: every piece of the sequence is right, whole steps at most 160", () => {
  const random = createRandom(8);
  const seen = { several: 0, covered: 0 };
  for (const book of books(7, 150)) {
    const one = piece(book, random.int(1, MAX_WATER_STEPS));
    const judged = judge(book, factsOf(book, one));
    assert.deepEqual(judged.findings, []);
    assert.deepEqual([judged.wronged, judged.spared], [[], []]);
    assert.deepEqual(judged.rest, one.bankrupt);
    if (one.members.length > 1) seen.several++;
    if (one.cover > 0n) seen.covered++;
  }
  assert.ok(seen.several > 60 && seen.covered > 20, JSON.stringify(seen));
});

test("property: when nobody eligible is left, the opposing side by bankruptcy price, as the water left it", () => {
  let principals = 0;
  for (const book of books(9, 160, ["dry"])) {
    const { prices, budget } = book;
    const water = piece(book, Number.MAX_SAFE_INTEGER);
    if (water.steps >= MAX_WATER_STEPS || water.crossed) continue;
    const queue = byBankruptcy(water.positions, prices.base).map((p) => settled(p, prices.funding));
    const principal = deleverage(water.bankrupt, queue, budget - water.cover, prices);
    const judged = judge(book, factsOf(book, water, principal));
    assert.deepEqual(judged.findings, []);
    assert.deepEqual([judged.wronged, judged.spared], [[], []]);
    principals += principal.closes.length;
  }
  assert.ok(principals > 20, `${principals} by principal`);
});

test("behavior: whom rounding carries out of reach while it comes down is closed by principal, from its new place", () => {
  const { prices, edge, seat } = atEdge();
  const bankrupt: PositionState = { account: 9, lots: -100n, cost: edge * 100n + 40n, margin: 0n, fundingIndex: 0n };
  // a 60th of an atom below the edge of the entry tick of X: closing a part carries its entry to the edge
  const edged = { ...seat(1, 60n, edge, (edge * 96n) / 100n), cost: edge * 60n - 1n };
  const twin = seat(2, 30n, (edge * 103n) / 100n, (edge * 90n) / 100n);
  const book: Book = {
    prices,
    seats: [twin, edged, seat(3, 90n, edge * 2n, edge / 2n), bankrupt],
    bankrupt,
    budget: 0n,
  };
  const water = piece(book, MAX_WATER_STEPS);
  assert.deepEqual([water.members.length, water.steps], [1, 1]);
  const queue = byBankruptcy(water.positions, prices.base);
  const principal = deleverage(water.bankrupt, queue, 0n, prices);
  const facts = factsOf(book, water, principal);
  assert.deepEqual(
    facts.closes.map(({ stage, account }) => [stage, account]),
    [
      ["ranked", 1],
      ["principal", 1],
      ["principal", 2],
      ["principal", 3],
    ],
  );
  assert.deepEqual(judge(book, facts).findings, []);
});

test("behavior: a call that ends inside a step, and one that goes on behind the last step that it may make", () => {
  let [inside, beyond] = [0, 0];
  for (const book of books(10, 120, ["deep", "scattered", "one row"])) {
    const more = piece(book, MAX_WATER_STEPS + 1);
    if (more.steps > MAX_WATER_STEPS) {
      const most = piece(book, MAX_WATER_STEPS);
      const [may, did] = [most, more].map(({ members }) => members.reduce((sum, { lots }) => sum + lots, 0n));
      const said = judge(book, factsOf(book, more)).findings.join("\n");
      assert.match(
        said,
        new RegExp(`The call had to end after ${may} lots, because it had made 160 steps, and it closed ${did}`),
      );
      beyond++;
    }
    const one = factsOf(book, piece(book, 3));
    const last = one.closes.at(-1);
    if (!last || last.lots < 2n) continue;
    const closes = [...one.closes.slice(0, -1), { ...last, lots: last.lots - 1n }];
    const said = judge(book, { ...one, lots: one.lots - 1n, closes }).findings.join("\n");
    if (/inside a step: 1 lots more/.test(said)) inside++;
    assert.notEqual(said, "");
  }
  assert.ok(inside > 20 && beyond > 10, `${inside} inside a step, ${beyond} behind the last`);
});

test("behavior: a call that goes on after rounding carried X over an entry tick", () => {
  const { prices, edge, seat } = atEdge();
  const bankrupt: PositionState = { account: 4, lots: -7n, cost: edge * 7n, margin: -1n, fundingIndex: 0n };
  const seats = [
    seat(1, 1n, (edge * 70n) / 100n, (edge * 97n) / 100n),
    seat(3, 9n, (edge * 80n) / 100n, (edge * 95n) / 100n),
    bankrupt,
  ];
  const book: Book = { prices, seats, bankrupt, budget: 0n };
  // what a call would do that did not end there
  const whole = factsOf(book, fill(bankrupt, othersOf(book), 0n, prices));
  assert.ok(whole.lots > 1n);
  assert.deepEqual(judge(book, whole).findings, []);
  assert.match(
    judge(book, whole, 1_000_000n).findings.join(),
    /The call had to end after \d+ lots, because rounding had carried its price over a tick/,
  );
});

test("behavior: who gave too much or too little is named, by how many lots", () => {
  let tampered = 0;
  for (const book of books(11, 60, ["scattered", "one row", "clustered"])) {
    const one = factsOf(book, piece(book, 40));
    const [first, second] = one.closes;
    if (!first || !second || first.lots < 2n) continue;
    const moved = one.closes.map((close) => {
      if (close === first) return { ...close, lots: close.lots - 1n };
      return close === second ? { ...close, lots: close.lots + 1n } : close;
    });
    const judged = judge(book, { ...one, closes: moved });
    assert.deepEqual(
      judged.spared.map(({ account, lots }) => [account, lots]),
      [[first.account, 1n]],
    );
    assert.deepEqual(
      judged.wronged.map(({ account, lots }) => [account, lots]),
      [[second.account, 1n]],
    );
    const money = judge(book, { ...one, cover: (one.cover ?? 0n) - 1n });
    assert.match(money.findings.join(), /The fund paid -?\d+ atoms, it should have been \d+/);
    tampered++;
  }
  assert.ok(tampered > 15, `${tampered}`);
});
