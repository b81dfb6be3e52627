import assert from "node:assert/strict";
import { test } from "node:test";
import { ceilDiv } from "../../../keeper/core/integers.ts";
import { createRiskMarket } from "../../../keeper/core/risk/createRiskMarket.ts";
import { insuranceFor } from "../../../keeper/core/risk/insuranceFor.ts";
import type { Direction, RiskMarket, RiskMarketInput, RiskPosition } from "../../../keeper/core/risk/types.ts";
import { createRandom, type Random } from "../helpers/random.ts";
import { bruteDepth, bruteShortfall, judge } from "./helpers/bruteForce.ts";
import { randomBook, randomRiskPosition } from "./helpers/randomBook.ts";

const DIRECTIONS: readonly Direction[] = ["down", "up"];
const MAX = 1n << 62n;

test("property: 1,200 random books, every answer against a position-by-position simulation of the shock", () => {
  const random = createRandom(81);
  const seen = { frontier: 0, fund: 0, book: 0, principal: 0, hit: 0 };
  for (let i = 0; i < 1_200; i++) {
    const input = randomBook(random);
    const market = createRiskMarket(input);
    checkShortfalls(input, market, random, seen);
    for (const direction of DIRECTIONS) checkFrontier(input, market, direction, seen);
    checkPositions(input, market);
    checkExposure(input, market);
  }
  for (const [what, times] of Object.entries(seen)) assert.ok(times > 100, `${what} was there ${times} times`);
});

test("property: changes one by one end in the same answers as a fresh start", () => {
  const random = createRandom(82);
  for (let i = 0; i < 150; i++) {
    const input = randomBook(random);
    const market = createRiskMarket(input);
    const open = new Map<number, RiskPosition>([...input.positions].map((p) => [p.account, p]));
    let { prices } = input;
    for (let step = 0; step < 40; step++) {
      const account = 1 + random.below(60);
      const lots = random.below(3) === 0 ? 0n : undefined;
      const changed = randomRiskPosition(random, account, random.below(2) === 0, prices.price >> 16n, random.below(4));
      const position = lots === undefined ? changed : { ...changed, lots, cost: 0n, margin: 0n };
      market.apply(position);
      if (position.lots === 0n) open.delete(account);
      else open.set(account, position);
      if (step % 10 === 9) {
        prices = { price: prices.price + random.bits(20), funding: prices.funding + random.bits(20) };
        market.setPrices(prices);
      }
    }
    const now: RiskMarketInput = { ...input, prices, positions: [...open.values()] };
    const fresh = createRiskMarket(now);
    assert.equal(market.size(), open.size);
    for (const direction of DIRECTIONS) {
      assert.deepEqual(market.frontier(direction), fresh.frontier(direction), `book ${i}`);
      const byAccount = (risk: RiskMarket) => [...risk.atRisk(direction, 100)].sort((a, b) => a.account - b.account);
      assert.deepEqual(byAccount(market), byAccount(fresh), `book ${i}`);
    }
    assert.deepEqual(market.ladder(), fresh.ladder(), `book ${i}`);
    assert.deepEqual(market.exposure().leverage, fresh.exposure().leverage);
    assert.deepEqual(market.capitalAdequacy(), fresh.capitalAdequacy());
  }
});

test("behavior: thousands of positions, so that blocks are split, emptied and walked", () => {
  const random = createRandom(83);
  const input = { ...randomBook(random), positions: [] };
  const market = createRiskMarket(input);
  const open = new Map<number, RiskPosition>();
  for (let i = 0; i < 9_000; i++) {
    const account = 1 + random.below(4_000);
    const kind = random.below(4);
    const p = randomRiskPosition(random, account, random.below(2) === 0, input.prices.price >> 16n, kind);
    const position = i > 6_000 && random.below(3) > 0 ? { ...p, lots: 0n } : p;
    market.apply(position);
    if (position.lots === 0n) open.delete(account);
    else open.set(account, position);
  }
  const now: RiskMarketInput = { ...input, positions: [...open.values()] };
  const seen = { frontier: 0, fund: 0, book: 0, principal: 0, hit: 0 };
  checkShortfalls(now, market, random, seen);
  for (const direction of DIRECTIONS) checkFrontier(now, market, direction, seen);
  const inOrder = [...market.atRisk("down", 5_000)].map(({ liquidationPrice }) => liquidationPrice ?? 0n);
  assert.deepEqual(
    inOrder,
    [...inOrder].sort((a, b) => (a > b ? -1 : a < b ? 1 : 0)),
  );
  assert.deepEqual(market.atRisk("down", 10, 1_000), market.atRisk("down", 1_010).slice(1_000));
});

type Seen = { frontier: number; fund: number; book: number; principal: number; hit: number };

function checkShortfalls(input: RiskMarketInput, market: RiskMarket, random: Random, seen: Seen): void {
  const moves = [0n, ...Array.from({ length: 6 }, () => BigInt(random.below(1_200_000) - 500_000))];
  for (const [i, rung] of market.ladder(moves).entries()) {
    const move = moves[i] ?? 0n;
    const direction = move > 0n ? "up" : "down";
    const price = (input.prices.price * (1_000_000n + move)) / 1_000_000n;
    const brute = bruteShortfall(input, direction, price);
    assert.deepEqual(market.shortfall(move), {
      move,
      price,
      bankruptcies: brute.count,
      bankruptLots: brute.lots,
      deficit: ceilDiv(brute.deficit, 65_536n),
      exitCost: ceilDiv(brute.exitCost, 65_536n),
      total: ceilDiv(brute.deficit + brute.exitCost, 65_536n),
    });
    const depthLots = bruteDepth(input, direction).reduce((sum, { lots }) => sum + lots, 0n);
    assert.deepEqual(rung, {
      move,
      price,
      liquidations: brute.below,
      liquidationLots: brute.belowLots,
      bankruptcies: brute.count,
      bankruptLots: brute.lots,
      liquidationNotional: (brute.belowLots * price) >> 16n,
      depthLots,
      coverage: depthLots === 0n ? undefined : (brute.belowLots * 1_000_000n) / depthLots,
    });
    if (brute.count > 0) seen.hit++;
  }
}

/** Each mark must hold where it is said to be, and not one X16 unit before; or nowhere, when there is none. */
function checkFrontier(input: RiskMarketInput, market: RiskMarket, direction: Direction, seen: Seen): void {
  const frontier = market.frontier(direction);
  const insurance = insuranceFor(input.fund) << 16n;
  const mark = input.prices.price;
  const nearer = direction === "down" ? 1n : -1n;
  const far = direction === "down" ? 1n : MAX - 1n;
  const total = (price: bigint) => {
    const { deficit, exitCost } = bruteShortfall(input, direction, price);
    return deficit + exitCost;
  };
  const depth = bruteDepth(input, direction).reduce((sum, { lots }) => sum + lots, 0n);
  const crosses = {
    fund: (price: bigint) => bruteShortfall(input, direction, price).deficit > insurance,
    book: (price: bigint) => bruteShortfall(input, direction, price).belowLots > depth,
    firstBankruptcy: (price: bigint) => bruteShortfall(input, direction, price).count > 0,
  };
  for (const name of ["fund", "book", "firstBankruptcy"] as const) {
    const point = frontier[name];
    if (point === undefined) {
      assert.ok(!crosses[name](far), `${name} ${direction}`);
      continue;
    }
    assert.ok(crosses[name](point.price), `${name} ${direction}`);
    // a line that was crossed before the mark is at the mark
    if (point.price !== mark) assert.ok(!crosses[name](point.price + nearer), `${name} ${direction}`);
    assert.equal(point.move, ((point.price - mark) * 1_000_000n) / mark);
    if (name !== "firstBankruptcy") seen[name]++;
  }
  if (frontier.solvency === undefined) {
    // beyond the farthest price, or its last price is the farthest there is
    assert.ok(total(direction === "down" ? far : MAX - 1n) <= insurance);
  } else {
    const { price } = frontier.solvency;
    if (total(mark) > insurance) assert.equal(price, mark);
    else {
      assert.ok(total(price) <= insurance);
      assert.ok(total(price - nearer) > insurance, `solvency ${direction}`);
      seen.frontier++;
    }
  }
  const principal = brutePrincipal(input, direction);
  assert.equal(frontier.principal?.price, principal, `principal ${direction}`);
  if (principal !== undefined) seen.principal++;
}

/** Bankrupt positions by threshold, each with what is eligible for it: whole entry ticks beyond its X (docs/risk.md). */
function brutePrincipal(input: RiskMarketInput, direction: Direction): bigint | undefined {
  const isLong = direction === "down";
  const market = createRiskMarket(input);
  const mark = input.prices.price;
  const hurt = [...input.positions]
    .filter((p) => p.lots > 0n === isLong)
    .map((p) => ({ p, threshold: market.positionRisk(p.account)?.bankruptcyPrice }))
    .filter((row): row is { p: RiskPosition; threshold: bigint } => row.threshold !== undefined)
    .sort((a, b) => (a.threshold === b.threshold ? 0 : a.threshold > b.threshold === isLong ? -1 : 1));
  let lots = 0n;
  for (const { p, threshold } of hurt) {
    lots += p.lots > 0n ? p.lots : -p.lots;
    let eligible = 0n;
    // X is where equity is zero, rounded down: bankrupt at the threshold, so within a unit of it
    const x = isLong ? (solventAt(p, threshold + 1n) ? threshold + 1n : threshold) : threshold - 1n;
    for (const other of input.positions) {
      if (other.lots > 0n === isLong) continue;
      const size = other.lots > 0n ? other.lots : -other.lots;
      const entry = tick((other.cost << 16n) / size, input.parameters.base);
      const at = tick(x, input.parameters.base);
      if (x > 0n && (isLong ? entry > at : entry < at)) eligible += size;
    }
    if (lots > eligible) return isLong === threshold > mark ? mark : threshold;
  }
  return undefined;

  /** Whether equity is exactly zero there: then X is that very price. */
  function solventAt(p: RiskPosition, price: bigint): boolean {
    return judge(input, p, price).equity === 0n;
  }
}

/** Grid.entryTick by comparison with its own definition: 16 octaves of 256 steps from 2^base. */
function tick(price: bigint, base: number): number {
  if (price < 1n << BigInt(base)) return 0;
  const exponent = price.toString(2).length - 1;
  if (exponent - base >= 16) return 4_095;
  return (exponent - base) * 256 + Number((price << 8n) / (1n << BigInt(exponent))) - 256;
}

function checkPositions(input: RiskMarketInput, market: RiskMarket): void {
  for (const p of input.positions) {
    const risk = market.positionRisk(p.account);
    const { equity, bankrupt, belowMaintenance } = judge(input, p, input.prices.price);
    assert.ok(risk !== undefined);
    assert.equal(risk.status, bankrupt ? "bankrupt" : belowMaintenance ? "liquidatable" : "healthy");
    assert.equal(risk.equity, equity >> 16n);
  }
  assert.equal(market.positionRisk(9_999), undefined);
}

function checkExposure(input: RiskMarketInput, market: RiskMarket): void {
  const { longs, shorts, leverage, openInterest } = market.exposure();
  const all = [...input.positions].map((p) => ({ p, ...judge(input, p, input.prices.price) }));
  for (const [side, isLong] of [
    [longs, true],
    [shorts, false],
  ] as const) {
    const rows = all.filter(({ p }) => p.lots > 0n === isLong);
    const sizes = rows.map(({ p }) => (p.lots > 0n ? p.lots : -p.lots)).sort((a, b) => (a > b ? -1 : 1));
    const lots = sizes.reduce((sum, size) => sum + size, 0n);
    assert.equal(side.positions, rows.length);
    assert.equal(side.lots, lots);
    assert.equal(side.equity, rows.reduce((sum, { equity }) => sum + equity, 0n) >> 16n);
    // margin is what is left of equity without the price: side·(lots·P − cost)
    const margin = rows.reduce((sum, { p, equity }) => {
      const gain = p.lots * input.prices.price - ((p.lots > 0n ? p.cost : -p.cost) << 16n);
      return sum + equity - gain;
    }, 0n);
    assert.equal(side.margin << 16n, margin);
    const five = sizes.slice(0, 5).reduce((sum, size) => sum + size, 0n);
    assert.equal(side.concentration.top5, lots === 0n ? 0n : (five * 1_000_000n) / lots);
  }
  assert.equal(openInterest, longs.lots > shorts.lots ? longs.lots : shorts.lots);
  for (const bucket of leverage) {
    const inside = all.filter(({ p, equity }) => {
      const notional = (p.lots > 0n ? p.lots : -p.lots) * input.prices.price;
      const isAbove = equity <= 0n || notional > equity * BigInt(bucket.above);
      return isAbove && (bucket.upTo === undefined || (equity > 0n && notional <= equity * BigInt(bucket.upTo)));
    });
    assert.equal(bucket.positions, inside.length, `leverage ${bucket.above}`);
  }
}
