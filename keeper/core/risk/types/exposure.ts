/**
 * Who holds what, and how far each position is from liquidation and bankruptcy. Units: types.ts.
 */
import type { AccountId } from "../../types.ts";

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
