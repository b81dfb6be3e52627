/**
 * What the fund can pay to a market now (Ledger.coverAvailable): its claim less the floor that always stays, up to what is left of the
 * day's cap. Quote atoms.
 */
import type { RiskFund } from "./types.ts";

/** Ledger.CLAIM_FLOOR */
export const CLAIM_FLOOR = 1_000_000n;

export function insuranceFor({ claim, coverLeft }: RiskFund): bigint {
  const payable = claim > CLAIM_FLOOR ? claim - CLAIM_FLOOR : 0n;
  return payable < coverLeft ? payable : coverLeft;
}
