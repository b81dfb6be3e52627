/** What the keeper would see of a venue's market: its own types, from our reading of the chain. */
import { applyChange } from "../../keeper/core/applyChange.ts";
import { createMarketState } from "../../keeper/core/marketState.ts";
import type { MarketView } from "../../keeper/core/marketView.ts";
import type { MarketParameters } from "../../keeper/core/types.ts";
import { type IndexShadow, readPrices } from "./state.ts";
import { parametersOf, type Venue } from "./venue.ts";

export function keeperParameters(venue: Venue, base: number, market = 1): MarketParameters {
  const c = parametersOf(venue, market);
  return {
    id: market,
    name: `M${market}`,
    base,
    lotsPerUnit: c.lotsPerUnit,
    maintenanceRate: BigInt(c.maintenanceRate),
    targetRate: BigInt(c.targetRate),
    slippageRate: BigInt(c.slippageRate),
    liquidationFeeRate: BigInt(c.liquidationFeeRate),
    minNotional: c.minNotional,
    maxSteps: c.maxSteps,
  };
}

export async function keeperView(venue: Venue, shadow: IndexShadow, market = 1): Promise<MarketView> {
  await shadow.sync();
  const { mark, funding, base } = await readPrices(venue, market);
  const state = createMarketState(base);
  for (const p of shadow.positions()) applyChange(state, p);
  return {
    parameters: keeperParameters(venue, base, market),
    state,
    prices: { ok: true, price: mark, funding },
    taken: Number((await venue.exchange.marketAt(market)).taken),
  };
}
