/**
 * Plans every market of a world at its tip: reads the prices that the contract would use there, then decides. The book is read only where
 * somebody is below maintenance or a trigger is reached. Markets are planned one after the other: free collateral that one of them uses is gone for the next.
 */
import type { BlockRef, Chain } from "./chain/connect.ts";
import { readDepth } from "./chain/readDepth.ts";
import { readFree } from "./chain/readFree.ts";
import { type ReadPricesReturnType, readPrices } from "./chain/readPrices.ts";
import type { MarketView } from "./core/marketView.ts";
import type { MarketPlan } from "./core/plan.ts";
import { type PlanOptions, planMarket, screenMarket } from "./core/planMarket.ts";
import { topUpCandidates } from "./core/planTopUps.ts";
import { reachedTriggers } from "./core/planTriggers.ts";
import type { AccountId, MarketId } from "./core/types.ts";
import { tipOf, type World } from "./state/world.ts";

export type PlannedMarket = MarketPlan & { readonly view: MarketView; readonly openInterest: bigint };
export type WorldPlan = {
  readonly block: BlockRef;
  readonly markets: readonly PlannedMarket[];
  /** Markets of which the chain has had other events than we have seen: their plan is of no use. Empty when all is well. */
  readonly missed: readonly string[];
};

/** @param options What to plan by, for a market. */
export async function planWorld(
  chain: Chain,
  world: World,
  options: (market: MarketId) => PlanOptions,
): Promise<WorldPlan> {
  const block = tipOf(world);
  const markets = [...world.markets.values()];
  const readings = await Promise.all(markets.map(({ parameters }) => readPrices(chain, block, parameters.id)));
  const screenings = markets.map((market, i) => {
    const prices = readings[i]?.prices;
    return prices?.ok === true ? screenMarket(market, prices, options(market.parameters.id)) : undefined;
  });
  const hasReached = (i: number): boolean => {
    const prices = readings[i]?.prices;
    const market = markets[i];
    if (prices?.ok !== true || market === undefined) return false;
    return reachedTriggers(market.state, prices, market.parameters).length > 0;
  };
  const candidates = markets.flatMap(({ parameters, state }, i) => {
    const prices = readings[i]?.prices;
    return prices?.ok === true ? topUpCandidates(state, prices, parameters) : [];
  });
  const [free, depths] = await Promise.all([
    readFree(chain, block, [...new Set(candidates)]),
    Promise.all(
      markets.map(({ parameters }, i) =>
        screenings[i]?.below.length || hasReached(i) ? readDepth(chain, block, parameters.id) : undefined,
      ),
    ),
  ]);
  const left = new Map(free);
  const planned = markets.map(({ parameters, state }, i): PlannedMarket => {
    const { openInterest, sequence: _, ...reading } = readings[i] as ReadPricesReturnType;
    const depth = depths[i];
    const common = { parameters, state, ...reading, now: block.timestamp, free: new Map(left) };
    const view: MarketView = Object.freeze(depth === undefined ? common : { ...common, depth });
    const plan = planMarket(view, options(parameters.id), screenings[i]);
    takeFree(left, plan);
    return { ...plan, view, openInterest };
  });
  const missed = markets.flatMap(({ parameters: { name }, state }, i) => {
    const sequence = readings[i]?.sequence;
    return sequence === state.sequence ? [] : [`${name}: event ${state.sequence}, should be ${sequence}`];
  });
  return { block, markets: planned, missed };
}

function takeFree(left: Map<AccountId, bigint>, { plans }: MarketPlan): void {
  for (const plan of plans) {
    if (plan.kind !== "topUp") continue;
    left.set(plan.account, (left.get(plan.account) ?? 0n) - plan.amount - plan.tip);
  }
}
