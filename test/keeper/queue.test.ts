import assert from "node:assert/strict";
import { test } from "node:test";
import { eligibility } from "../../keeper/core/eligibility.ts";
import { bankruptcyTick, coordinateU, coordinateV, entryTick } from "../../keeper/core/grid.ts";
import { abs } from "../../keeper/core/integers.ts";
import { bankruptcyPriceAt } from "../../keeper/core/position.ts";
import { rankCounterparties } from "../../keeper/core/rankCounterparties.ts";
import { score } from "../../keeper/core/score.ts";
import type { Position, Prices } from "../../keeper/core/types.ts";
import { BASE, MARK, marketOf, PRICES, position, randomPosition } from "./helpers/market.ts";
import { createRandom } from "./helpers/random.ts";

const ALL = { lots: 1n << 60n, entries: 1 << 30 };

/** The definition, straight from the positions: no cells, no early end. */
function bruteForce(positions: readonly Position[], bankruptIsLong: boolean, x: bigint, prices: Prices): number[] {
  const region = eligibility(bankruptIsLong, x, prices, BASE);
  return positions
    .filter((p) => p.lots > 0n !== bankruptIsLong)
    .map((p, order) => {
      const isLong = p.lots > 0n;
      const u = coordinateU(isLong, entryTick((p.cost << 16n) / abs(p.lots), BASE));
      const v = coordinateV(isLong, bankruptcyTick(bankruptcyPriceAt(p, p.fundingIndex) - p.fundingIndex, BASE));
      return { account: p.account, u, v, cell: u * 2 ** 13 + v, order };
    })
    .filter(({ u, v }) => u < region.uLimit && v >= region.vMin)
    .map((p) => ({ ...p, score: score(region, p.u, p.v) }))
    .sort((a, b) => (a.score === b.score ? a.cell - b.cell || a.order - b.order : a.score > b.score ? -1 : 1))
    .map(({ account }) => account);
}

test("behavior: equals brute force, for random books, prices and funding", () => {
  const random = createRandom(6);
  for (let round = 0; round < 60; round++) {
    const positions = Array.from({ length: 120 }, (_, i) => randomPosition(random, i + 1));
    const prices = {
      price: (MARK * BigInt(50 + random.below(100))) / 100n,
      funding: BigInt(random.below(1000)) << 16n,
    };
    const bankruptIsLong = random.below(2) === 0;
    const x = (MARK * BigInt(50 + random.below(100))) / 100n;
    const ranked = rankCounterparties(marketOf(positions), eligibility(bankruptIsLong, x, prices, BASE), ALL);
    assert.deepEqual(
      ranked.map(({ entry }) => entry.account),
      bruteForce(positions, bankruptIsLong, x, prices),
    );
    assert.deepEqual(
      ranked.map(({ rank }) => rank),
      ranked.map((_, i) => i + 1),
    );
  }
});

test("behavior: within a cell, first in is first", () => {
  const state = marketOf([7, 3, 5].map((account) => position(account, 10n, 30_000_000n, 3_000_000n)));
  const ranked = rankCounterparties(state, eligibility(false, MARK, PRICES, BASE), ALL);
  assert.deepEqual(
    ranked.map(({ entry }) => entry.account),
    [7, 3, 5],
  );
});

test("behavior: more profit and more leverage rank first", () => {
  const positions = [
    position(1, 10n, 50_000_000n, 5_000_000n),
    position(2, 10n, 30_000_000n, 5_000_000n), // more profit, less leverage now
    position(3, 10n, 50_000_000n, 25_000_000n), // least leverage
    position(4, 10n, 59_900_000n, 5_000_000n), // hardly any profit
  ];
  const ranked = rankCounterparties(marketOf(positions), eligibility(false, MARK, PRICES, BASE), ALL);
  assert.deepEqual(
    ranked.map(({ entry }) => entry.account),
    bruteForce(positions, false, MARK, PRICES),
  );
  assert.ok(
    ranked.findIndex(({ entry }) => entry.account === 1) < ranked.findIndex(({ entry }) => entry.account === 3),
  );
});

test("behavior: stops when the lots are covered, and at the entry limit", () => {
  const state = marketOf([1, 2, 3, 4].map((account) => position(account, 10n, 30_000_000n, 3_000_000n)));
  const region = eligibility(false, MARK, PRICES, BASE);
  const count = (lots: bigint, entries: number) => rankCounterparties(state, region, { lots, entries }).length;
  assert.equal(count(10n, 40), 1);
  assert.equal(count(11n, 40), 2);
  assert.equal(count(1000n, 40), 4);
  assert.equal(count(1000n, 3), 3);
  assert.equal(count(1000n, 0), 0);
});

test("behavior: 20,000 positions are ranked in well under a second", () => {
  const random = createRandom(7);
  const state = marketOf(Array.from({ length: 20_000 }, (_, i) => randomPosition(random, i + 1)));
  const started = performance.now();
  rankCounterparties(state, eligibility(true, MARK, PRICES, BASE), { lots: 1_000_000n, entries: 40 });
  assert.ok(performance.now() - started < 1000);
});
