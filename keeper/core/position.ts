/**
 * Arithmetic of one position, exact, as Margin.sol: equity, settled margin, bankruptcy prices.
 */
import { abs, ceilDiv, floorDiv } from "./integers.ts";
import type { Position, Prices } from "./types.ts";

const ONE_X16 = 1n << 16n;
export const PIPS = 1_000_000n;

/** Exact equity at the mark, in quote atoms × 2^16. Negative: bankrupt. */
export function equityX16(p: Position, { price, funding }: Prices): bigint {
  const cost = p.lots > 0n ? p.cost : -p.cost;
  return p.margin * ONE_X16 + p.lots * price - cost * ONE_X16 - p.lots * (funding - p.fundingIndex);
}

/** As the contract judges it: with its funding settled, and what it owes rounded up. */
export function isBankrupt(p: Position, prices: Prices): boolean {
  return equityX16(settle(p, prices.funding), prices) < 0n;
}

/** Margin in quote atoms after paying the funding owed, which is rounded up. */
export function settledMargin(p: Position, funding: bigint): bigint {
  return p.margin - ceilDiv(p.lots * (funding - p.fundingIndex), ONE_X16);
}

/** The position after settlement to `funding`. */
export function settle(p: Position, funding: bigint): Position {
  return { ...p, margin: settledMargin(p, funding), fundingIndex: funding };
}

/** X: the price, X16 rounded down, at which the position's equity is zero after settlement to `funding`. */
export function bankruptcyPriceAt(p: Position, funding: bigint): bigint {
  const margin = settledMargin(p, funding);
  const cost = p.lots > 0n ? p.cost - margin : p.cost + margin;
  return floorDiv(cost * ONE_X16, abs(p.lots));
}

/** b = K/|lots| − F₀, X16 rounded down: only the position's own fills, fees and margin moves change it. */
export function normalisedBankruptcyPrice(p: Position): bigint {
  return bankruptcyPriceAt(p, p.fundingIndex) - p.fundingIndex;
}
