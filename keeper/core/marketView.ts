/**
 * Everything a decision about one market depends on, at one block. A plan is made from it without waiting, and leaves it as it was: the
 * effects of what is planned are put onto the state only while the rest is planned (projection.ts).
 */
import type { Touch } from "./absorption.ts";
import type { MarketState } from "./marketState.ts";
import type { RiskDepth } from "./risk/types.ts";
import type { AccountId, MarketParameters, Prices } from "./types.ts";

export type PriceReading =
  /** `funding` is the index that a call made in this block would use; `accrued` is the one that is stored. X16. */
  | ({ readonly ok: true; readonly accrued: bigint } & Prices)
  /** The contract would refuse its own price: `reason` is its error. */
  | { readonly ok: false; readonly reason: string };

/** Stages of the circuit breaker by number, as the contract has them: 0 normal, then stricter. */
export type Level = number;

export type MarketView = {
  readonly parameters: MarketParameters;
  readonly state: MarketState;
  readonly prices: PriceReading;
  /** The market has ended: it has no price any more, and its positions are paid out at the final one. */
  readonly retired?: boolean;
  /** Bankrupt account being resolved, 0 for none. */
  readonly taken: AccountId;
  /** Timestamp of the block. */
  readonly now: bigint;
  readonly touch: Touch;
  /** The book near the mark, best first; missing while nothing depends on it. */
  readonly depth?: RiskDepth;
  readonly level: Level;
  /** Lots that preventive deleveraging may still close in this window; 0 while it is not open. */
  readonly preventiveLots: bigint;
  /** Free collateral of the accounts that `topUpCandidates` names, quote atoms. */
  readonly free: ReadonlyMap<AccountId, bigint>;
};
