/**
 * Markets and positions to test with: one lot is a thousandth of a unit that costs about 60,000, so P is about 60e6 atoms × 2^16.
 */
import { applyChange } from "../../../keeper/core/applyChange.ts";
import { baseFor } from "../../../keeper/core/grid.ts";
import { createMarketState, type MarketState } from "../../../keeper/core/marketState.ts";
import type { MarketParameters, Position, Prices } from "../../../keeper/core/types.ts";
import type { Random } from "./random.ts";

export const MARK = 60_000_000n << 16n;
export const PRICES: Prices = { price: MARK, funding: 0n };
export const BASE = baseFor(MARK);

export const PARAMETERS: MarketParameters = {
  id: 1,
  name: "BTC",
  base: BASE,
  lotsPerUnit: 1000n,
  maintenanceRate: 25_000n,
  targetRate: 40_000n,
  slippageRate: 5_000n,
  liquidationFeeRate: 5_000n,
  minNotional: 10_000_000n,
  maxSteps: 64,
  rankPolicy: "pnlLeverage",
  tickValue: 10n,
  initialRate: 50_000n,
  bandRate: 50_000n,
  minMargin: 1_000_000n,
  fundingCap: 5_000n,
  tiers: [],
  largeNotional: (1n << 64n) - 1n,
  stepRate: 1_000_000n,
  stepCooldown: 0n,
};

/** A position opened at `entry` (atoms a lot) with `margin` a lot. */
export function position(account: number, lots: bigint, entry: bigint, marginPerLot: bigint): Position {
  const size = lots < 0n ? -lots : lots;
  return { account, lots, cost: size * entry, margin: size * marginPerLot, fundingIndex: 0n };
}

export function marketOf(positions: readonly Position[]): MarketState {
  const state = createMarketState(BASE);
  for (const p of positions) applyChange(state, p);
  return state;
}

/** Anything that the contract could hold: both sides, deep in profit or loss, sometimes with negative margin. */
export function randomPosition(random: Random, account: number): Position {
  const size = BigInt(random.below(50) + 1);
  const entry = 20_000_000n + BigInt(random.below(100)) * 1_000_000n;
  const margin = BigInt(random.below(40) - 2) * 1_000_000n;
  const lots = random.below(2) === 0 ? size : -size;
  return { ...position(account, lots, entry, margin), fundingIndex: BigInt(random.below(2000) - 1000) << 12n };
}
