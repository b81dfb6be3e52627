/**
 * Reads the real AVAX event (see the README beside the data). Throws StudyError with one line that names what is missing.
 */
import { readFileSync } from "node:fs";
import type { AdlEvent, Candidate } from "./types.ts";

export class StudyError extends Error {
  override readonly name = "StudyError";
}

/** Sizes have two decimals. */
const LOTS_PER_UNIT = 100;
const COLUMNS = [
  "account",
  "side",
  "adl_price",
  "adl_size",
  "position_size",
  "entry_price_implied",
  "account_total_equity",
] as const;

/** @param mark Of the venue at that moment: it is not in the file. */
export function readEvent(path: string, mark: number): AdlEvent {
  const [header = "", ...rows] = readText(path).trim().split(/\r?\n/);
  const names = header.split(",");
  const missing = COLUMNS.find((column) => !names.includes(column));
  if (missing !== undefined) throw new StudyError(`${path}: there is no column ${missing}`);
  if (rows.length === 0) throw new StudyError(`${path}: there are no rows`);
  const cells = rows.map((row, i) => {
    const values = row.split(",");
    const text = (column: (typeof COLUMNS)[number]) => values[names.indexOf(column)] ?? "";
    const number = (column: (typeof COLUMNS)[number]) => {
      const value = Number(text(column));
      if (text(column) === "" || !Number.isFinite(value))
        throw new StudyError(`${path}:${i + 2}: ${column} is not a number`);
      return value;
    };
    return { text, number };
  });
  const candidates = cells.map(
    ({ text, number }): Candidate => ({
      account: text("account"),
      lots: toLots(number("position_size")),
      entry: number("entry_price_implied"),
      equity: number("account_total_equity"),
      closedByVenue: toLots(number("adl_size")),
    }),
  );
  const [first] = cells;
  const isLong = first?.text("side") === "long";
  return { isLong, lotsPerUnit: LOTS_PER_UNIT, mark, price: first?.number("adl_price") ?? mark, candidates };
}

function toLots(size: number): bigint {
  return BigInt(Math.round(Math.abs(size) * LOTS_PER_UNIT));
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new StudyError(`${path} cannot be read`, { cause });
  }
}
