/**
 * What a call had to do by the market's rank policy. Types only; expectByRank.ts and expectByWater.ts compute it.
 */
import type { AccountId, Entry, Position, Prices, RankPolicy } from "../core/types.ts";

export type Stage = "ranked" | "principal";

/** Who stands in line, best first: made from the positions just before the first close. */
export type Line = {
  readonly policy: RankPolicy;
  readonly ranked: readonly { readonly entry: Entry; readonly score: bigint }[];
  /** Those who are not eligible, for when nobody is. */
  readonly principal: readonly Entry[];
};

export type ExpectedClose = {
  readonly stage: Stage;
  readonly account: AccountId;
  /** 0 in the principal stage. */
  readonly rank: number;
  readonly score: bigint;
  readonly lots: bigint;
};

/** One counterparty: what it had to give, what it is owed for that, and what is left of it. */
export type DueClose = ExpectedClose & {
  readonly pnl: bigint;
  readonly payout: bigint;
  /** With its funding settled. */
  readonly before: Position;
  readonly after: Position;
};

export type Expectation = {
  readonly closes: readonly DueClose[];
  /** What the fund had to pay. */
  readonly cover: bigint;
  /** What is left of the bankrupt position. */
  readonly rest: Position;
  /** What is wrong with where the call ended. */
  readonly findings: readonly string[];
  /** Who stays open, in the order in which they come to lie in their cells; empty where places do not change. */
  readonly landed: readonly Position[];
};

/** What a call is recomputed from, beside the line. */
export type Terms = {
  /** Settled, and reduced by what the book took. */
  readonly bankrupt: Position;
  readonly prices: Prices;
  /** Lots that the call closed. */
  readonly closed: bigint;
  /** What the fund could still pay, quote atoms. */
  readonly budget: bigint;
  /** Exponent of the market's grid. */
  readonly base: number;
  /** Quote atoms a lot and tick; undefined where it is not known: then the thresholds at which a call must end are not looked at. */
  readonly tickValue: bigint | undefined;
};
