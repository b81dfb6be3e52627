/** What a preventive deleveraging does, from DESIGN §9: who, how much, and to the atom; nothing shared with the contracts. */
import { outwardShare } from "./adlModel.ts";
import { abs, ceilDiv, equityX16, isLong, type PositionState, type Prices, rankAll, settled, X16 } from "./model.ts";
import { PIPS, parametersOf, type Venue } from "./venue.ts";

export interface PreventiveClose {
  account: number;
  rank: bigint;
  lots: bigint;
  payout: bigint;
}

/** Open interest × (threshold − ratio) / threshold, rounded up; none at or above it. */
export function allowanceOf(venue: Venue, openInterest: bigint, ratio: bigint, market = 1): bigint {
  const threshold = BigInt(parametersOf(venue, market).risk.reduceOnlyRatio);
  return ratio >= threshold ? 0n : ceilDiv(openInterest * (threshold - ratio), threshold);
}

/** What restores the first tier's target ratio at the mark, without a fee; everything if dust would stay. */
export function wantedLots(venue: Venue, p: PositionState, prices: Prices, closes: bigint, market = 1): bigint {
  const { targetRate, minNotional } = parametersOf(venue, market);
  const [q, target] = [abs(p.lots), BigInt(targetRate)];
  const missing = q * prices.mark * target - equityX16(p, prices) * PIPS + closes * PIPS * X16;
  const lots = missing <= 0n ? 0n : ceilDiv(missing, prices.mark * target);
  if (lots >= q || ((q - lots) * prices.mark) / X16 < minNotional) return q;
  return lots;
}

/** `positions` in the order in which they joined their cells. */
export function planPreventive(
  positions: readonly PositionState[],
  reduced: PositionState,
  prices: Prices,
  lots: bigint,
): PreventiveClose[] {
  const closes: PreventiveClose[] = [];
  let left = lots;
  for (const { position } of rankAll(positions, isLong(reduced), prices.mark, prices)) {
    if (left === 0n) break;
    const o = settled(position, prices.funding);
    const x = abs(o.lots) < left ? abs(o.lots) : left;
    // against the account that is reduced: a long sells at the floor, a short buys back at the ceiling
    const notional = isLong(reduced) ? (x * prices.mark) / X16 : ceilDiv(x * prices.mark, X16);
    const share = outwardShare(o, x);
    const payout = isLong(o) ? notional - share : share - notional;
    closes.push({ account: o.account, rank: BigInt(closes.length + 1), lots: x, payout });
    left -= x;
  }
  return closes;
}
