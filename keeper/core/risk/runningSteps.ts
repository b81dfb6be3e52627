/**
 * The steps of large positions' liquidations that are still running: how much of each is closed already. Those begun before the keeper's
 * snapshot are not known.
 */
import type { MarketState } from "../marketState.ts";
import type { AccountId, MarketParameters } from "../types.ts";

/** @param now Seconds, of the block asked about. */
export function runningSteps(
  { steps }: Pick<MarketState, "steps">,
  now: bigint,
  { stepCooldown }: Pick<MarketParameters, "stepCooldown">,
): Map<AccountId, bigint> {
  const running = new Map<AccountId, bigint>();
  for (const [account, { began, closed }] of steps) {
    if (now < began + stepCooldown) running.set(account, closed);
  }
  return running;
}
