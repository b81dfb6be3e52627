import assert from "node:assert/strict";
import { test } from "node:test";
import { applyChange } from "../../keeper/core/applyChange.ts";
import { clearBit, createBitRow, nextBit, setBit } from "../../keeper/core/columns/bitRow.ts";
import { createIntMap } from "../../keeper/core/columns/createIntMap.ts";
import { eligibility } from "../../keeper/core/eligibility.ts";
import { indexCellNear } from "../../keeper/core/indexCellNear.ts";
import { indexKey } from "../../keeper/core/indexKey.ts";
import { createMarketState } from "../../keeper/core/marketState.ts";
import { rankCounterparties } from "../../keeper/core/rankCounterparties.ts";
import { score } from "../../keeper/core/score.ts";
import type { Entry, Position } from "../../keeper/core/types.ts";
import { BASE, MARK, marketOf, randomPosition } from "./helpers/market.ts";
import { createRandom } from "./helpers/random.ts";

test("behavior: a bit row equals a set", () => {
  const random = createRandom(1);
  for (const spread of [40, 2_000, 8_192]) {
    const row = createBitRow();
    const set = new Set<number>();
    for (let i = 0; i < 3_000; i++) {
      const at = spread === 8_192 ? random.below(spread) : 8_191 - random.below(spread);
      if (random.below(2) === 0) {
        set.add(at);
        setBit(row, at);
      } else {
        set.delete(at);
        assert.equal(clearBit(row, at), set.size === 0);
      }
      const from = random.below(16_390);
      const expected = [...set].filter((member) => member >= from).reduce((a, b) => Math.min(a, b), 99_999);
      assert.equal(nextBit(row, from), expected === 99_999 ? -1 : expected);
    }
  }
});

test("behavior: an integer map equals a Map, through growth and deletions", () => {
  const random = createRandom(2);
  const map = createIntMap();
  const expected = new Map<number, number>();
  for (let i = 0; i < 60_000; i++) {
    // few keys that are used again and again, and keys that lie close together
    const key = (random.below(2_000) << 14) | random.below(2);
    if (random.below(3) === 0) {
      map.delete(key);
      expected.delete(key);
    } else {
      map.set(key, i);
      expected.set(key, i);
    }
    const asked = (random.below(2_000) << 14) | random.below(2);
    assert.equal(map.get(asked), expected.get(asked) ?? -1);
    assert.equal(map.size(), expected.size);
  }
  assert.deepEqual([...map.keys()].sort(), [...expected.keys()].sort());
});

test("behavior: cells in doubles are those of the contract's arithmetic, or not answered", () => {
  const random = createRandom(3);
  let answered = 0;
  const COUNT = 60_000;
  for (let i = 0; i < COUNT; i++) {
    const size = random.bits(47) || 1n;
    const price = random.bits(i % 2 === 0 ? 30 : 45);
    const cost = i % 5 === 0 ? random.bits(56) : size * price;
    const margin = random.bits(50) * (random.below(3) === 0 ? -1n : 1n);
    const index = random.bits(52) * (random.below(2) === 0 ? -1n : 1n);
    const lots = random.below(2) === 0 ? size : -size;
    const p: Position = { account: 1, lots, cost, margin, fundingIndex: i % 3 === 0 ? 0n : index };
    const base = random.below(60) + 8;
    const near = indexCellNear(Number(lots), Number(cost), Number(margin), Number(p.fundingIndex), base);
    if (near === -1) continue;
    answered++;
    assert.equal(near, indexKey(p, base).cell, `${i}: ${lots} lots, cost ${cost}, margin ${margin}, base ${base}`);
  }
  assert.ok(answered > COUNT / 3, `${answered} answered`);
});

test("behavior: positions beyond doubles are kept exactly, and taken back exactly", () => {
  const state = createMarketState(BASE);
  const wide: Position = {
    account: 4_000_000_000,
    lots: -(2n ** 60n + 1n),
    cost: 2n ** 90n + 3n,
    margin: -(2n ** 70n) - 1n,
    fundingIndex: 2n ** 65n + 7n,
  };
  const plain = { ...wide, lots: 5n, cost: 5n * 60_000_000n, margin: 1n, fundingIndex: 0n };
  applyChange(state, wide);
  assert.deepEqual(stored(state.positions.get(wide.account)), wide);
  applyChange(state, plain);
  assert.deepEqual(stored(state.positions.get(wide.account)), plain);
  applyChange(state, { ...wide, lots: 0n });
  assert.deepEqual([state.positions.size, state.longs.size(), state.shorts.size()], [0, 0, 0]);
});

function stored(entry: Entry | undefined): Position | undefined {
  if (entry === undefined) return undefined;
  const { account, lots, cost, margin, fundingIndex } = entry;
  return { account, lots, cost, margin, fundingIndex };
}

test("behavior: the head of the queue is the head of the whole queue sorted, for random books and prices", () => {
  const random = createRandom(4);
  for (let round = 0; round < 60; round++) {
    const count = round % 3 === 0 ? 400 : 40;
    const state = marketOf(Array.from({ length: count }, (_, i) => randomPosition(random, i + 1)));
    const price = (MARK * BigInt(random.below(150) + 50)) / 100n + BigInt(random.below(1 << 20));
    const prices = { price, funding: BigInt(random.below(4_000) - 2_000) << 14n };
    const bankruptIsLong = random.below(2) === 0;
    const region = eligibility(bankruptIsLong, price + BigInt(random.below(1 << 24)), prices, BASE);
    const expected = [...state.positions.values()]
      .filter(({ isLong, u, v }) => isLong !== bankruptIsLong && u < region.uLimit && v >= region.vMin)
      .map((entry) => ({ entry, score: score(region, entry.u, entry.v) }))
      .sort((a, b) => {
        if (a.score !== b.score) return a.score > b.score ? -1 : 1;
        return a.entry.cell - b.entry.cell || a.entry.joined - b.entry.joined;
      });
    for (const entries of [1, 7, Number.MAX_SAFE_INTEGER]) {
      const head = rankCounterparties(state, region, { lots: 1n << 64n, entries });
      assert.deepEqual(
        head.map(({ entry, score, rank }) => [entry.account, score, rank]),
        expected.slice(0, entries).map(({ entry, score }, i) => [entry.account, score, i + 1]),
      );
    }
    const lots = BigInt(random.below(400) + 1);
    const covering = rankCounterparties(state, region, { lots, entries: 1_000 });
    const sizes = covering.map(({ entry }) => (entry.lots < 0n ? -entry.lots : entry.lots));
    const before = sizes.slice(0, -1).reduce((sum, size) => sum + size, 0n);
    assert.ok(covering.length === 0 || before < lots);
  }
});
