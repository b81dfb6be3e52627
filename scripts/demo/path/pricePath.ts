/**
 * What a price path is: when the oracle answers, and what. Data only.
 */

export type PathStep = {
  /** Unix seconds. */
  readonly time: number;
  /** The answers of both feeds, in dollars; undefined when the oracle is silent. */
  readonly prices: Prices | undefined;
};

export type Prices = { readonly btc: number; readonly eth: number };

export type PricePath = {
  readonly name: string;
  /** Seconds between answers while the oracle speaks. */
  readonly interval: number;
  /** In time order, with an answer in the first and in the last one. */
  readonly steps: readonly PathStep[];
};

/** A price that somebody saw at some time. */
export type Fact = { readonly time: number; readonly price: number };

/** How many dollars of BTC a dollar of ETH cost at 20:50 that evening: 116,830 / 4,060. */
export const BTC_PER_ETH = 28.776;
