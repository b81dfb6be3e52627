/**
 * Who is in line to be deleveraged, and what a move would lead to. Units: types.ts.
 */
import type { AccountId } from "../../types.ts";

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
