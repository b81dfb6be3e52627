/**
 * Numbers for people. Nothing here is read back.
 */
import type { DemoMarket } from "../market/market.ts";

/** Quote atoms as dollars. */
export function money(atoms: bigint): string {
  return decimal(Number(atoms) / 1e6, 2, 2);
}

/** A price in X16 as dollars per unit. */
export function price(x16: bigint, { parameters }: DemoMarket): string {
  return decimal((Number(x16) / 2 ** 16 / 1e6) * Number(parameters.lotsPerUnit), 2, 2);
}

/** The same for programs. */
export function plainPrice(x16: bigint, { parameters }: DemoMarket): string {
  return ((Number(x16) / 2 ** 16 / 1e6) * Number(parameters.lotsPerUnit)).toFixed(2);
}

/** Lots as units of the base asset. */
export function size(lots: bigint, { parameters }: DemoMarket): string {
  return decimal(Number(lots) / Number(parameters.lotsPerUnit), 4, 4);
}

/** A ratio in pips as a plain number; a market without positions has the highest ratio there is, shown as 1. */
export function ratioOf(pips: bigint): number {
  return Number(pips < 1_000_000n ? pips : 1_000_000n) / 1e6;
}

/** A score × 2^64 as the product that it is: profit ratio × effective leverage. */
export function score(x64: bigint): number {
  return Number((Number(x64) / 2 ** 64).toPrecision(6));
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}

function decimal(value: number, least: number, most: number): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: least, maximumFractionDigits: most });
}
