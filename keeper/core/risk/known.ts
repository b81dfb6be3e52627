/**
 * What was computed for the present state of a market; forgotten when something it depends on changes.
 */
import type { AdlRank, Direction, Exposure } from "./types.ts";

export type Known = {
  queues: Map<boolean, AdlRank[]>;
  ranks: Map<number, AdlRank> | undefined;
  exposure: Exposure | undefined;
  principal: Map<Direction, bigint | undefined>;
};

export function nothingKnown(): Known {
  return { queues: new Map(), ranks: undefined, exposure: undefined, principal: new Map() };
}
