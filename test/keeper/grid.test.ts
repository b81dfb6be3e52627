import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bankruptcyPrice,
  bankruptcyTick,
  baseFor,
  cellOf,
  coordinateU,
  coordinateV,
  entryPrice,
  entryTick,
  MAX,
  MAX_U,
  ZERO,
} from "../../keeper/core/grid.ts";
import { createRandom } from "./helpers/random.ts";

const random = createRandom(1);
const cases = Array.from({ length: 4000 }, () => ({
  base: 10 + random.below(40),
  x: random.bits(70),
  y: random.bits(70),
}));

test("behavior: entry ticks are monotone and lie in the grid", () => {
  for (const { base, x, y } of cases) {
    const [low, high] = x < y ? [x, y] : [y, x];
    assert.ok(entryTick(low, base) <= entryTick(high, base), `${low} ${high} ${base}`);
    assert.ok(entryTick(high, base) <= MAX_U);
  }
});

test("behavior: bankruptcy ticks are monotone through zero and lie in the grid", () => {
  for (const { base, x, y } of cases) {
    const [low, high] = x < y ? [x, y] : [y, x];
    const ticks = [-high, -low, 0n, low, high].map((price) => bankruptcyTick(price, base));
    assert.deepEqual(
      ticks,
      ticks.toSorted((a, b) => a - b),
      `${low} ${high} ${base}`,
    );
    assert.ok(ticks.every((tick) => tick >= 0 && tick <= MAX));
    assert.equal(bankruptcyTick(0n, base), ZERO);
    assert.ok(bankruptcyTick(-1n, base) === ZERO - 1);
  }
});

test("behavior: every tick is the tick of the price that stands for it", () => {
  for (const base of [10, 23, 35, 47]) {
    for (let tick = 0; tick <= MAX; tick++) {
      if (tick <= MAX_U) assert.equal(entryTick(entryPrice(tick, base), base), tick);
      if (tick >= ZERO) assert.equal(bankruptcyTick(bankruptcyPrice(tick, base), base), tick);
      // the mirrored side has its edges one below: ~x, not −x, is what is encoded
      else assert.equal(bankruptcyTick(bankruptcyPrice(tick, base) - 1n, base), tick);
    }
  }
});

test("behavior: a price is never more than a cell away from its representative", () => {
  for (const { base, x } of cases) {
    const tick = entryTick(x, base);
    if (tick === 0 || tick === MAX_U) continue;
    const edge = entryPrice(tick, base);
    assert.ok(edge <= x && x < entryPrice(tick + 1, base), `${x} ${base}`);
    assert.ok((x - edge) * 256n <= edge, "0.4 % wide at most");
  }
});

test("behavior: clamps below the first octave and above the last", () => {
  assert.equal(entryTick(0n, 20), 0);
  assert.equal(entryTick((1n << 20n) - 1n, 20), 0);
  assert.equal(entryTick(1n << 200n, 20), MAX_U);
  assert.equal(bankruptcyTick(1n << 200n, 20), MAX);
  assert.equal(bankruptcyTick(-(1n << 200n), 20), 0);
});

test("behavior: base leaves seven octaves below the price and eight above", () => {
  const price = 60_000_000n << 16n;
  assert.equal(baseFor(price), price.toString(2).length - 1 - 7);
});

test("behavior: coordinates mirror, cells order by u and then by v", () => {
  assert.equal(coordinateU(true, 5), 5);
  assert.equal(coordinateU(false, 5), MAX_U - 5);
  assert.equal(coordinateV(true, 5), MAX - 5);
  assert.equal(coordinateV(false, 5), 5);
  assert.equal(cellOf(MAX_U, MAX), 2 ** 25 - 1);
  assert.ok(cellOf(3, MAX) < cellOf(4, 0));
});
