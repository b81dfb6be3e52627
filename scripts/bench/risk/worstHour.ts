/**
 * `node scripts/bench/risk/worstHour.ts FILE DAY`: the worst and the best hour of a day of price bars (CSV, columns as the demo reads them),
 * in pips: the largest move from one bar's close to a close at most an hour later. Where the numbers in keeper/core/risk/scenarios.ts are from.
 */
import { readBars } from "../../demo/path/readBars.ts";

const HOUR = 3600;

export type Hour = { readonly from: number; readonly to: number; readonly move: bigint };

/** @param day As 2020-03-12, UTC: the hour ends within it. */
export function worstHours(file: string, day: string): { readonly down: Hour; readonly up: Hour } {
  const start = Date.parse(`${day}T00:00:00Z`) / 1000;
  if (Number.isNaN(start)) throw new Error(`${day} is not a day like 2020-03-12`);
  const bars = readBars(file);
  // closes belong to the ends of their bars
  const width = Math.min(...bars.slice(1).map((bar, i) => bar.time - (bars[i]?.time ?? 0)));
  const closes = bars.map(({ time, close }) => ({ time: time + width, close }));
  let down: Hour = { from: start, to: start, move: 0n };
  let up = down;
  for (const [i, last] of closes.entries()) {
    if (last.time <= start || last.time > start + 24 * HOUR) continue;
    for (let j = i - 1; j >= 0; j--) {
      const first = closes[j];
      if (first === undefined || last.time - first.time > HOUR) break;
      const move = BigInt(Math.round((last.close / first.close - 1) * 1e6));
      if (move < down.move) down = { from: first.time, to: last.time, move };
      if (move > up.move) up = { from: first.time, to: last.time, move };
    }
  }
  return { down, up };
}

if (import.meta.main) {
  const [file, day] = process.argv.slice(2);
  if (file === undefined || day === undefined) {
    console.error("usage: node scripts/bench/risk/worstHour.ts FILE DAY");
    process.exit(1);
  }
  const text = ({ from, to, move }: Hour) =>
    `${move} pips from ${new Date(from * 1000).toISOString()} to ${new Date(to * 1000).toISOString()}`;
  const { down, up } = worstHours(file, day);
  console.log(`down ${text(down)}\nup   ${text(up)}`);
}
