/**
 * Types of the risk engine: what it is given and what it answers. Owns no behaviour. Formulas and their sources: docs/risk.md.
 *
 * Units. Money: quote atoms. Prices: X16 (quote atoms per lot × 2^16). Rates, moves and ratios: pips (1e-6); a move is signed, and the
 * price it leads to is ⌊P·(1e6 + move)/1e6⌋. Every amount is an exact bigint; counts, account ids, ranks and ticks are numbers.
 * `down` and `up` name the direction of the price: when it falls longs suffer and the bids absorb, when it rises shorts and the asks.
 */
import type { AccountId, MarketId, Position } from "../types.ts";

export type Direction = "down" | "up";

// ------------------------------------------------------------------------------------------------ input

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
};

// ------------------------------------------------------------------------------------------------ answers

export type LeverageBucket = {
  /** Leverage = notional / equity lies in (above, upTo]; `upTo` is undefined in the last bucket, which also holds equity ≤ 0. */
  readonly above: number;
  readonly upTo: number | undefined;
  readonly positions: number;
  /** Lots of both sides. */
  readonly lots: bigint;
};

export type AccountShare = {
  readonly account: AccountId;
  /** Quote atoms at the mark. */
  readonly notional: bigint;
  /** Of the notional of its side (per market) or of all (in total), pips, rounded down. */
  readonly share: bigint;
};

export type SideExposure = {
  readonly positions: number;
  readonly lots: bigint;
  /** Quote atoms at the mark, rounded down. */
  readonly notional: bigint;
  /** Σ margin after settlement of funding, quote atoms. */
  readonly margin: bigint;
  /** Σ equity at the mark, quote atoms, rounded down. */
  readonly equity: bigint;
  /** Largest accounts first. */
  readonly top: readonly AccountShare[];
  /** Share of the largest 1, 5 and 10 accounts, pips. */
  readonly concentration: { readonly top1: bigint; readonly top5: bigint; readonly top10: bigint };
};

export type Exposure = {
  readonly openInterest: bigint;
  readonly longs: SideExposure;
  readonly shorts: SideExposure;
  readonly leverage: readonly LeverageBucket[];
};

export type PositionStatus = "healthy" | "liquidatable" | "bankrupt";

export type PositionRisk = {
  readonly account: AccountId;
  readonly isLong: boolean;
  /** Unsigned. */
  readonly lots: bigint;
  /** Average entry, X16, rounded down. */
  readonly entryPrice: bigint;
  /** Quote atoms, settled. */
  readonly margin: bigint;
  /** Quote atoms at the mark, rounded down. */
  readonly equity: bigint;
  /** notional / equity × 1000, rounded down; undefined when equity is not positive. */
  readonly leverageMilli: bigint | undefined;
  readonly status: PositionStatus;
  /**
   * The price nearest to safety at which the contract calls it liquidatable (below maintenance) or bankrupt: a long is at every price
   * at or below it, a short at every price at or above. undefined when no positive price does.
   */
  readonly liquidationPrice: bigint | undefined;
  readonly bankruptcyPrice: bigint | undefined;
  /** Move of the mark to the liquidation price, pips, signed, rounded towards zero; undefined like the price. */
  readonly liquidationMove: bigint | undefined;
  readonly bankruptcyMove: bigint | undefined;
};

/** "If the price moves by …": what becomes liquidatable and bankrupt, against the depth that is there. */
export type LadderRung = {
  readonly move: bigint;
  readonly price: bigint;
  /** Below maintenance, bankrupt ones included. */
  readonly liquidations: number;
  /** All their lots: what liquidations close is at most this. */
  readonly liquidationLots: bigint;
  readonly bankruptcies: number;
  readonly bankruptLots: bigint;
  /** Quote atoms of liquidationLots at the shocked price. */
  readonly liquidationNotional: bigint;
  /** Lots in the book within the market's slippage of the mark. */
  readonly depthLots: bigint;
  /** liquidationLots / depthLots, pips; undefined for an empty book. */
  readonly coverage: bigint | undefined;
};

/** S(s) and its parts. Quote atoms, rounded up. */
export type Shortfall = {
  readonly move: bigint;
  readonly price: bigint;
  readonly bankruptcies: number;
  readonly bankruptLots: bigint;
  /** Σ max(0, −equity) at the shocked price: what the fund pays by the contract's rules. */
  readonly deficit: bigint;
  /** What closing those lots in the book would cost beyond the shocked price. */
  readonly exitCost: bigint;
  /** deficit + exitCost */
  readonly total: bigint;
};

/** A point on the price axis. */
export type PricePoint = {
  /** X16 */
  readonly price: bigint;
  /** Pips, signed, rounded towards zero. */
  readonly move: bigint;
  /** |move| / hourly volatility × 1000; undefined when the volatility is not known. */
  readonly sigmasMilli: bigint | undefined;
};

export type Frontier = {
  readonly direction: Direction;
  /** The amount of insurance it was computed for, quote atoms. */
  readonly insurance: bigint;
  /** s*: the farthest price at which S ≤ insurance; undefined when no representable price exceeds it. */
  readonly solvency: PricePoint | undefined;
  /** The first price at which any position is bankrupt and the gate closes. */
  readonly firstBankruptcy: PricePoint | undefined;
  /** Mark 1: the first price at which the lots below maintenance are more than the book holds within slippage. */
  readonly book: PricePoint | undefined;
  /** Mark 2: the first price at which the deficits alone exceed the insurance: counterparties take haircuts from here. */
  readonly fund: PricePoint | undefined;
  /** Mark 3: the first price at which the lots in profit do not suffice: the principal stage begins. */
  readonly principal: PricePoint | undefined;
};

export type Scenario = { readonly name: string; readonly move: bigint };

export type Band = "strong" | "adequate" | "weak";

export type CapitalAdequacy = {
  /** Quote atoms the fund can pay: per market at most what is left of the day's cap. */
  readonly insurance: bigint;
  readonly scenarios: readonly { readonly scenario: Scenario; readonly shortfall: bigint }[];
  /** The scenario with the largest shortfall; undefined when none has any. */
  readonly worst: Scenario | undefined;
  readonly worstShortfall: bigint;
  /** insurance / worstShortfall, pips, rounded down; undefined when there is no shortfall (then the band is strong). */
  readonly ratio: bigint | undefined;
  /** strong ≥ 1.5, adequate ≥ 1, weak below. */
  readonly band: Band;
};

/** ccxt's ADL rank, and what the page needs beside it. */
export type AdlRank = {
  readonly account: AccountId;
  readonly isLong: boolean;
  readonly lots: bigint;
  /** 1 is first in line; undefined when it is not in the queue (not in profit by a whole index cell at the mark). */
  readonly rank: number | undefined;
  /** Lights: 5 is the first fifth of the queue, 1 the last, 0 not in the queue. */
  readonly rating: 0 | 1 | 2 | 3 | 4 | 5;
  /** Share of the queue's positions that rank behind it or equal, 0–100, floored to two places; 0 when not in the queue. */
  readonly percentage: number;
  /** × 2^64, as the contract computes it; undefined when not in the queue. */
  readonly score: bigint | undefined;
};

export type PredictedLiquidation = {
  readonly account: AccountId;
  readonly isLong: boolean;
  /** Unsigned lots open before. */
  readonly lots: bigint;
  /** What the contract would try to close. */
  readonly closeLots: bigint;
  /** What the book as given holds for it within its limit, in the order of the predictions. */
  readonly filledLots: bigint;
};

export type PredictedCounterparty = {
  readonly account: AccountId;
  /** 1 is the first of its bankrupt position's counterparties. */
  readonly rank: number;
  readonly lots: bigint;
  readonly score: bigint;
  /** Quote atoms, insurance included. */
  readonly pnl: bigint;
  readonly payout: bigint;
};

export type PredictedDeleverage = {
  /** The bankrupt account. */
  readonly account: AccountId;
  readonly isLong: boolean;
  /** Unsigned lots open before. */
  readonly lots: bigint;
  /** Closed in the book (stage 2). */
  readonly sweptLots: bigint;
  /** X at which counterparties are closed, after the sweep, X16 rounded down. */
  readonly price: bigint;
  /** Paid by the fund, book and counterparties, quote atoms. */
  readonly cover: bigint;
  /** Stage 3. */
  readonly counterparties: readonly PredictedCounterparty[];
  /** Stage 4; scores are 0. */
  readonly principal: readonly PredictedCounterparty[];
};

export type Prediction = {
  readonly move: bigint;
  readonly price: bigint;
  /** In the order in which the contract takes them. */
  readonly deleverages: readonly PredictedDeleverage[];
  /** Worst first, as the keeper plans them; those that are below maintenance after the waterfall. */
  readonly liquidations: readonly PredictedLiquidation[];
};

export type PredictOptions = {
  /** Predict at exactly this price (X16) instead of at a move. */
  readonly price?: bigint;
  /** Funding index at that time; default: the one of the prices set. */
  readonly funding?: bigint;
};

// ------------------------------------------------------------------------------------------------ the engine

/** One market's risk. Made by `createRiskMarket` (createRiskMarket.ts); every answer is about the state last set. */
export type RiskMarket = {
  readonly parameters: RiskParameters;
  readonly prices: () => RiskPrices;
  readonly depth: () => RiskDepth;
  /** Open positions. */
  readonly size: () => number;
  /** Unsigned lots of every open position. */
  readonly sizes: () => Iterable<{ readonly account: AccountId; readonly lots: bigint }>;

  /** One position changed: the whole position afterwards; zero lots when it was closed. */
  readonly apply: (position: RiskPosition) => void;
  /** A new price alone is O(1); a new funding index re-keys all positions. */
  readonly setPrices: (prices: RiskPrices) => void;
  readonly setDepth: (depth: RiskDepth) => void;
  readonly setFund: (fund: RiskFund) => void;
  readonly setVolatility: (volatility: bigint) => void;
  readonly setTaken: (account: AccountId) => void;

  readonly exposure: () => Exposure;
  readonly positionRisk: (account: AccountId) => PositionRisk | undefined;
  /** Nearest to liquidation first, of the side that the direction hurts. */
  readonly atRisk: (direction: Direction, limit: number, offset?: number) => readonly PositionRisk[];
  readonly ladder: (moves?: readonly bigint[]) => readonly LadderRung[];
  readonly shortfall: (move: bigint) => Shortfall;
  /** Shortfall at many moves, for the frontier chart. */
  readonly curve: (moves: readonly bigint[]) => readonly Shortfall[];
  /** O(log n) for `solvency`, `firstBankruptcy`, `book` and `fund`; `principal` is kept until the next change. */
  readonly frontier: (direction: Direction) => Frontier;
  /** The solvency point alone, O(log n), for any amount of insurance. */
  readonly solvency: (direction: Direction, insurance: bigint) => PricePoint | undefined;
  readonly insurance: () => bigint;
  readonly capitalAdequacy: (scenarios?: readonly Scenario[]) => CapitalAdequacy;
  /** Whether anybody is below maintenance at this price (X16), or is being resolved. O(log n). */
  readonly isReached: (price: bigint) => boolean;
  readonly predict: (move: bigint, options?: PredictOptions) => Prediction;
  readonly adlRank: (account: AccountId) => AdlRank | undefined;
  /** The queue of one side, first in line first; those not in the queue last, by account. */
  readonly adlRanks: (isLong: boolean) => readonly AdlRank[];
};

export type CreateRiskMarket = (input: RiskMarketInput) => RiskMarket;

/** All markets together: made by `totalRisk(markets, claim)` (totalRisk.ts). */
export type TotalRisk = {
  /** Quote atoms at the marks, both sides' open interest counted once. */
  readonly openNotional: bigint;
  readonly margin: bigint;
  readonly equity: bigint;
  readonly positions: number;
  readonly leverage: readonly LeverageBucket[];
  /** Share of all notional of both sides. */
  readonly top: readonly AccountShare[];
  readonly concentration: SideExposure["concentration"];
  /** Every scenario hits all markets at once; the fund pays each market at most its cap. */
  readonly adequacy: CapitalAdequacy;
};

export type ComputeTotalRisk = (
  markets: readonly RiskMarket[],
  fund: { readonly claim: bigint },
  scenarios?: readonly Scenario[],
) => TotalRisk;

/** `hourlyVolatility(variance)` (hourlyVolatility.ts): pips, from RiskView.variance (per second × 1e18). */
export type HourlyVolatility = (variance: bigint) => bigint;
