/**
 * Where a call of stages 3 and 4 must end although counterparties are left, exactly as Thresholds.sol: rounding has carried X over the edge
 * of an entry tick, the book's limit over a tick, or the position over the mark.
 */
import { bankruptcyCost, deficit } from "./closing.ts";
import { entryPrice, entryTick, MAX_U } from "./grid.ts";
import { abs } from "./integers.ts";
import { bankruptcyPriceAt } from "./position.ts";
import type { Position, Prices } from "./types.ts";

export type Thresholds = {
  /** Side of the bankrupt position. */
  readonly isLong: boolean;
  /** X16: of the entry tick of X, the edge that rounding can carry it over. */
  readonly edge: bigint;
  /** The book's limit, before the one that slippage sets. */
  readonly tick: bigint;
  /** Quote atoms a lot and tick. */
  readonly tickValue: bigint;
};

/** No price reaches it: there is no edge above the last tick. */
const NO_EDGE = (1n << 127n) - 1n;

/** What holds for a settled bankrupt position. @param budget What the fund can pay, quote atoms. */
export function thresholdsOf(
  b: Position,
  prices: Prices,
  budget: bigint,
  { base, tickValue }: { readonly base: number; readonly tickValue: bigint },
): Thresholds {
  const tick = costInBook(b, prices, budget) / (abs(b.lots) * tickValue);
  return { isLong: b.lots > 0n, edge: edgeOf(b, base), tick, tickValue };
}

/** Whether an open position has left what they say. */
export function isBeyond(thresholds: Thresholds, b: Position, prices: Prices, budget: bigint): boolean {
  const { isLong, edge, tick, tickValue } = thresholds;
  const size = abs(b.lots);
  const k = bankruptcyCost(b) << 16n;
  if (isLong ? k < edge * size : k >= edge * size) return true;
  if (isLong ? k <= prices.price * size : k >= prices.price * size) return true; // solvent
  return costInBook(b, prices, budget) / (size * tickValue) !== tick;
}

/** X of a long falls, of a short rises; at zero nobody is in profit any more. */
function edgeOf(b: Position, base: number): bigint {
  const x = bankruptcyPriceAt(b, b.fundingIndex);
  const tick = x > 0n ? entryTick(x, base) : 0;
  if (b.lots > 0n) return tick === 0 ? 1n : entryPrice(tick, base);
  if (x <= 0n) return 1n;
  return tick === MAX_U ? NO_EDGE : entryPrice(tick + 1, base);
}

/** What the book may take or give for all of it, cover included; of a long less one: ⌈k/unit⌉ changes where ⌊(k − 1)/unit⌋ does. */
function costInBook(b: Position, prices: Prices, budget: bigint): bigint {
  const short = deficit(b, prices);
  const cover = short < budget ? short : budget;
  const k = bankruptcyCost(b);
  return b.lots > 0n ? k - cover - 1n : k + cover;
}
