/**
 * What a drill is to do. Types only.
 */
import type { Shock } from "./shock.ts";

export type DrillOptions = {
  /** Empty: the price moves as little as makes `bankrupt` accounts of each market bankrupt. */
  readonly shocks: readonly Shock[];
  readonly bankrupt: number;
  /** Blocks after the shock's own, at most. */
  readonly maxBlocks: number;
  /** Seconds of this machine's clock, at most. */
  readonly maxSeconds: number;
  /** Seconds of the chain's time between two blocks. */
  readonly blockSeconds: number;
  /** Seconds by which the shocked price is old, in every block. Older than the market allows, and nothing can be cleared. */
  readonly feedAge: number;
};
