/**
 * What closing a part of a position does, and at which limit: Margin.sol and LiquidationPlan.sol once more, exact and pure. The checks
 * predict with it what the contract must have done.
 */
import { abs, ceilDiv, floorDiv } from "../core/integers.ts";
import { equityX16, PIPS } from "../core/position.ts";
import type { MarketParameters, Position, Prices } from "../core/types.ts";

export type LimitParameters = Pick<MarketParameters, "tickValue" | "slippageRate" | "liquidationFeeRate">;

const ONE_X16 = 1n << 16n;

/** K = cost − side·margin, of a settled position. */
export function bankruptcyCost(p: Position): bigint {
  return p.lots > 0n ? p.cost - p.margin : p.cost + p.margin;
}

/** Closes lots for a notional; the result goes to margin. */
export function close(p: Position, lots: bigint, notional: bigint): Position {
  const open = abs(p.lots);
  if (p.lots > 0n) {
    const cost = (p.cost * lots) / open;
    return { ...p, lots: p.lots - lots, cost: p.cost - cost, margin: p.margin + notional - cost };
  }
  const cost = ceilDiv(p.cost * lots, open);
  return { ...p, lots: p.lots + lots, cost: p.cost - cost, margin: p.margin + cost - notional };
}

/** K·lots/|lots|, rounded such that what stays open has a bankruptcy price no nearer to the other side's. */
export function shareRoundedOutward(p: Position, lots: bigint): bigint {
  const share = bankruptcyCost(p) * lots;
  return p.lots > 0n ? ceilDiv(share, abs(p.lots)) : floorDiv(share, abs(p.lots));
}

/** Takes lots out at the position's own share of K, with margin pro rata. */
export function takeShare(
  p: Position,
  lots: bigint,
  share: bigint,
): { readonly rest: Position; readonly cost: bigint } {
  const left = bankruptcyCost(p) - share;
  const open = abs(p.lots);
  if (p.lots > 0n) {
    const cost = (p.cost * lots) / open;
    const kept = p.cost - cost;
    return { cost, rest: { ...p, lots: p.lots - lots, cost: kept, margin: kept - left } };
  }
  const cost = ceilDiv(p.cost * lots, open);
  const kept = p.cost - cost;
  return { cost, rest: { ...p, lots: p.lots + lots, cost: kept, margin: left - kept } };
}

/** Deficit at the mark in quote atoms, rounded down; zero when solvent. */
export function deficit(p: Position, prices: Prices): bigint {
  const equity = equityX16(p, prices);
  return equity < 0n ? -equity >> 16n : 0n;
}

/** Whether closing lots for a notional less a charge is no worse than the bankruptcy price, exactly. */
export function closeIsCovered(p: Position, lots: bigint, notional: bigint, charge: bigint): boolean {
  const share = bankruptcyCost(p) * lots;
  if (p.lots > 0n) return (notional - charge) * abs(p.lots) >= share;
  return (notional + charge) * abs(p.lots) <= share;
}

/** lots · P · rate in quote atoms, rounded up. */
export function requirement(lots: bigint, price: bigint, rate: bigint): bigint {
  return ceilDiv(lots * price * rate, PIPS * ONE_X16);
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
