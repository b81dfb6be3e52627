import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { giniOf, measure } from "../../scripts/study/adl/measure.ts";
import { leverageOf, POLICIES } from "../../scripts/study/adl/policies.ts";
import { readEvent } from "../../scripts/study/adl/readEvent.ts";
import type { AdlEvent } from "../../scripts/study/adl/types.ts";
import { study } from "../../scripts/study/adl.ts";

const folder = mkdtempSync(join(tmpdir(), "plimsoll-study-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const FILE = "hl_adl_AVAX_wave1_20251010_211604.csv";
const HEADER = "account,side,adl_price,adl_size,position_size,entry_price_implied,account_total_equity";

/** Four shorts at a mark of 100 and X = 102: leverage 4, 2, 1 and 0.5. */
const EVENT: AdlEvent = {
  isLong: false,
  lotsPerUnit: 1,
  mark: 100,
  price: 102,
  candidates: [
    { account: "a", lots: 40n, entry: 110, equity: 1_000, closedByVenue: 0n },
    { account: "b", lots: 40n, entry: 130, equity: 2_000, closedByVenue: 0n },
    { account: "c", lots: 40n, entry: 200, equity: 4_000, closedByVenue: 0n },
    { account: "d", lots: 40n, entry: 105, equity: 8_000, closedByVenue: 0n },
  ],
};

function closing(name: string, lots: bigint) {
  const policy = POLICIES.find((one) => one.name === name);
  assert.ok(policy);
  return policy.close(EVENT, lots);
}

test("default: every policy closes exactly the lots asked for, and nobody's more than he has", () => {
  for (const { name, close } of POLICIES) {
    for (let lots = 1n; lots <= 160n; lots += 3n) {
      const all = close(EVENT, lots);
      // nobody without profit gives anything pro rata to profit: all four are in profit here
      assert.equal(
        all.reduce((sum, x) => sum + x, 0n),
        lots,
        `${name}, ${lots}`,
      );
      assert.ok(
        all.every((x, i) => x >= 0n && x <= (EVENT.candidates[i]?.lots ?? 0n)),
        name,
      );
    }
  }
});

test("behavior: PnlLeverage takes whole positions by profit times leverage, not by leverage", () => {
  // r·L: a 0.0909·4 = 0.364, b 0.2308·2 = 0.462, c 0.5·1 = 0.5, d 0.0476·0.5
  assert.deepEqual(closing("PnlLeverage", 90n), [10n, 40n, 40n, 0n]);
});

test("behavior: the waterfill brings the most levered down to one leverage and touches nobody below it", () => {
  // with λ = 2: x_a = (4000 − 2000)/(100 − 4) = 20.83 → 21, and b is exactly at 2
  assert.deepEqual(closing("LeverageWaterfill", 21n), [21n, 0n, 0n, 0n]);
  const lots = 60n;
  const all = closing("LeverageWaterfill", lots);
  const after_ = EVENT.candidates.map((c, i) => {
    const x = all[i] ?? 0n;
    return leverageOf(EVENT, { ...c, lots: c.lots - x, equity: c.equity - Number(x) * 2 });
  });
  const touched = after_.filter((_, i) => (all[i] ?? 0n) > 0n);
  assert.ok(Math.max(...touched) - Math.min(...touched) < 0.15, `${after_}`);
  assert.ok(after_.every((leverage, i) => (all[i] ?? 0n) > 0n || leverage <= Math.max(...touched)));
});

test("behavior: Hyperliquid's formula, taken literally, puts a short with less profit before one with more", () => {
  // a and b at one leverage: the formula prefers the lower entry, r·L the higher
  const twins = {
    ...EVENT,
    candidates: [
      { account: "less", lots: 10n, entry: 110, equity: 500, closedByVenue: 0n },
      { account: "more", lots: 10n, entry: 150, equity: 500, closedByVenue: 0n },
    ],
  };
  const of = (name: string) => POLICIES.find((one) => one.name === name)?.close(twins, 10n);
  assert.deepEqual(of("Hyperliquid's formula"), [10n, 0n]);
  assert.deepEqual(of("PnlLeverage"), [0n, 10n]);
});

test("behavior: measures of a known closing", () => {
  const m = measure("x", EVENT, [40n, 20n, 0n, 0n]);
  assert.equal(m.touched, 2);
  assert.equal(m.wipedOut, 1);
  assert.equal(m.herfindahl.toFixed(4), ((2 / 3) ** 2 + (1 / 3) ** 2).toFixed(4));
  assert.equal(m.top10, 1);
  assert.equal(m.highestHaircut, 80 / 1_000);
  assert.equal(m.highestLeverage.toFixed(4), (2_000 / 1_960).toFixed(4));
  assert.equal(giniOf([1, 1, 1, 1]), 0);
  assert.equal(giniOf([0, 0, 0, 1]), 0.75);
});

test("default: the table and --json from a file, and what the venue did beside it", () => {
  const rows = ["0xa,short,22.075,30,30,28,400", "0xb,short,22.075,20,20,27,500", "0xc,short,22.075,10.5,50,26,9000"];
  writeFileSync(join(folder, FILE), [HEADER, ...rows].join("\n"));
  const result = study(folder);
  assert.deepEqual(
    result.map(({ part, rows }) => [part, rows.length]),
    [
      [0.05, 5],
      [0.25, 5],
      [1, 6],
    ],
  );
  const real = result[2]?.rows.at(-1);
  assert.deepEqual([real?.touched, real?.wipedOut], [3, 2]);
  const run = (args: string[], data: string | undefined) =>
    spawnSync(process.execPath, ["scripts/study/adl.ts", ...args], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "", ...(data === undefined ? {} : { PLIMSOLL_DATA: data }) },
    });
  assert.match(run([], folder).stdout, /\| LeverageWaterfill \|/);
  assert.equal(JSON.parse(run(["--json"], folder).stdout).length, 3);
  assert.equal(run([], undefined).stderr, "study:adl: PLIMSOLL_DATA is not set: the folder of the event's data\n");
  assert.match(run([], "/nowhere").stderr, /^study:adl: \/nowhere\/\S+ cannot be read\n$/);
  assert.match(run(["--x"], folder).stderr, /^study:adl: unknown flag --x/);
});

test("error: a column is missing, a cell is no number", () => {
  const path = join(folder, "bad.csv");
  writeFileSync(path, "account,side\n1,short\n");
  assert.throws(() => readEvent(path, 1), /there is no column adl_price/);
  writeFileSync(path, `${HEADER}\n0xa,short,22,1,many,28,400\n`);
  assert.throws(() => readEvent(path, 1), /bad.csv:2: position_size is not a number/);
});

const data = process.env["PLIMSOLL_DATA"];
test("behavior: the figures of docs/adl.md, from the real event", {
  skip: data === undefined && "PLIMSOLL_DATA is not set",
}, () => {
  const [, quarter] = study(data ?? "");
  const row = (name: string) => quarter?.rows.find(({ policy }) => policy === name);
  const [pnl, fill] = [row("PnlLeverage"), row("LeverageWaterfill")];
  assert.deepEqual([pnl?.touched, pnl?.wipedOut, pnl?.gini.toFixed(2)], [29, 28, "0.44"]);
  assert.deepEqual([fill?.touched, fill?.wipedOut, fill?.highestLeverage.toFixed(3)], [32, 0, "0.337"]);
});
