/**
 * Reads a CSV of price bars. Columns by name: `open_time_ms` or `utc`, and open, high, low, close; others are ignored.
 *
 * `parseBars` is pure. Every complaint is one line that names the file, the row (1 is the header) and the column.
 */
import { readFileSync } from "node:fs";
import { DemoError } from "../cli/demoError.ts";

export type Bar = {
  /** Beginning of the bar, Unix seconds. */
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
};

const PRICES = ["open", "high", "low", "close"] as const;

export function readBars(file: string): Bar[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
    throw new DemoError(`--prices ${file} cannot be read${code}`, { cause });
  }
  return parseBars(text, file);
}

export function parseBars(text: string, file: string): Bar[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  while (lines.at(-1)?.trim() === "") lines.pop();
  const header = (lines[0] ?? "").split(",").map((name) => name.trim().toLowerCase());
  if (lines.length < 3) throw new DemoError(`${file}: needs a header and at least two rows, has ${lines.length} lines`);

  const timeColumn = header.includes("open_time_ms") ? "open_time_ms" : "utc";
  for (const name of [timeColumn, ...PRICES]) {
    if (!header.includes(name)) {
      const wanted = name === "utc" ? "utc or open_time_ms" : name;
      throw new DemoError(`${file}, row 1, column ${wanted}: is missing`);
    }
  }
  const bars: Bar[] = [];
  for (const [i, line] of lines.entries()) {
    if (i === 0) continue;
    const complain = (column: string, problem: string): never => {
      throw new DemoError(`${file}, row ${i + 1}, column ${column}: ${problem}`);
    };
    const cells = line.split(",");
    if (cells.length !== header.length)
      complain(header[cells.length] ?? "after the last", `${cells.length} cells, the header has ${header.length}`);
    const cell = (name: string) => (cells[header.indexOf(name)] ?? "").trim();
    const price = (name: string) => {
      const value = /^\d+(\.\d*)?(e[+-]?\d+)?$/i.test(cell(name)) ? Number(cell(name)) : Number.NaN;
      return value > 0 && Number.isFinite(value) ? value : complain(name, `"${cell(name)}" is not a positive number`);
    };
    const time = parseTime(cell(timeColumn)) ?? complain(timeColumn, `"${cell(timeColumn)}" is not a time`);
    const bar = { time, open: price("open"), high: price("high"), low: price("low"), close: price("close") };
    if (bar.low > Math.min(bar.open, bar.close)) complain("low", `${bar.low} is above open or close`);
    if (bar.high < Math.max(bar.open, bar.close)) complain("high", `${bar.high} is below open or close`);
    if (time <= (bars.at(-1)?.time ?? 0)) complain(timeColumn, "is not later than the row before");
    bars.push(bar);
  }
  return bars;
}

/** Milliseconds since 1970, or a date and time; without a zone it is UTC. In whole seconds. */
function parseTime(text: string): number | undefined {
  const isNumber = /^\d{10,14}$/.test(text);
  const isDate = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(text);
  if (!isNumber && !isDate) return undefined;
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/i.test(text) ? text : `${text}Z`;
  const ms = isNumber ? Number(text) : Date.parse(zoned.replace(" ", "T"));
  const seconds = Math.floor(ms / 1000);
  // block timestamps of positions and orders are 32 bits wide
  return seconds > 0 && seconds < 2 ** 32 - 2 ** 24 ? seconds : undefined;
}
