/**
 * Which positions of a market that has ended to pay out next. It costs its caller gas and pays nothing; what it is for is that everybody has what is
 * his without having to know that the market is gone.
 */
import type { MarketState } from "./marketState.ts";
import type { SettlePlan } from "./plan.ts";
import type { MarketId } from "./types.ts";

/** A position with the most resting orders that an account can have takes about half a million gas. */
const PER_CALL = 20;

/** Undefined when everybody has been paid out. */
export function planSettlement(
  market: MarketId,
  { positions }: Pick<MarketState, "positions">,
): SettlePlan | undefined {
  if (positions.size === 0) return undefined;
  const accounts = [...positions.keys()].sort((a, b) => a - b).slice(0, PER_CALL);
  return { kind: "settle", market, accounts };
}
