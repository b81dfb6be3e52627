/**
 * The demo's own account of the exchange, built from events alone: positions with their place in the index, resting orders, prices.
 * Only `applyLog` changes it.
 */
import type { RestingOrder } from "../../../keeper/audit/restingOrders.ts";
import { createMarketState, type MarketState } from "../../../keeper/core/marketState.ts";
import type { AccountId, Prices } from "../../../keeper/core/types.ts";
import type { DemoMarket } from "../market/market.ts";
import { createFundingBook, type FundingBook } from "./funding.ts";
import type { Reserves } from "./reserves.ts";

export type MarketReplay = {
  readonly market: DemoMarket;
  readonly positions: MarketState;
  readonly orders: Map<bigint, RestingOrder>;
  readonly reserves: Map<AccountId, Reserves>;
  readonly funding: FundingBook;
  /** The mark, and the funding index as last accrued. Undefined until the feed has spoken. */
  prices: Prices | undefined;
};

export type Replay = readonly MarketReplay[];

export function createReplay(markets: readonly DemoMarket[]): Replay {
  return markets.map((market) => ({
    market,
    positions: createMarketState(market.parameters.base),
    orders: new Map(),
    reserves: new Map(),
    funding: createFundingBook(),
    prices: undefined,
  }));
}

export function marketOf(replay: Replay, id: bigint): MarketReplay {
  const found = replay[Number(id) - 1];
  if (found === undefined) throw new Error(`no market ${id}`);
  return found;
}
