/**
 * How much of a position a liquidation closes, bit for bit as LiquidationPlan.sol and Liquidation.sol: the closed form, and for a large
 * position at most what is left of the step that it is in.
 */
import { abs, ceilDiv } from "./integers.ts";
import type { MarketState, Step } from "./marketState.ts";
import { equityX16, PIPS, settle } from "./position.ts";
import { targetRate } from "./requirements.ts";
import type { AccountId, MarketParameters, Position, Prices } from "./types.ts";

/**
 * Lots that restore the target ratio, fee and slippage included: x* = (m*·q·P − E) / (P·(m* − s − f)), rounded up; all of them where
 * that has no solution or would leave dust. m* is the target of the highest tier that the whole position reaches.
 *
 * @param fills Most fills there can be; each rounds its fee up by less than an atom.
 * @param drag s + f, pips; none for a close at the mark without a fee.
 */
export function closeSize(
  p: Position,
  prices: Prices,
  parameters: MarketParameters,
  fills: number,
  drag = parameters.slippageRate + parameters.liquidationFeeRate,
): bigint {
  const open = abs(p.lots);
  const { price } = prices;
  const target = targetRate(parameters, open, price);
  const equity = equityX16(settle(p, prices.funding), prices) * PIPS;
  if (target <= drag || equity <= open * price * drag) return open;
  const missing = open * price * target - equity + ((BigInt(fills) * PIPS) << 16n);
  const lots = missing <= 0n ? 0n : ceilDiv(missing, price * (target - drag));
  if (lots >= open || ((open - lots) * price) >> 16n < parameters.minNotional) return open;
  return lots;
}

/** Whether a liquidation of so many lots goes in steps. */
export function isLarge(lots: bigint, price: bigint, { largeNotional }: MarketParameters): boolean {
  return (lots * price) >> 16n > largeNotional;
}

/** The step that a large position's liquidation is in at `now`: a new one once the cooldown of the last one is over. */
export function stepOf(
  { steps }: Pick<MarketState, "steps">,
  account: AccountId,
  now: bigint,
  { stepCooldown }: MarketParameters,
): Step {
  const last = steps.get(account);
  return last !== undefined && now < last.began + stepCooldown ? last : { began: now, closed: 0n };
}

/** What one call tries to close: `closeSize`, of a large position at most what is left of the step; 0 when it is used up. */
export function stepSize(p: Position, prices: Prices, parameters: MarketParameters, fills: number, step: Step): bigint {
  const open = abs(p.lots);
  const lots = closeSize(p, prices, parameters, fills);
  if (!isLarge(open, prices.price, parameters)) return lots;
  const whole = ceilDiv((open + step.closed) * parameters.stepRate, PIPS);
  const left = whole > step.closed ? whole - step.closed : 0n;
  return left < lots ? left : lots;
}
