/**
 * The price after a move in pips: ⌊P·(1e6 + move)/1e6⌋, X16.
 */
import { MAX_PRICE, PIPS } from "./limits.ts";
import { RiskRangeError } from "./RiskRangeError.ts";

export function priceAfter(price: bigint, move: bigint): bigint {
  const after = (price * (PIPS + move)) / PIPS;
  if (move <= -PIPS || after < 1n) throw new RiskRangeError(`A move of ${move} pips leaves no price`);
  if (after >= MAX_PRICE) throw new RiskRangeError(`A move of ${move} pips leaves the range of prices`);
  return after;
}
