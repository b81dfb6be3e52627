/**
 * The book as it was given, to be consumed by predicted closes: best level first, whole levels at their price. What it leaves out, because
 * depth does not show it: whose orders they are, and which of them the fill rule would refuse.
 */
import type { RiskDepth } from "./types.ts";

export type PaperLevel = { readonly tick: bigint; lots: bigint };

export type PaperBook = {
  /** The best level that a seller (or buyer) meets within its limit tick. */
  readonly best: (sells: boolean, limitTick: bigint) => PaperLevel | undefined;
  readonly take: (sells: boolean, lots: bigint) => void;
};

export function createPaperBook(depth: RiskDepth): PaperBook {
  const copy = (levels: RiskDepth["bids"]) => levels.map(({ tick, lots }) => ({ tick: BigInt(tick), lots }));
  const [bids, asks] = [copy(depth.bids), copy(depth.asks)];
  return {
    best(sells, limitTick) {
      const level = sells ? bids[0] : asks[0];
      if (level === undefined || (sells ? level.tick < limitTick : level.tick > limitTick)) return undefined;
      return level;
    },
    take(sells, lots) {
      const levels = sells ? bids : asks;
      const level = levels[0];
      if (level === undefined || lots > level.lots) throw new Error("more lots taken than the best level holds");
      level.lots -= lots;
      if (level.lots === 0n) levels.shift();
    },
  };
}
