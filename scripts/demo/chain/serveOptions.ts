/**
 * What the demo tells its chain when it starts it.
 */
import type { Prices } from "../path/pricePath.ts";

export type ServeOptions = Prices & {
  readonly accounts: number;
  /** Time of the first block, Unix seconds. */
  readonly start: number;
  /** Seconds between the oracle's answers. */
  readonly interval: number;
  /** Where to write the deployment file. */
  readonly deployment: string;
};
