/**
 * Chain values as people read them. Nothing here is computed with again.
 */
import type { Market } from "./types.ts";

const ATOMS = 1e6;
const X16 = 2 ** 16;

/** A price, X16, in collateral per unit of the base asset. */
export function priceOf(market: Market, x16: string): number {
  return (Number(x16) / X16 / ATOMS) * Number(market.lotsPerUnit);
}

/** A tick of the book as a price. */
export function tickPrice(market: Market, tick: number): number {
  return ((tick * Number(market.tickValue)) / ATOMS) * Number(market.lotsPerUnit);
}

export function unitsOf(market: Market, lots: string): number {
  return Number(lots) / Number(market.lotsPerUnit);
}

export function moneyOf(atoms: string | bigint): number {
  return Number(atoms) / ATOMS;
}

export function price(value: number): string {
  const digits = value >= 10_000 ? 0 : value >= 100 ? 1 : 4;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function money(value: number): string {
  const size = Math.abs(value);
  const [scale, suffix] = size >= 1e9 ? [1e9, "bn"] : size >= 1e6 ? [1e6, "m"] : size >= 10_000 ? [1e3, "k"] : [1, ""];
  const scaled = value / scale;
  const digits = Math.abs(scaled) >= 100 || scaled === 0 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2;
  return `$${scaled.toLocaleString("en-US", { maximumFractionDigits: digits })}${suffix && `\u2009${suffix}`}`;
}

export function units(value: number): string {
  const size = Math.abs(value);
  return value.toLocaleString("en-US", { maximumFractionDigits: size >= 100 ? 0 : size >= 1 ? 2 : 4 });
}

/** Pips as a signed percentage. */
export function move(pips: string | number, digits = 1): string {
  const percent = Number(pips) / 10_000;
  const sign = percent > 0 ? "+" : percent < 0 ? "−" : "";
  return `${sign}${Math.abs(percent).toFixed(digits)}\u2009%`;
}

export function percent(pips: string | number, digits = 1): string {
  return `${(Number(pips) / 10_000).toFixed(digits)}\u2009%`;
}

export function time(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19);
}

export function shortHash(hash: string): string {
  return `${hash.slice(0, 8)}…${hash.slice(-4)}`;
}
