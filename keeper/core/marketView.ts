/**
 * Everything a decision about one market depends on, at one block.
 */
import type { MarketState } from "./marketState.ts";
import type { AccountId, MarketParameters, Prices } from "./types.ts";

export type PriceReading =
  | ({ readonly ok: true } & Prices)
  /** The contract would refuse its own price: `reason` is its error. */
  | { readonly ok: false; readonly reason: string };

export type MarketView = {
  readonly parameters: MarketParameters;
  readonly state: MarketState;
  readonly prices: PriceReading;
  /** Bankrupt account being resolved, 0 for none. */
  readonly taken: AccountId;
};
