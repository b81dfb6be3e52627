/**
 * Where the solvency line is: ladder, shortfall, frontier, adequacy. Units: types.ts.
 */
import type { Direction } from "../types.ts";

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
