/**
 * Plans every market of a world at its tip: reads the prices that the contract would use there, then decides.
 */
import type { BlockRef, Chain } from "./chain/connect.ts";
import { readFree } from "./chain/readFree.ts";
import { type ReadPricesReturnType, readPrices } from "./chain/readPrices.ts";
import type { MarketView } from "./core/marketView.ts";
import type { MarketPlan } from "./core/plan.ts";
import { type PlanOptions, planMarket } from "./core/planMarket.ts";
import { topUpCandidates } from "./core/planTopUps.ts";
import type { MarketId } from "./core/types.ts";
import { tipOf, type World } from "./state/world.ts";

export type PlannedMarket = MarketPlan & { readonly view: MarketView; readonly openInterest: bigint };
export type WorldPlan = { readonly block: BlockRef; readonly markets: readonly PlannedMarket[] };

/** @param options What to plan by, for a market. */
export async function planWorld(
  chain: Chain,
  world: World,
  options: (market: MarketId) => PlanOptions,
): Promise<WorldPlan> {
  const block = tipOf(world);
  const markets = [...world.markets.values()];
  const readings = await Promise.all(markets.map(({ parameters }) => readPrices(chain, block, parameters.id)));
  const candidates = markets.flatMap(({ parameters, state }, i) => {
    const prices = readings[i]?.prices;
    return prices?.ok === true ? topUpCandidates(state, prices, parameters) : [];
  });
  const free = await readFree(chain, block, [...new Set(candidates)]);
  return {
    block,
    markets: markets.map(({ parameters, state }, i) => {
      const { openInterest, ...reading } = readings[i] as ReadPricesReturnType;
      const view: MarketView = { parameters, state, ...reading, now: block.timestamp, free };
      return { ...planMarket(view, options(parameters.id)), view, openInterest };
    }),
  };
}
