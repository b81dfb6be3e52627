/**
 * Both rank policies on random books, for both sides: contract = brute force = keeper core, whole or cut, listed or picked; and splitting an account
 * never lets it give up less. Books are made to measure (RankedBook), one eth_call each.
 */
import { expect } from "chai";
import { network } from "hardhat";
import { applyChange } from "../../keeper/core/applyChange.ts";
import { eligibility } from "../../keeper/core/eligibility.ts";
import { fillWater } from "../../keeper/core/fillWater.ts";
import { createMarketState } from "../../keeper/core/marketState.ts";
import { rankByLeverage } from "../../keeper/core/rankByLeverage.ts";
import { rankCounterparties } from "../../keeper/core/rankCounterparties.ts";
import type { RankedBook } from "../../types/ethers-contracts/mocks/RankedBook.ts";
import { type CloseResult, deleverage, isCrossed } from "../utils/adlModel.ts";
import { abs, bankruptcyPrice, cellOf, isBankrupt, isLong, rankAll, settled } from "../utils/model.ts";
import { createRandom, type Random } from "../utils/random.ts";
import { headOf } from "../utils/scenarios.ts";
import { type Book, type BookStyle, orderOf, othersOf, randomBook } from "../utils/waterBooks.ts";
import { type FillResult, fill } from "../utils/waterfillModel.ts";

const BOOKS = Number(process.env["PLIMSOLL_BOOKS"] ?? 210);
const STYLES: BookStyle[] = ["scattered", "clustered", "dust", "one row", "at edges", "deep", "dry"];
const MAX_STEPS = 160;
const GAS = { gasLimit: 1_000_000_000n };

type Piece = { list: number[]; limit: number };
type Result = Awaited<ReturnType<RankedBook["run"]["staticCall"]>>[0];

describe("Rank policies on random books", () => {
  let ranked: RankedBook;
  before(async () => {
    const { ethers } = await network.create({
      override: { blockGasLimit: 2_000_000_000n, transactionGasCap: false, allowUnlimitedContractSize: true },
    });
    const waterfill = await ethers.deployContract("Waterfill");
    const libraries = { Waterfill: await waterfill.getAddress() };
    ranked = await ethers.deployContract("RankedBook", [], { libraries });
  });

  for (const [i, style] of STYLES.entries()) {
    it(`LeverageWaterfill, ${style}: contract = brute force = keeper core, in any pieces`, async () => {
      const random = createRandom(40 + i);
      const seen = { books: 0, several: 0, steps: 0, covered: 0, closed: 0 };
      while (seen.books < BOOKS / STYLES.length) {
        const book = randomBook(random, style);
        if (orderOf(othersOf(book), book.bankrupt, book.prices).length === 0) continue;
        await compare(ranked, random, book, seen);
      }
      expect(seen.several, "several counterparties").greaterThan(seen.books / 4);
      if (style !== "dry") expect(seen.steps, "steps").greaterThan(seen.books);
      expect(seen.covered, "with cover").greaterThan(seen.books / 20);
    });
  }

  for (const [i, style] of STYLES.entries()) {
    it(`PnlLeverage, ${style}: contract = brute force = keeper core, in any pieces`, async () => {
      const random = createRandom(80 + i);
      const seen = { books: 0, several: 0 };
      while (seen.books < BOOKS / STYLES.length) await compareWholes(ranked, random, randomBook(random, style), seen);
      expect(seen.several, "several counterparties").greaterThan(seen.books / 5);
    });
  }

  it("a list with a hole, or out of order, is refused", async () => {
    const random = createRandom(60);
    let refused = 0;
    for (let n = 0; n < BOOKS / 4; n++)
      refused += await tamper(ranked, random, randomBook(random, random.pick(STYLES)));
    expect(refused).greaterThan(BOOKS / 12);
  });

  it("an account split into 2, 5 or 10, or into 100 of one lot, gives up no less", () => {
    const random = createRandom(70);
    let compared = 0;
    for (let n = 0; n < BOOKS; n++) compared += split(random, randomBook(random, random.pick(STYLES)));
    expect(compared).greaterThan(BOOKS / 4);
  });
});

/** Pieces of the whole sequence: without `random` only where a call's cap of steps ends them. */
function cut(book: Book, random?: Random): { pieces: Piece[]; end: FillResult[] } {
  const { prices } = book;
  const pieces: Piece[] = [];
  const end: FillResult[] = [];
  let bankrupt = settled(book.bankrupt, prices.funding);
  let positions = othersOf(book);
  let budget = book.budget;
  for (;;) {
    if (bankrupt.lots === 0n || !isBankrupt(bankrupt, prices)) return { pieces, end };
    const order = orderOf(positions, bankrupt, prices);
    if (order.length === 0) return { pieces, end };
    const few = random?.chance(0.8) ? random.int(1, Math.min(order.length, 6)) : order.length;
    const listed = order.slice(0, few);
    const now = fill(bankrupt, positions, budget, prices, (a, _, steps) => listed.includes(a) && steps < MAX_STEPS);
    pieces.push(random?.chance(0.5) ? { list: [], limit: few } : { list: listed, limit: 0 });
    end.push(now);
    if (few === order.length && !random && now.steps < MAX_STEPS && !now.crossed) return { pieces, end };
    ({ bankrupt, positions } = now);
    budget -= now.cover;
    if (pieces.length > 400) throw new Error("the sequence does not end");
  }
}

async function compare(
  ranked: RankedBook,
  random: Random,
  book: Book,
  seen: { books: number; several: number; steps: number; covered: number; closed: number },
): Promise<void> {
  const { prices, budget } = book;
  const expected = fill(settled(book.bankrupt, prices.funding), othersOf(book), budget, prices);
  const whole = await run(ranked, book, cut(book).pieces);
  requireEqual(book, whole, expected);
  const pieces = cut(book, random).pieces;
  const inPieces = await run(ranked, book, pieces);
  expect(plain(inPieces), "ADL-4").to.deep.equal(plain(whole));
  compareKeeper(book, expected);
  seen.books++;
  seen.steps += expected.steps;
  if (expected.members.length > 1) seen.several++;
  if (expected.cover > 0n) seen.covered++;
}

/** PnlLeverage: whole positions in the order of brute force, the last one in part. */
async function compareWholes(
  ranked: RankedBook,
  random: Random,
  book: Book,
  seen: { books: number; several: number },
): Promise<void> {
  const { prices } = book;
  const bankrupt = settled(book.bankrupt, prices.funding);
  const queue = rankAll(book.seats, isLong(bankrupt), bankruptcyPrice(bankrupt), prices).map((r) => r.position);
  if (queue.length === 0) return;
  const list = headOf(queue, abs(bankrupt.lots));
  const { closes, crossed, ...expected } = closeByRank(book);
  // calls that look anew would go on to the principal stage
  if (crossed && expected.lots < abs(bankrupt.lots)) return;
  // a call ends where X moves over an edge; further ones look anew
  const anew: Piece[] = Array.from({ length: 4 }, () => ({ list: [], limit: 400 }));
  const whole = await run(ranked, book, [{ list, limit: 0 }, ...(crossed ? anew : [])], 0);
  for (const c of closes) {
    const stored = whole.positions[c.account];
    expect([stored?.lots, whole.free[c.account]]).to.deep.equal([c.after.lots, c.payout]);
    if (c.after.lots !== 0n) expect([stored?.cost, stored?.margin]).to.deep.equal([c.after.cost, c.after.margin]);
  }
  expect([whole.lots, whole.cover]).to.deep.equal([expected.lots, expected.cover]);
  const pieces: Piece[] = [];
  for (let from = 0; from < list.length; ) {
    const to = Math.min(list.length, from + random.int(1, 4));
    const listed = random.chance(0.5) && !crossed;
    pieces.push(listed ? { list: list.slice(from, to), limit: 0 } : { list: [], limit: to - from });
    from = to;
  }
  if (crossed) pieces.push(...anew);
  expect(plain(await run(ranked, book, pieces, 0)), "ADL-4").to.deep.equal(plain(whole));
  const state = createMarketState(prices.base);
  for (const p of book.seats) applyChange(state, p);
  const region = eligibility(
    isLong(bankrupt),
    bankruptcyPrice(bankrupt),
    { price: prices.mark, funding: prices.funding },
    prices.base,
  );
  const limits = { lots: abs(bankrupt.lots), entries: 1 << 20 };
  expect(rankCounterparties(state, region, limits).map((r) => r.entry.account)).to.deep.equal(list);
  seen.books++;
  if (list.length > 1) seen.several++;
}

/** By brute force: who is first is asked anew before each close, until nobody eligible is left. */
function closeByRank({ bankrupt: before, seats, budget: fund, prices }: Book) {
  let bankrupt = settled(before, prices.funding);
  let [budget, positions, crossed] = [fund, seats, false];
  const closes: CloseResult[] = [];
  while (bankrupt.lots !== 0n && isBankrupt(bankrupt, prices)) {
    const [first] = rankAll(positions, isLong(bankrupt), bankruptcyPrice(bankrupt), prices);
    if (!first) break;
    const one = deleverage(bankrupt, [settled(first.position, prices.funding)], budget, prices);
    const left = { bankrupt: one.bankrupt, budget: budget - one.cover };
    crossed ||= isCrossed({ bankrupt, budget }, left, prices, 1n);
    ({ bankrupt, budget } = left);
    positions = positions.filter((p) => p.account !== first.position.account);
    closes.push(...one.closes);
  }
  return { closes, crossed, lots: closes.reduce((s, c) => s + c.lots, 0n), cover: fund - budget };
}

function compareKeeper(book: Book, expected: FillResult): void {
  const { prices, budget } = book;
  const state = createMarketState(prices.base);
  for (const p of book.seats) applyChange(state, p);
  const bankrupt = settled(book.bankrupt, prices.funding);
  const keeperPrices = { price: prices.mark, funding: prices.funding };
  const region = eligibility(isLong(bankrupt), bankruptcyPrice(bankrupt), keeperPrices, prices.base);
  const water = fillWater(rankByLeverage(state, region), region, keeperPrices, bankrupt, budget, {
    stopsAfter: (b) => !isBankrupt(b, prices),
  });
  expect(water.members.map(({ account, lots, pnl, payout }) => ({ account, lots, pnl, payout }))).to.deep.equal(
    expected.members,
  );
  expect([water.bankrupt, water.cover]).to.deep.equal([expected.bankrupt, expected.cover]);
  for (const p of water.landed) applyChange(state, p);
  for (const { position } of water.members) if (position.lots === 0n) applyChange(state, position);
  // FIFO order included
  const touched = new Set(expected.members.map((m) => m.account));
  const byCell = [...state.positions.values()]
    .filter((p) => touched.has(p.account))
    .sort((a, b) => a.joined - b.joined);
  const model = expected.positions.filter((p) => touched.has(p.account));
  for (const { cell } of byCell) {
    const here = byCell.filter((p) => p.cell === cell).map((p) => p.account);
    expect(here).to.deep.equal(model.map((p) => p.account).filter((a) => here.includes(a)));
  }
}

/** Positions, balances and links are what brute force says. */
function requireEqual(book: Book, result: Result, expected: FillResult): void {
  const { prices } = book;
  const after = new Map(expected.positions.map((p) => [p.account, p]));
  const payouts = new Map(expected.members.map((m) => [m.account, m.payout]));
  for (const { account } of book.seats) {
    const stored = result.positions[account];
    if (!stored) throw new Error(`no account ${account}`);
    const want = account === book.bankrupt.account ? expected.bankrupt : after.get(account);
    expect(stored.lots, `lots of ${account}`).equal(want?.lots ?? 0n);
    expect(result.free[account]).equal(payouts.get(account) ?? 0n);
    if (!want || want.lots === 0n) continue;
    expect([stored.cost, stored.margin, stored.fundingIndex]).to.deep.equal([
      want.cost,
      want.margin,
      want.fundingIndex,
    ]);
  }
  requireLinks(result, expected, prices.base);
  expect(result.cover).equal(expected.cover);
}

/** FIFO lists: everybody's neighbours in its cell, in the order of the model. */
function requireLinks(result: Result, expected: FillResult, base: number): void {
  const cells = Map.groupBy(expected.positions, (p) => cellOf(p, base).id);
  for (const members of cells.values()) {
    for (const [i, { account }] of members.entries()) {
      const stored = result.positions[account];
      expect([stored?.prev, stored?.next], `links of ${account}`).to.deep.equal([
        BigInt(members[i - 1]?.account ?? 0),
        BigInt((members[i + 1] ?? members[0])?.account ?? 0),
      ]);
    }
  }
}

async function tamper(ranked: RankedBook, random: Random, book: Book): Promise<number> {
  const bankrupt = settled(book.bankrupt, book.prices.funding);
  const order = orderOf(othersOf(book), bankrupt, book.prices);
  const { members, steps, crossed } = fill(bankrupt, othersOf(book), book.budget, book.prices, () => true);
  // a call that runs out of steps need not come as far as the hole
  if (members.length < 2 || crossed || steps >= MAX_STEPS / 4) return 0;
  // one that is left out is missed only if somebody behind it is taken in its place
  const missing = random.int(0, members.length - 2);
  const hole = order.filter((_, i) => i !== missing);
  const swapped = [...order];
  [swapped[missing], swapped[missing + 1]] = [swapped[missing + 1] ?? 0, swapped[missing] ?? 0];
  const twice = [...order.slice(0, missing + 1), ...order.slice(missing)];
  for (const list of [hole, swapped, twice]) {
    const error = await run(ranked, book, [{ list, limit: 0 }]).then(
      () => "accepted",
      (e: unknown) => ranked.interface.parseError((e as { data: string }).data)?.name ?? String(e),
    );
    const errors = ["RankingIncomplete", "RankingUnsorted", "RankingNotFifo", "DuplicateCounterparty"];
    expect(errors, `${list} instead of ${order}`).to.include(error);
  }
  return 3;
}

/** The parts stand where the whole stood, one behind the other. */
function split(random: Random, book: Book): number {
  const { prices, budget } = book;
  const bankrupt = settled(book.bankrupt, prices.funding);
  const whole = fill(bankrupt, othersOf(book), budget, prices);
  const splitter = random.pick(othersOf(book));
  const size = abs(splitter.lots);
  if (size < 2n) return 0;
  const n = random.pick([2n, 5n, 10n, 100n]);
  const scale = (x: bigint, lots: bigint) => (x * lots) / size;
  const parts = (lots: bigint, many: bigint) =>
    Array.from({ length: Number(many) }, (_, i) => ({
      ...splitter,
      account: 1_000 + i,
      lots: splitter.lots > 0n ? lots : -lots,
      cost: scale(splitter.cost, lots),
      margin: scale(splitter.margin, lots),
    }));
  // equal parts, at the very same prices
  const lots = n === 100n ? 1n : size / n;
  if (lots === 0n) return 0;
  const [part] = parts(lots, 1n);
  if (!part) return 0;
  const merged = {
    ...part,
    account: splitter.account,
    lots: part.lots * n,
    cost: part.cost * n,
    margin: part.margin * n,
  };
  const others = (replacement: readonly (typeof part)[]) =>
    othersOf(book).flatMap((p) => (p.account === splitter.account ? replacement : [p]));
  const together = fill(bankrupt, others([merged]), budget, prices);
  const apart = fill(bankrupt, others(parts(lots, n)), budget, prices);
  const given = (r: FillResult, mine: (account: number) => boolean) =>
    r.members.filter((m) => mine(m.account)).reduce((sum, m) => sum + m.lots, 0n);
  const before = given(together, (a) => a === splitter.account);
  const after = given(apart, (a) => a >= 1_000);
  // a part that rounding carried into the middle of a wide step may wait for that one step: at most sixteen rows of at most 0.4 %
  const least = together.wide || apart.wide ? (before * 14n) / 15n : before;
  expect(after >= least, `split into ${n}: ${after} lots given up instead of ${before}`).equal(true);
  return before > 0n && whole.steps > 0 ? 1 : 0;
}

async function run(ranked: RankedBook, book: Book, pieces: readonly Piece[], policy = 1): Promise<Result> {
  const { prices, bankrupt, budget } = book;
  const terms = {
    policy,
    price: prices.mark,
    funding: prices.funding,
    base: prices.base,
    bankrupt: bankrupt.account,
    budget,
  };
  const [result] = await ranked.run.staticCall(terms, book.seats, [...pieces], GAS);
  return result;
}

function plain(result: Result): unknown {
  const { free, cover, lots, pot, longValue } = result;
  const positions = result.positions.map((p) =>
    p.lots === 0n
      ? 0n
      : {
          lots: p.lots,
          cost: p.cost,
          margin: p.margin,
          fundingIndex: p.fundingIndex,
          grownAt: p.grownAt,
          prev: p.prev,
          next: p.next,
        },
  );
  return { positions, free: [...free], cover, lots, pot, longValue };
}
