/**
 * At which limit a position may be closed: LiquidationPlan.sol once more, exact and pure, on what closing does (core/closing.ts). The
 * checks predict with it what the contract must have done.
 */

import { bankruptcyCost, requirement } from "../core/closing.ts";
import { abs, ceilDiv, floorDiv } from "../core/integers.ts";
import { PIPS } from "../core/position.ts";
import type { MarketParameters, Position } from "../core/types.ts";

export type LimitParameters = Pick<MarketParameters, "tickValue" | "slippageRate" | "liquidationFeeRate">;

const ONE_X16 = 1n << 16n;

/** Whether closing lots for a notional less a charge is no worse than the bankruptcy price, exactly. */
export function closeIsCovered(p: Position, lots: bigint, notional: bigint, charge: bigint): boolean {
  const share = bankruptcyCost(p) * lots;
  if (p.lots > 0n) return (notional - charge) * abs(p.lots) >= share;
  return (notional + charge) * abs(p.lots) <= share;
}

/** The mark less slippage, as a tick inside of it. */
export function slippageTick(market: LimitParameters, price: bigint, sells: boolean): bigint {
  const unit = PIPS * ONE_X16 * market.tickValue;
  return sells ? ceilDiv(price * (PIPS - market.slippageRate), unit) : (price * (PIPS + market.slippageRate)) / unit;
}

/**
 * The worst tick at which a solvent position may be liquidated.
 *
 * @param fills Most fills there can be: each rounds its fee up by less than an atom.
 */
export function liquidationLimit(
  p: Position,
  market: LimitParameters,
  price: bigint,
  whole: boolean,
  fills: number,
): bigint {
  if (!whole) return slippageTick(market, price, p.lots > 0n);
  const size = abs(p.lots);
  const fee = requirement(size, price, market.liquidationFeeRate) + BigInt(fills);
  const unit = size * market.tickValue;
  const k = bankruptcyCost(p);
  return positive(p.lots > 0n ? ceilDiv(k + fee, unit) : floorDiv(k - fee, unit));
}

/** The worst tick at which a bankrupt position may be closed in the book, with this much cover. */
export function bankruptcyLimit(p: Position, market: LimitParameters, price: bigint, cover: bigint): bigint {
  const unit = abs(p.lots) * market.tickValue;
  const k = bankruptcyCost(p);
  const slipped = slippageTick(market, price, p.lots > 0n);
  if (p.lots > 0n) {
    const tick = positive(ceilDiv(k - cover, unit));
    return tick > slipped ? tick : slipped;
  }
  const tick = positive(floorDiv(k + cover, unit));
  return tick < slipped ? tick : slipped;
}

function positive(value: bigint): bigint {
  return value > 0n ? value : 0n;
}
