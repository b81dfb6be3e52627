import assert from "node:assert/strict";
import { test } from "node:test";
import { DemoError } from "../../scripts/demo/cli/demoError.ts";
import { readFlags } from "../../scripts/demo/cli/readFlags.ts";
import { messageOf } from "./helpers/messageOf.ts";

test("default: the built-in path, 300 accounts, one keeper", () => {
  assert.deepEqual(readFlags([]), {
    prices: undefined,
    accounts: 300,
    seed: 1,
    json: false,
    shock: false,
    keepers: 1,
    ui: false,
    audit: false,
    help: false,
  });
});

test("behavior: every flag is read", () => {
  const flags = readFlags(["--prices", "x.csv", "--accounts", "40", "--seed", "7", "--json", "--keepers", "2"]);
  assert.deepEqual(flags, {
    prices: "x.csv",
    accounts: 40,
    seed: 7,
    json: true,
    shock: false,
    keepers: 2,
    ui: false,
    audit: false,
    help: false,
  });
  assert.equal(readFlags(["--shock"]).shock, true);
  assert.equal(readFlags(["--ui"]).ui, true);
});

test("error: one line names the flag", () => {
  const cases: [string[], RegExp][] = [
    [["--accounts", "39"], /^--accounts must be a whole number between 40 and 2000, not "39"$/],
    [["--accounts", "many"], /^--accounts /],
    [["--seed", "-1"], /--seed/],
    [["--seed", "4294967296"], /^--seed /],
    [["--keepers", "3"], /^--keepers must be a whole number between 1 and 2/],
    [["--keepers", "0"], /^--keepers /],
    [["--prices"], /--prices/],
    [["--prices", ""], /^--prices must be a path/],
    [["--shock", "--prices", "x.csv"], /^--shock and --prices exclude each other/],
    [["--ui", "--json"], /^--ui and --json exclude each other/],
    [["--shok"], /--shok/],
    [["file.csv"], /file\.csv/],
  ];
  for (const [args, expected] of cases)
    assert.match(
      messageOf(DemoError, () => readFlags(args)),
      expected,
    );
});
