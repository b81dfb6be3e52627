import assert from "node:assert/strict";
import { test } from "node:test";
import { applyChange } from "../../keeper/core/applyChange.ts";
import { eligibility } from "../../keeper/core/eligibility.ts";
import { fillWater } from "../../keeper/core/fillWater.ts";
import { bankruptcyTick, MAX, rowEdge } from "../../keeper/core/grid.ts";
import { createMarketState } from "../../keeper/core/marketState.ts";
import { planDeleverage } from "../../keeper/core/planDeleverage.ts";
import { settle } from "../../keeper/core/position.ts";
import { rankByLeverage } from "../../keeper/core/rankByLeverage.ts";
import { bankruptcyPrice, isLong, settled } from "../utils/model.ts";
import { createRandom } from "../utils/random.ts";
import { type Book, type BookStyle, orderOf, othersOf, randomBook } from "../utils/waterBooks.ts";
import { fill } from "../utils/waterfillModel.ts";
import { PARAMETERS } from "./helpers/market.ts";

const STYLES: BookStyle[] = ["scattered", "clustered", "dust", "one row", "at edges", "dry"];

function stateOf(book: Book) {
  const state = createMarketState(book.prices.base);
  for (const p of book.seats) applyChange(state, p);
  const prices = { price: book.prices.mark, funding: book.prices.funding };
  const bankrupt = settled(book.bankrupt, prices.funding);
  const region = eligibility(isLong(bankrupt), bankruptcyPrice(bankrupt), prices, book.prices.base);
  return { state, prices, bankrupt, region };
}

test("behavior: the sequence equals brute force, and leaves the cells as single steps would", () => {
  const random = createRandom(3);
  for (let n = 0; n < 120; n++) {
    const book = randomBook(random, random.pick(STYLES));
    const { state, prices, bankrupt, region } = stateOf(book);
    const expected = fill(bankrupt, othersOf(book), book.budget, book.prices);
    const water = fillWater(rankByLeverage(state, region), region, prices, bankrupt, book.budget);
    assert.deepEqual(
      water.members.map(({ account, lots, pnl, payout }) => ({ account, lots, pnl, payout })),
      expected.members,
    );
    assert.deepEqual([water.bankrupt, water.cover], [expected.bankrupt, expected.cover]);
    for (const { position } of water.members) if (position.lots === 0n) applyChange(state, position);
    for (const position of water.landed) applyChange(state, position);
    const order = orderOf(expected.positions, bankrupt, book.prices);
    assert.deepEqual(
      rankByLeverage(state, region, { entries: 1 << 20 }).map(({ entry }) => entry.account),
      order,
    );
  }
});

test("behavior: nobody below the common leverage is touched, and the touched end within a row but for whole lots", () => {
  const random = createRandom(4);
  for (let n = 0; n < 60; n++) {
    const book = randomBook(random, "scattered");
    const { state, prices, bankrupt, region } = stateOf(book);
    const water = fillWater(rankByLeverage(state, region), region, prices, bankrupt, 0n);
    const touched = new Set(water.members.map(({ account }) => account));
    const rows = new Map(
      rankByLeverage(state, region, { entries: 1 << 20 }).map(({ entry }) => [entry.account, entry.v]),
    );
    const deepest = Math.max(...[...touched].map((account) => rows.get(account) ?? 0));
    for (const [account, v] of rows) if (v < deepest) assert.ok(touched.has(account), `${account} was passed over`);
  }
});

test("behavior: the plan lists those whom the sequence reaches, at most as many as asked for; 0 leaves it to the contract", () => {
  const book = randomBook(createRandom(5), "one row");
  const { state, prices, bankrupt, region } = stateOf(book);
  const entry = state.positions.get(book.bankrupt.account);
  assert.ok(entry);
  const reached = fillWater(
    rankByLeverage(state, region),
    region,
    prices,
    settle(bankrupt, prices.funding),
    0n,
  ).members.map((m) => m.account);
  const view = {
    parameters: { ...PARAMETERS, base: book.prices.base, rankPolicy: "leverageWaterfill" as const },
    state,
    prices: { ok: true as const, ...prices, accrued: prices.funding },
    taken: 0,
    now: 0n,
    touch: { bestBid: 0n, bestAsk: 0n },
    level: 0,
    preventiveLots: 0n,
    free: new Map(),
  };
  const plan = (most: number) => planDeleverage(view, prices, { entry, cause: "past" }, most).counterparties;
  assert.ok(reached.length > 2);
  assert.deepEqual(plan(40), reached);
  assert.deepEqual(plan(2), reached.slice(0, 2));
  assert.deepEqual(plan(0), []);
});

test("behavior: a row's edge is the first price of it, from the mark's side", () => {
  for (const base of [20, 36]) {
    for (const v of [1, 2, 700, 4_094, 4_095, 4_096, 4_097, 6_000, MAX - 1, MAX]) {
      const short = rowEdge(false, v, base);
      assert.equal(bankruptcyTick(short, base), v);
      assert.equal(bankruptcyTick(short - 1n, base), v - 1);
      const long = rowEdge(true, v, base);
      assert.equal(bankruptcyTick(long - 1n, base), MAX - v);
      assert.equal(bankruptcyTick(long, base), MAX - v + 1);
    }
  }
});
