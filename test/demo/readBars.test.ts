import assert from "node:assert/strict";
import { test } from "node:test";
import { DemoError } from "../../scripts/demo/cli/demoError.ts";
import { parseBars, readBars } from "../../scripts/demo/path/readBars.ts";
import { messageOf } from "./helpers/messageOf.ts";

const HEAD = "open_time_ms,utc,open,high,low,close,volume";
const FIRST = "1760129402000,2025-10-10T20:50:02Z,100,101,99,100.5,3";
const SECOND = "1760129403000,2025-10-10T20:50:03Z,100.5,100.5,98,98.25,1";

test("default: bars with their time in seconds, other columns ignored", () => {
  assert.deepEqual(parseBars([HEAD, FIRST, SECOND, ""].join("\n"), "f.csv"), [
    { time: 1760129402, open: 100, high: 101, low: 99, close: 100.5 },
    { time: 1760129403, open: 100.5, high: 100.5, low: 98, close: 98.25 },
  ]);
});

test("behavior: utc will do, in any order of columns, with a byte order mark and Windows line ends", () => {
  const text =
    "\uFEFFclose,Low,high,open,UTC\r\n10,9,12,11,2025-10-10 20:50\r\n10,10,10,10,2025-10-10T22:51:00+02:00\r\n";
  const bars = parseBars(text, "f.csv");
  assert.deepEqual(
    bars.map(({ time }) => time),
    [1760129400, 1760129460],
  );
  assert.equal(bars[0]?.high, 12);
});

test("error: names the file, the row and the column", () => {
  const row = (line: string) => [HEAD, FIRST, line].join("\n");
  const cases: [string, RegExp][] = [
    ["", /^f\.csv: needs a header and at least two rows/],
    [[HEAD, FIRST].join("\n"), /^f\.csv: needs a header and at least two rows/],
    ["time,open,high,low,close\na\nb", /^f\.csv, row 1, column utc or open_time_ms: is missing$/],
    ["utc,open,high,low\na\nb", /^f\.csv, row 1, column close: is missing$/],
    [row("1760129403000,x,abc,101,99,100,1"), /^f\.csv, row 3, column open: "abc" is not a positive number$/],
    [row("1760129403000,x,100,101,-1,100,1"), /^f\.csv, row 3, column low: "-1" is not/],
    [row("1760129403000,x,0,101,99,100,1"), /^f\.csv, row 3, column open: "0" is not/],
    [row("1760129403000,x,100,Infinity,99,100,1"), /^f\.csv, row 3, column high: /],
    [row("1760129403000,x,100,101,,100,1"), /^f\.csv, row 3, column low: "" is not/],
    [row("1760129403000,x,100,101,99"), /^f\.csv, row 3, column close: 5 cells, the header has 7$/],
    [row("1760129403000,x,100,101,99,100,1,2"), /^f\.csv, row 3, column after the last: 8 cells/],
    [row("1760129403000,x,100,101,100.5,100,1"), /^f\.csv, row 3, column low: 100.5 is above open or close$/],
    [row("1760129403000,x,100,99.5,99,100,1"), /^f\.csv, row 3, column high: 99.5 is below open or close$/],
    [row(FIRST), /^f\.csv, row 3, column open_time_ms: is not later than the row before$/],
    [row("soon,x,100,101,99,100,1"), /^f\.csv, row 3, column open_time_ms: "soon" is not a time$/],
    [
      "utc,open,high,low,close\n10/10/2025,1,1,1,1\nx,1,1,1,1",
      /^f\.csv, row 2, column utc: "10\/10\/2025" is not a time$/,
    ],
  ];
  for (const [text, expected] of cases)
    assert.match(
      messageOf(DemoError, () => parseBars(text, "f.csv")),
      expected,
    );
});

test("error: a file that is not there", () => {
  assert.match(
    messageOf(DemoError, () => readBars("/no/such.csv")),
    /^--prices \/no\/such\.csv cannot be read \(ENOENT\)$/,
  );
});
