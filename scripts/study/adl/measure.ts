/**
 * What a policy did to whom. Pure.
 */
import { leverageOf } from "./policies.ts";
import type { AdlEvent, Closing } from "./types.ts";

export type Measure = {
  readonly policy: string;
  /** Share of all candidates' lots that was closed. */
  readonly share: number;
  /** Accounts that lost anything; all of their position. */
  readonly touched: number;
  readonly wipedOut: number;
  /** Notional / equity that is left: the highest of any account, and of all together. Equity stays with the account. */
  readonly highestLeverage: number;
  readonly leverage: number;
  /** Of the closed lots: Σ share², and the share of the ten largest. */
  readonly herfindahl: number;
  readonly top10: number;
  /** Of the closed part of each position: 0 when all give the same part, near 1 when few give everything. */
  readonly gini: number;
  /** Highest haircut of an account, as a share of its equity. */
  readonly highestHaircut: number;
};

export function measure(policy: string, event: AdlEvent, closing: Closing): Measure {
  const { candidates, mark, price, lotsPerUnit } = event;
  const loss = Math.abs(mark - price) / lotsPerUnit;
  const closed = closing.reduce((sum, x) => sum + x, 0n);
  const total = candidates.reduce((sum, { lots }) => sum + lots, 0n);
  const after = candidates.map((c, i) => {
    const x = closing[i] ?? 0n;
    return { ...c, lots: c.lots - x, equity: c.equity - Number(x) * loss };
  });
  const shares = closing.map((x) => Number(x) / Number(closed)).sort((a, b) => b - a);
  const notional = after.reduce((sum, { lots }) => sum + (Number(lots) / lotsPerUnit) * mark, 0);
  return {
    policy,
    share: Number(closed) / Number(total),
    touched: closing.filter((x) => x > 0n).length,
    wipedOut: candidates.filter(({ lots }, i) => closing[i] === lots).length,
    highestLeverage: Math.max(...after.map((c) => leverageOf(event, c))),
    leverage: notional / after.reduce((sum, { equity }) => sum + equity, 0),
    herfindahl: shares.reduce((sum, s) => sum + s * s, 0),
    top10: shares.slice(0, 10).reduce((sum, s) => sum + s, 0),
    gini: giniOf(candidates.map(({ lots }, i) => Number(closing[i] ?? 0n) / Number(lots))),
    highestHaircut: Math.max(...candidates.map(({ equity }, i) => (Number(closing[i] ?? 0n) * loss) / equity)),
  };
}

/** Σ_i Σ_j |a_i − a_j| / (2 n² mean) */
export function giniOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const sum = sorted.reduce((s, v) => s + v, 0);
  if (sum === 0) return 0;
  const weighted = sorted.reduce((s, v, i) => s + (i + 1) * v, 0);
  return (2 * weighted) / (sorted.length * sum) - (sorted.length + 1) / sorted.length;
}
