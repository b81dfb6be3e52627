import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "../../scripts/demo/path/random.ts";
import { openingPrices } from "../../scripts/demo/traders/createCrowd.ts";
import { createPopulation, ROUNDS } from "../../scripts/demo/traders/population.ts";
import { bidderQuotes, makerQuotes, nerveOf } from "../../scripts/demo/traders/quotes.ts";
import { MARKET } from "./helpers/market.ts";

test("default: a population has all roles, both sides, leverages from 1 to 50, and collateral for its positions", () => {
  const people = createPopulation(300, 1);
  assert.equal(people.length, 300);
  for (const role of ["maker", "bidder", "trader", "late"])
    assert.ok(
      people.some((one) => one.role === role),
      role,
    );
  const intents = people.flatMap((one) => one.intents.map((intent) => ({ ...intent, role: one.role })));
  assert.ok(intents.some(({ isLong }) => isLong) && intents.some(({ isLong }) => !isLong));
  assert.ok(new Set(intents.map(({ market }) => market)).size === 2);
  const leverages = intents.map(({ leverage }) => leverage);
  assert.deepEqual([Math.min(...leverages), Math.max(...leverages)], [1, 50]);
  for (const { role, intents: wanted, collateral } of people) {
    const margin = wanted.reduce((sum, { notional, leverage }) => sum + notional / leverage, 0);
    assert.ok(collateral > margin);
    for (const { when } of wanted)
      assert.ok(role === "late" ? when > 0 && when < 1 : Number.isInteger(when) && when < ROUNDS);
  }
});

test("behavior: the same seed gives the same people, and few accounts still have everybody", () => {
  assert.deepEqual(createPopulation(100, 9), createPopulation(100, 9));
  assert.notDeepEqual(createPopulation(100, 9), createPopulation(100, 8));
  const roles = new Set(createPopulation(40, 1).map(({ role }) => role));
  assert.equal(roles.size, 4);
});

test("behavior: makers never quote through each other or through the mark", () => {
  const quotes = Array.from({ length: 6 }, (_, rank) => makerQuotes(MARKET, 116_830, rank, 1)).flat();
  const bids = quotes.filter(({ isBid }) => isBid).map(({ tick }) => tick);
  const asks = quotes.filter(({ isBid }) => !isBid).map(({ tick }) => tick);
  assert.ok(Math.max(...bids) < 1_168_300 && Math.min(...asks) > 1_168_300);
});

test("behavior: bidders wait at least two percent away, most of them below", () => {
  const quotes = Array.from({ length: 12 }, (_, rank) => bidderQuotes(MARKET, 100_000, rank)).flat();
  for (const { isBid, tick } of quotes) assert.ok(isBid ? tick <= 980_000 : tick >= 1_020_000);
  assert.ok(quotes.filter(({ isBid }) => isBid).length > quotes.length / 2);
});

test("behavior: makers leave when the price runs and come back little by little", () => {
  const calm = [100, 100.1, 100, 100.05, 100.1];
  assert.equal(nerveOf(calm).share, 1);
  assert.equal(nerveOf([...calm, 99]).share, 0);
  assert.equal(nerveOf([100, 99.7, 99.4, 99.1, 98.8]).share, 0, "many small steps are a run, too");
  const shares = [1, 2, 3, 4, 8, 20].map((n) => nerveOf([100, 90, ...Array<number>(n).fill(90)]).share);
  assert.deepEqual(shares.slice(0, 2), [0, 0]);
  for (const [i, share] of shares.entries()) assert.ok(i === 0 || share >= (shares[i - 1] ?? 0));
  assert.equal(shares.at(-1), 1);
});

test("behavior: the opening ends at the path's first prices", () => {
  const rounds = openingPrices([100, 10], createRandom(1, "test").normal);
  assert.equal(rounds.length, ROUNDS);
  assert.deepEqual(rounds.at(-1), [100, 10]);
  assert.ok((rounds[0]?.[0] ?? 0) > 100);
});
