/**
 * Refuses prices that the engine's keys cannot hold.
 */
import { MAX_PRICE } from "./limits.ts";
import { RiskRangeError } from "./RiskRangeError.ts";

export function checkPrice({ price }: { readonly price: bigint }): void {
  if (price < 1n || price >= MAX_PRICE) throw new RiskRangeError(`A mark of ${price} (X16) is out of range`);
}
