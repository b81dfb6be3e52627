/**
 * What the risk engine is given. Units: types.ts.
 */
import type { AccountId, MarketId, Position, RankPolicy } from "../../types.ts";

/** A margin tier above the first; its rates apply to the slice of notional above `from`. */
export type RiskTier = {
  /** Quote atoms. */
  readonly from: bigint;
  readonly maintenanceRate: bigint;
  readonly targetRate: bigint;
};

/** What of MarketConfig the engine needs. */
export type RiskParameters = {
  readonly id: MarketId;
  readonly name: string;
  /** Grid base exponent. */
  readonly base: number;
  readonly lotsPerUnit: bigint;
  /** Quote atoms per lot and tick. */
  readonly tickValue: bigint;
  readonly maintenanceRate: bigint;
  readonly targetRate: bigint;
  readonly slippageRate: bigint;
  /** How far from the mark anything may fill: orders beyond it on their own wrong side are dropped. */
  readonly bandRate: bigint;
  readonly liquidationFeeRate: bigint;
  /** Quote atoms. */
  readonly minNotional: bigint;
  /** PnlLeverage when missing. */
  readonly rankPolicy?: RankPolicy;
  readonly maxSteps: number;
  /** Quote atoms: solvent positions above it are liquidated in steps of at most this share. */
  readonly largeNotional: bigint;
  readonly stepRate: bigint;
  /** Above the first, ascending. */
  readonly tiers: readonly RiskTier[];
};

/** A position as the contract stores it. `joined` orders the positions of an index cell (FIFO); without it, the order given does. */
export type RiskPosition = Position & { readonly joined?: number };

/** One price level of the book, best first in a list. */
export type RiskLevel = { readonly tick: number; readonly lots: bigint };

export type RiskDepth = { readonly bids: readonly RiskLevel[]; readonly asks: readonly RiskLevel[] };

/** What the insurance fund can do for one market. */
export type RiskFund = {
  /** The fund's whole claim, quote atoms. The contract never pays its last 1e6 atoms. */
  readonly claim: bigint;
  /** What is left of the market's cap for today, quote atoms. */
  readonly coverLeft: bigint;
};

/** The price the contract would use (P) and the funding index a call made now would use (F). X16. */
export type RiskPrices = { readonly price: bigint; readonly funding: bigint };

export type RiskMarketInput = {
  readonly parameters: RiskParameters;
  readonly prices: RiskPrices;
  readonly positions: Iterable<RiskPosition>;
  readonly depth: RiskDepth;
  readonly fund: RiskFund;
  /** Standard deviation of an hour's return, pips; 0 when it is not known. See `hourlyVolatility`. */
  readonly volatility: bigint;
  /** Bankrupt account being resolved, 0 for none. */
  readonly taken: AccountId;
  /** Lots closed of the step that a large position's liquidation is in, by account; missing where none is running. */
  readonly steps?: ReadonlyMap<AccountId, bigint>;
};
