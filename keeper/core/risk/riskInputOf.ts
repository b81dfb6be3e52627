/**
 * The keeper's view of a market, as the risk engine takes it. The only file of the engine that knows the keeper's types.
 */
import type { MarketState } from "../marketState.ts";
import type { AccountId, MarketParameters, Prices } from "../types.ts";
import { hourlyVolatility } from "./hourlyVolatility.ts";
import { runningSteps } from "./runningSteps.ts";
import type { RiskDepth, RiskFund, RiskMarketInput } from "./types.ts";

export type RiskInputOfParameters = {
  readonly parameters: MarketParameters;
  readonly state: MarketState;
  readonly prices: Prices;
  readonly taken: AccountId;
  readonly depth: RiskDepth;
  readonly fund: RiskFund;
  /** RiskView.variance: per second × 1e18. */
  readonly variance: bigint;
  /** Seconds, of the block. */
  readonly now: bigint;
};

export function riskInputOf(view: RiskInputOfParameters): RiskMarketInput {
  const { parameters, state, prices, taken, depth, fund, variance, now } = view;
  return {
    parameters,
    prices: { price: prices.price, funding: prices.funding },
    positions: state.positions.values(),
    depth,
    fund,
    volatility: hourlyVolatility(variance),
    taken,
    steps: runningSteps(state, now, parameters),
  };
}
