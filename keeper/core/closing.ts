/**
 * What closing a part of a settled position does: Margin.sol and LiquidationPlan.sol once more, exact and pure. Predictions, plans and the audit run on it.
 */
import { abs, ceilDiv, floorDiv } from "./integers.ts";
import { equityX16 } from "./position.ts";
import { ONE_X16, PIPS } from "./risk/limits.ts";
import type { Position, Prices } from "./types.ts";

/** K = cost − side·margin. */
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

/** Takes lots out at the position's own share of K; the margin that belongs to them goes with them. */
export function takeShare(
  p: Position,
  lots: bigint,
  share: bigint,
): { readonly rest: Position; readonly cost: bigint } {
  const left = bankruptcyCost(p) - share;
  const open = abs(p.lots);
  const isLong = p.lots > 0n;
  const cost = isLong ? (p.cost * lots) / open : ceilDiv(p.cost * lots, open);
  const kept = p.cost - cost;
  return {
    cost,
    rest: {
      ...p,
      lots: isLong ? p.lots - lots : p.lots + lots,
      cost: kept,
      margin: isLong ? kept - left : left - kept,
    },
  };
}

/** Deficit at the mark, quote atoms, rounded down; zero when solvent. */
export function deficit(p: Position, prices: Prices): bigint {
  const equity = equityX16(p, prices);
  return equity < 0n ? -equity >> 16n : 0n;
}

/** lots · P · rate in quote atoms, rounded up (Margin.requirement). */
export function requirement(lots: bigint, price: bigint, rate: bigint): bigint {
  return ceilDiv(lots * price * rate, PIPS * ONE_X16);
}
