/**
 * Who is below maintenance, exactly, whoever lacks most to it first. Not by the share of it: then any number of positions of dust could be put
 * before a large one.
 */

import { marginHealth } from "./marginHealth.ts";
import type { MarketState } from "./marketState.ts";
import { PIPS } from "./position.ts";
import type { Entry, MarketParameters, Prices } from "./types.ts";

export type PositionStatus = "liquidatable" | "bankrupt";

/** Equity and maintenance margin in quote atoms × 2^16 × 1e6. */
export type Candidate = {
  readonly entry: Entry;
  readonly status: PositionStatus;
  readonly equity: bigint;
  readonly maintenance: bigint;
};

/** @param rows Of positions that may be below maintenance (screenPositions). */
export function assess(
  { state, parameters }: { readonly state: MarketState; readonly parameters: MarketParameters },
  prices: Prices,
  rows: readonly number[],
): Candidate[] {
  const found: Candidate[] = [];
  for (const row of rows) {
    const entry = state.entryAt(row);
    const { equityX16, maintenanceX16Pips: maintenance, status } = marginHealth(entry, prices, parameters);
    if (status !== "healthy") found.push({ entry, status, equity: equityX16 * PIPS, maintenance });
  }
  return found.sort((a, b) => {
    const difference = a.maintenance - a.equity - (b.maintenance - b.equity);
    return difference > 0n ? -1 : difference < 0n ? 1 : a.entry.account - b.entry.account;
  });
}
