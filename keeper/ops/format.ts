/**
 * Numbers for people. The only place where chain values become decimals; nothing here is ever read back.
 */
import type { MarketParameters } from "../core/types.ts";

/** The collateral's decimals, which the contract assumes, too. */
const QUOTE_DECIMALS = 6;

/** Quote atoms as an amount of the collateral, at most two decimals. */
export function formatQuote(atoms: bigint): string {
  return decimal(Number(atoms) / 10 ** QUOTE_DECIMALS, 2);
}

/** A price in X16 (atoms per lot) as collateral per unit of the base asset. */
export function formatPrice(priceX16: bigint, market: MarketParameters): string {
  const price = (Number(priceX16) / 2 ** 16 / 10 ** QUOTE_DECIMALS) * Number(market.lotsPerUnit);
  return decimal(price, Math.abs(price) >= 100 ? 2 : 6);
}

/** Lots as units of the base asset. */
export function formatLots(lots: bigint, market: MarketParameters): string {
  return decimal(Number(lots) / Number(market.lotsPerUnit), 6);
}

function decimal(value: number, digits: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}
