/**
 * A market of many positions as a keeper holds it: longs and shorts in pairs of the same size, entries and leverages of the risk bench's
 * population, and nobody bankrupt at the mark.
 */
import { applyChange } from "../../../keeper/core/applyChange.ts";
import { createMarketState, type MarketState } from "../../../keeper/core/marketState.ts";
import type { MarketParameters, Position } from "../../../keeper/core/types.ts";
import { MARK, PARAMETERS, position } from "../risk/createPopulation.ts";

export const FUNDING = 6_345_678n;
export const MARKET: MarketParameters = {
  ...PARAMETERS,
  tiers: PARAMETERS.tiers.map((tier) => ({ ...tier, initialRate: 2n * tier.maintenanceRate })),
  initialRate: 2n * PARAMETERS.maintenanceRate,
  minMargin: 1_000_000n,
  fundingCap: 5_000n,
  stepCooldown: 15n,
  rankPolicy: "pnlLeverage",
};

export function createMarket(size: number, random: () => number): MarketState {
  const state = createMarketState(MARKET.base, size);
  for (const p of positions(size, random)) applyChange(state, p);
  state.sequence = BigInt(size);
  return state;
}

export function* positions(size: number, random: () => number): Generator<Position> {
  for (let account = 1; account <= size; account += 2) {
    const long = position(account, true, random);
    yield plain(long);
    if (account === size) return;
    yield plain(sized(position(account + 1, false, random), long.lots));
  }
}

/** The same entry and leverage for another size. */
function sized(p: Position, lots: bigint): Position {
  const from = p.lots < 0n ? -p.lots : p.lots;
  return { ...p, lots: -lots, cost: (p.cost * lots) / from, margin: (p.margin * lots) / from };
}

function plain({ account, lots, cost, margin, fundingIndex }: Position): Position {
  return { account, lots, cost, margin, fundingIndex };
}

export { MARK };
