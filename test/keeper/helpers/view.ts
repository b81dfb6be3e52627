/**
 * What the keeper sees of the market of helpers/market.ts: a book around the mark, nothing open that is not asked for.
 */
import type { MarketView } from "../../../keeper/core/marketView.ts";
import type { Position } from "../../../keeper/core/types.ts";
import { marketOf, PARAMETERS, PRICES } from "./market.ts";

export function viewOf(positions: readonly Position[], changes: Partial<MarketView> = {}): MarketView {
  const book = { touch: { bestBid: 5_999_000n, bestAsk: 6_001_000n }, level: 0, preventiveLots: 0n };
  const common = { parameters: PARAMETERS, state: marketOf(positions), taken: 0, now: 1_000n, free: new Map() };
  return { ...common, ...book, prices: { ok: true, ...PRICES, accrued: 0n }, ...changes };
}
