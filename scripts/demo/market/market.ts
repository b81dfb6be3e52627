/**
 * A market as the demo knows it, and its units: dollars ↔ ticks, lots, atoms, X16. Pure.
 */
import type { Address } from "viem";
import type { MarketParameters } from "../../../keeper/core/types.ts";

export type DemoMarket = {
  /** Position in the deployment, from 0; the contract's id is one more. */
  readonly index: number;
  readonly id: number;
  readonly name: string;
  readonly feed: Address;
  readonly ticksPerPrice: number;
  /** Quote atoms of one lot at one tick. */
  readonly tickValue: bigint;
  readonly maxAge: number;
  /** System margin ratio below which preventive deleveraging is open, pips. */
  readonly reduceOnlyRatio: bigint;
  readonly maturity: number;
  readonly slippageRate: bigint;
  readonly bandRate: bigint;
  readonly takerFeeRate: bigint;
  readonly makerFeeRate: bigint;
  readonly dailyCoverCap: bigint;
  readonly minNotional: bigint;
  readonly maxSteps: number;
  /** What the keeper's pure code wants to know of it. */
  readonly parameters: MarketParameters;
};

/** The mock feeds' decimals. */
const FEED_DECIMALS = 8;

export function feedAnswer(price: number): bigint {
  return BigInt(Math.round(price * 10 ** FEED_DECIMALS));
}

/** The tick nearest to a price in dollars. */
export function tickOf(market: DemoMarket, price: number): number {
  return Math.max(1, Math.round(price * market.ticksPerPrice));
}

/** Lots that are worth this many dollars at a price; at least one. */
export function lotsOf(market: DemoMarket, dollars: number, price: number): bigint {
  return BigInt(Math.max(1, Math.floor((dollars / price) * Number(market.parameters.lotsPerUnit))));
}

export function atoms(dollars: number): bigint {
  return BigInt(Math.round(dollars * 1_000_000));
}
