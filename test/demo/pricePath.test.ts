import assert from "node:assert/strict";
import { test } from "node:test";
import { DemoError } from "../../scripts/demo/cli/demoError.ts";
import { bridge } from "../../scripts/demo/path/bridge.ts";
import { octoberPath } from "../../scripts/demo/path/october.ts";
import { pathFromBars } from "../../scripts/demo/path/pathFromBars.ts";
import type { PricePath } from "../../scripts/demo/path/pricePath.ts";
import { createRandom } from "../../scripts/demo/path/random.ts";
import { shockPath } from "../../scripts/demo/path/shockPath.ts";
import { messageOf } from "./helpers/messageOf.ts";

const at = (clock: string) => Date.parse(`2025-10-10T${clock}Z`) / 1000;
const priceAt = (path: PricePath, clock: string) => path.steps.find(({ time }) => time === at(clock))?.prices;

function flat(time: number, price: number) {
  return { time, open: price, high: price, low: price, close: price };
}

test("default: the October path goes through its facts, and is silent while it says so", () => {
  const path = octoberPath(1);
  assert.equal(path.steps.length, 201);
  assert.equal(priceAt(path, "20:50:00")?.btc, 116_830);
  assert.equal(priceAt(path, "21:21:00")?.btc, 101_878);
  assert.equal(Math.round(priceAt(path, "21:21:00")?.eth ?? 0), 3_435);
  assert.equal(Math.round(priceAt(path, "21:40:00")?.eth ?? 0), 3_800);
  const silent = path.steps.filter(({ prices }) => prices === undefined).map(({ time }) => time);
  assert.equal(silent[0], at("21:17:00"));
  assert.ok(at("21:18:30") - at("21:16:45") > 60, "longer than maxAge");
  for (const [i, step] of path.steps.entries()) assert.equal(step.time, at("20:50:00") + 15 * i);
});

test("behavior: a seed gives the same path again, another seed another one between the same facts", () => {
  assert.deepEqual(octoberPath(5), octoberPath(5));
  assert.notDeepEqual(octoberPath(5), octoberPath(6));
  assert.equal(priceAt(octoberPath(6), "21:21:00")?.btc, 101_878);
});

test("behavior: a bridge without noise is a straight line in logarithms", () => {
  const facts = [
    { time: 0, price: 100 },
    { time: 100, price: 400 },
  ];
  const [a, b, c] = bridge(facts, [0, 50, 100], 0, createRandom(1, "test"));
  assert.equal(a, 100);
  assert.ok(Math.abs((b ?? 0) - 200) < 1e-9);
  assert.equal(c, 400);
});

test("behavior: second bars give an answer a quarter of a minute, and a gap gives silence", () => {
  const bars = [];
  for (let second = 0; second < 600; second++)
    if (second < 120 || second >= 420) bars.push(flat(1_000 + second, 100 + second));
  const path = pathFromBars(bars, "f.csv", 1);
  assert.equal(path.interval, 15);
  assert.equal(path.steps[0]?.time, 1_015);
  assert.equal(path.steps[0]?.prices?.btc, 114, "the last close before the answer");
  const silent = path.steps.filter(({ prices }) => prices === undefined);
  assert.ok(silent.length >= 4);
  assert.ok(silent.every(({ time }) => time > 1_120 && time <= 1_420));
  assert.notEqual(path.steps.at(-1)?.prices, undefined);
});

test("behavior: coarse bars are walked through from open to close by way of both extremes", () => {
  const bars = [
    { time: 3_600, open: 100, high: 110, low: 80, close: 90 },
    { time: 7_200, open: 90, high: 120, low: 85, close: 115 },
    { time: 10_800, open: 115, high: 115, low: 115, close: 115 },
  ];
  const path = pathFromBars(bars, "f.csv", 1);
  assert.equal(path.interval, 900);
  const btc = path.steps.map(({ prices }) => prices?.btc);
  assert.deepEqual(btc.slice(0, 8), [100, 110, 80, 90, 90, 85, 120, 115]);
});

test("behavior: long files are thinned out, and ETH goes the way of BTC", () => {
  const bars = Array.from({ length: 5_000 }, (_, i) => flat(1_000_000 + i * 60, 100 + i / 100));
  const path = pathFromBars(bars, "f.csv", 3);
  assert.ok(path.steps.length <= 262, `${path.steps.length} steps`);
  const [first, last] = [path.steps[0]?.prices, path.steps.at(-1)?.prices];
  assert.ok(first !== undefined && last !== undefined && last.eth / first.eth > 1.3);
});

test("error: a price that the demo's ticks cannot express", () => {
  const bars = [flat(1_000, 100), flat(1_001, 5)];
  assert.match(
    messageOf(DemoError, () => pathFromBars(bars, "f.csv", 1)),
    /^f\.csv: prices must lie between 6 and/,
  );
});

test("default: the shock falls by 60 % in one step and rises by 150 % in another", () => {
  const btc = shockPath().steps.map(({ prices }) => prices?.btc ?? 0);
  const moves = btc.slice(1).map((price, i) => price / (btc[i] ?? 1) - 1);
  const steps = moves.filter((move) => move !== 0);
  assert.equal(steps.length, 2);
  assert.ok(Math.abs((steps[0] ?? 0) + 0.6) < 1e-12 && Math.abs((steps[1] ?? 0) - 1.5) < 1e-12);
});
