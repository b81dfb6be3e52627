/**
 * Plans every market of a world at its tip: reads the prices that the contract would use there, then decides.
 */
import type { BlockRef, Chain } from "./chain/connect.ts";
import { type ReadPricesReturnType, readPrices } from "./chain/readPrices.ts";
import type { MarketView } from "./core/marketView.ts";
import type { MarketPlan } from "./core/plan.ts";
import { planMarket } from "./core/planMarket.ts";
import type { MarketId } from "./core/types.ts";
import { tipOf, type World } from "./state/world.ts";

export type PlannedMarket = MarketPlan & { readonly view: MarketView; readonly openInterest: bigint };
export type WorldPlan = { readonly block: BlockRef; readonly markets: readonly PlannedMarket[] };

/** @param maxCounterparties Longest list, for a market. */
export async function planWorld(
  chain: Chain,
  world: World,
  maxCounterparties: (market: MarketId) => number,
): Promise<WorldPlan> {
  const block = tipOf(world);
  const markets = [...world.markets.values()];
  const readings = await Promise.all(markets.map(({ parameters }) => readPrices(chain, block, parameters.id)));
  return {
    block,
    markets: markets.map(({ parameters, state }, i) => {
      const { prices, taken, openInterest } = readings[i] as ReadPricesReturnType;
      const view: MarketView = { parameters, state, prices, taken };
      const options = { maxCounterparties: maxCounterparties(parameters.id) };
      return { ...planMarket(view, options), view, openInterest };
    }),
  };
}
