/** Fees a second time, from DESIGN §3 and §8: rounded against the account, split three ways without remainder. For tests only. */
import type { MarketParameters } from "../../scripts/lib/markets.ts";

const MILLION = 1_000_000n;

/** What an account pays on a notional (both in quote atoms): a fee rounded up, a rebate rounded down. */
export function feeOn(notional: bigint, rate: number): bigint {
  if (rate < 0) return -((notional * BigInt(-rate)) / MILLION);
  return (notional * BigInt(rate) + MILLION - 1n) / MILLION;
}

/** Where the sum of a call's fees goes; what rounds goes to the keeper reserve. */
export function splitFees(m: MarketParameters, fees: bigint): { fund: bigint; treasury: bigint; reserve: bigint } {
  const fund = (fees * BigInt(m.insuranceShare)) / MILLION;
  const treasury = (fees * BigInt(m.treasuryShare)) / MILLION;
  return { fund, treasury, reserve: fees - fund - treasury };
}
