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
    rankPolicy: c.rankPolicy === 1 ? "leverageWaterfill" : "pnlLeverage",
    tickValue: BigInt(c.tickValue),
    initialRate: BigInt(c.initialRate),
    bandRate: BigInt(c.bandRate),
    minMargin: c.minMargin,
    fundingCap: BigInt(c.fundingCap),
    tiers: c.tiers.map(({ from, ...rates }) => ({
      from,
      initialRate: BigInt(rates.initialRate),
      maintenanceRate: BigInt(rates.maintenanceRate),
      targetRate: BigInt(rates.targetRate),
    })),
    largeNotional: c.risk.largeNotional,
    stepRate: BigInt(c.risk.stepRate),
    stepCooldown: BigInt(c.risk.stepCooldown),
  };
}

export async function keeperView(venue: Venue, shadow: IndexShadow, market = 1): Promise<MarketView> {
  await shadow.sync();
  const { mark, base } = await readPrices(venue, market);
  const { exchange } = venue;
  const [m, risk, funding, block] = [
    await exchange.marketAt(market),
    await exchange.riskAt(market),
    await exchange.fundingIndexNow(market),
    await venue.connection.ethers.provider.getBlock("latest"),
  ];
  const state = createMarketState(base);
  for (const p of shadow.positions()) applyChange(state, p);
  return {
    parameters: keeperParameters(venue, base, market),
    state,
    prices: { ok: true, price: mark, funding, accrued: m.fundingIndex },
    taken: funding === m.fundingIndex ? Number(m.taken) : 0,
    now: BigInt(block?.timestamp ?? 0),
    touch: { bestBid: m.bestBid, bestAsk: m.bestAsk },
    level: Number(risk.level),
    preventiveLots: risk.preventiveLots,
    free: new Map(),
  };
}
