import assert from "node:assert/strict";
import { test } from "node:test";
import { createProgress, stageOf } from "../../scripts/demo/report/createProgress.ts";
import { money, plainPrice, price, score, size } from "../../scripts/demo/report/format.ts";
import { table } from "../../scripts/demo/report/table.ts";
import { MARKET, x16 } from "./helpers/market.ts";

const CALM = { liquidated: 0, deleveraged: 0, cover: 0n, stale: false };

test("default: numbers for people", () => {
  assert.equal(money(1_234_567_890n), "1,234.57");
  assert.equal(price(x16(116_830.5), MARKET), "116,830.50");
  assert.equal(plainPrice(x16(116_830.5), MARKET), "116830.50");
  assert.equal(size(12_345n, MARKET), "1.2345");
  assert.equal(score((1n << 64n) / 4n), 0.25);
});

test("default: a table aligns text to the left and numbers to the right", () => {
  const lines = table(
    "T",
    ["name", "count"],
    [
      ["a", "5"],
      ["bcdef", "12,345"],
    ],
  ).split("\n");
  assert.deepEqual(lines, ["T", "  name    count", "  ─────  ──────", "  a           5", "  bcdef  12,345"]);
});

test("behavior: the stage is the worst of what happened", () => {
  assert.equal(stageOf(CALM), "calm");
  assert.equal(stageOf({ ...CALM, liquidated: 1 }), "liquidating");
  assert.equal(stageOf({ ...CALM, liquidated: 1, cover: 1n }), "insurance");
  assert.equal(stageOf({ ...CALM, liquidated: 1, cover: 1n, deleveraged: 2 }), "deleveraging");
  assert.equal(stageOf({ ...CALM, liquidated: 1, stale: true }), "stale");
});

test("behavior: without a terminal, lines only for news", () => {
  const lines: string[] = [];
  const progress = createProgress({ write: (text) => lines.push(text) });
  const step = { ...CALM, time: 1_760_129_400, prices: [116_830, 4_060] };
  for (let i = 1; i <= 9; i++) progress.step({ ...step, share: i / 100 });
  progress.step({ ...step, share: 0.095, deleveraged: 3 });
  progress.step({ ...step, share: 1 });
  assert.equal(lines.length, 3);
  assert.match(lines[1] ?? "", /deleveraging: 3 counterparties closed/);
  assert.ok(lines.every((line) => line.endsWith("\n")));
});

test("behavior: on a terminal, one line that is written over", () => {
  const lines: string[] = [];
  const progress = createProgress({ isTTY: true, write: (text) => lines.push(text) });
  progress.step({ ...CALM, time: 1_760_129_400, prices: [116_830, 4_060], share: 0.5 });
  progress.done();
  progress.done();
  assert.ok(lines[0]?.startsWith("\r"));
  assert.deepEqual(lines.slice(1), ["\n"]);
});
