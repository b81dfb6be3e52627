/**
 * The sweep of a bankrupt position through the book, fill by fill: which limit each pass had, and what it drew from the fund. Pure.
 *
 * A sweep is a number of passes. Each has a limit of its own, from what the passes before left of the position and of the cover; the last one
 * fills nothing, and no event tells of it.
 */

import { deficit } from "../core/closing.ts";
import type { Position, Prices } from "../core/types.ts";
import { bankruptcyLimit, type LimitParameters } from "./closeLimits.ts";
import { type Fill, sweepFill } from "./predictClosings.ts";

/** What BankruptcySwept says about a pass. */
export type SweepPass = { readonly limitTick: bigint; readonly cover: bigint; readonly price: bigint };
export type SweepStep = { readonly fill: Fill } | { readonly pass: SweepPass };

export type WalkSweepParameters = {
  /** With its funding settled. */
  readonly bankrupt: Position;
  readonly parameters: LimitParameters;
  readonly prices: Prices;
  /** What the fund can pay for this position, quote atoms. */
  readonly available: bigint;
  readonly steps: readonly SweepStep[];
  /** Called for each comparison. `limit`: a fill or a pass against the limit; `cover`: what a pass drew. */
  readonly check?: (what: "limit" | "cover", holds: boolean, text: () => string) => void;
};

export type Swept = {
  /** What the passes left of the position. */
  readonly bankrupt: Position;
  /** What they drew. */
  readonly cover: bigint;
  /** The limit and the cover of the pass that fills nothing. */
  readonly limit: bigint;
  readonly funds: bigint;
};

export function walkSweep(input: WalkSweepParameters): Swept {
  const { parameters, prices, available, steps, check = () => undefined } = input;
  let { bankrupt } = input;
  let [cover, passCover] = [0n, 0n];
  const fundsNow = () => {
    const [left, short] = [available - cover, deficit(bankrupt, prices)];
    return short < left ? short : left;
  };
  const limitNow = () => (bankrupt.lots === 0n ? 0n : bankruptcyLimit(bankrupt, parameters, prices.price, fundsNow()));
  let limit = limitNow();

  for (const step of steps) {
    if ("fill" in step) {
      const { tick } = step.fill;
      const within = bankrupt.lots > 0n ? tick >= limit : tick <= limit;
      check("limit", within, () => `swept at ${tick}, limit ${limit}`);
      const fill = sweepFill(bankrupt, step.fill, parameters.tickValue);
      bankrupt = fill.rest;
      cover += fill.cover;
      passCover += fill.cover;
    } else {
      const { limitTick, cover: drawn } = step.pass;
      const [expectedLimit, expectedCover] = [limit, passCover];
      check("limit", limitTick === expectedLimit, () => `limit ${limitTick}, should be ${expectedLimit}`);
      check("cover", drawn === expectedCover, () => `the sweep drew ${drawn}, should be ${expectedCover}`);
      limit = limitNow();
      passCover = 0n;
    }
  }
  return { bankrupt, cover, limit, funds: fundsNow() };
}
