/**
 * Whether the book can take anything of a liquidation: the worst tick that the contract would fill at, against the best opposing one.
 */
import { abs, ceilDiv, floorDiv } from "./integers.ts";
import { PIPS, settle } from "./position.ts";
import type { MarketParameters, Position, Prices } from "./types.ts";

/** The best ticks of the book; 0 where a side is empty. */
export type Touch = { readonly bestBid: bigint; readonly bestAsk: bigint };

const ONE_X16 = 1n << 16n;

/**
 * The worst tick a solvent position may be liquidated at (LiquidationPlan.limitTick): the mark less slippage for a part, the price that
 * leaves zero equity after fees for the whole.
 *
 * @param lots What the call tries to close.
 */
export function limitTick(
  p: Position,
  prices: Prices,
  parameters: MarketParameters,
  lots: bigint,
  fills: number,
): bigint {
  const sells = p.lots > 0n;
  const open = abs(p.lots);
  if (lots !== open) return tickAwayFromMark(prices.price, parameters, parameters.slippageRate, sells);
  const fee = ceilDiv(open * prices.price * parameters.liquidationFeeRate, PIPS * ONE_X16) + BigInt(fills);
  const { margin } = settle(p, prices.funding);
  const unit = open * parameters.tickValue;
  const tick = sells ? ceilDiv(p.cost - margin + fee, unit) : floorDiv(p.cost + margin - fee, unit);
  return tick > 0n ? tick : 0n;
}

/** Whether an order rests within the limit and within the band around the mark. */
export function bookCanAbsorb(
  sells: boolean,
  limit: bigint,
  { bestBid, bestAsk }: Touch,
  price: bigint,
  parameters: MarketParameters,
) {
  const edge = tickAwayFromMark(price, parameters, parameters.bandRate, sells);
  if (sells) return bestBid !== 0n && bestBid >= limit && bestBid >= edge;
  return bestAsk !== 0n && bestAsk <= limit && bestAsk <= edge;
}

/** The mark less (or plus) a rate, as a tick inside of it. */
function tickAwayFromMark(price: bigint, { tickValue }: MarketParameters, rate: bigint, sells: boolean): bigint {
  const unit = PIPS * ONE_X16 * tickValue;
  return sells ? ceilDiv(price * (PIPS - rate), unit) : (price * (PIPS + rate)) / unit;
}
