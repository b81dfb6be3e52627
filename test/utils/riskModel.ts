/**
 * Margin requirements and the initial rate of new exposure a second time, from their definitions (DESIGN §7): slices of notional, a
 * weighted mean of squared returns. Exact integers, for tests only, nothing shared with the contracts or the keeper.
 */
import type { MarketParameters } from "../../scripts/lib/markets.ts";
import { abs, ceilDiv, floorDiv, type Prices, X16 } from "./model.ts";

const MILLION = 1_000_000n;
const BILLION = 1_000_000_000n;

type Rate = "initialRate" | "maintenanceRate" | "targetRate";

/** What each tier covers of a notional, × 2^16, with its rates; tiers that the notional does not reach cover nothing. */
function slices(m: MarketParameters, notional: bigint) {
  const tiers = [{ from: 0n, ...m }, ...m.tiers];
  return tiers.map((tier, i) => {
    const [start, end] = [tier.from * X16, (tiers[i + 1]?.from ?? 2n ** 100n) * X16];
    const covered = (notional < end ? notional : end) - start;
    return { tier, covered: covered > 0n ? covered : 0n };
  });
}

/** Σ slice · rate, × 2^16 · 10^6. */
export function marginal(m: MarketParameters, rate: Rate, lots: bigint, price: bigint): bigint {
  return slices(m, abs(lots) * price).reduce((sum, { tier, covered }) => sum + covered * BigInt(tier[rate]), 0n);
}

export const initialMargin = (m: MarketParameters, lots: bigint, price: bigint): bigint =>
  ceilDiv(marginal(m, "initialRate", lots, price), MILLION * X16);

export const maintenanceMargin = (m: MarketParameters, lots: bigint, price: bigint): bigint =>
  ceilDiv(marginal(m, "maintenanceRate", lots, price), MILLION * X16);

/** Target of the highest tier that the notional reaches into. */
export function targetRate(m: MarketParameters, lots: bigint, price: bigint): bigint {
  const reached = slices(m, abs(lots) * price).filter(({ covered }) => covered > 0n);
  return BigInt(reached.at(-1)?.tier.targetRate ?? m.targetRate);
}

/** Upper bound on the width of the bankruptcy cell around a price ≥ 0: what clause (i) of the corridor counts twice. */
export function tickWidth(price: bigint, base: number): bigint {
  let octave = 1n << BigInt(base);
  const innermost = octave + octave / 256n;
  if (price < innermost) return innermost + 1n;
  while (price >= 2n * octave) octave *= 2n;
  return octave / 256n + 1n;
}

/** Equity that `lots` need after `fresh` of them were opened, or after margin was taken out of all of them. */
export function openRequirement(
  m: MarketParameters,
  { mark, funding, base }: Prices,
  lots: bigint,
  fresh: bigint,
  surcharge: bigint,
): bigint {
  const initial = ceilDiv(marginal(m, "initialRate", lots, mark) + fresh * mark * surcharge, MILLION * X16);
  const corridor = ceilDiv(abs(lots) * (2n * tickWidth(abs(mark - funding), base) + 64n * X16), X16);
  return [initial, corridor, m.minMargin].reduce((a, b) => (a > b ? a : b));
}

/** x* = (m*·q·P − E) / (P·(m* − s − f)) in lots, with one atom of fee rounding a fill; all of it when that is not enough or leaves dust. */
export function closeSize(
  m: MarketParameters,
  p: { lots: bigint; equityX16: bigint },
  price: bigint,
  fills: number,
): bigint {
  const open = abs(p.lots);
  const target = targetRate(m, open, price);
  const drag = BigInt(m.slippageRate + m.liquidationFeeRate);
  const equity = p.equityX16 * MILLION;
  if (target <= drag || equity <= open * price * drag) return open;
  const missing = open * price * target - equity + BigInt(fills) * MILLION * X16;
  const lots = missing > 0n ? ceilDiv(missing, price * (target - drag)) : 0n;
  if (lots >= open || floorDiv((open - lots) * price, X16) < m.minNotional) return open;
  return lots;
}

export interface Volatility {
  /** Last observed price, X16. */
  price: bigint;
  observedAt: bigint;
  /** Per second, × 10^18. */
  variance: bigint;
}

/** One more observed price: v ← (v·τ + r²)/(τ + dt), r in 10^-9 and at most 4. Nothing happens unless its timestamp is newer. */
export function observe(m: MarketParameters, v: Volatility | null, price: bigint, timestamp: bigint): Volatility {
  if (v === null) return { price, observedAt: timestamp, variance: 0n };
  if (timestamp <= v.observedAt) return v;
  const move = (abs(price - v.price) * BILLION) / v.price;
  const r = move > 4n * BILLION ? 4n * BILLION : move;
  const tau = BigInt(m.risk.volatilityPeriod);
  const variance = (v.variance * tau + r * r) / (tau + timestamp - v.observedAt);
  return { price, observedAt: timestamp, variance: variance < 2n ** 64n ? variance : 2n ** 64n - 1n };
}

/** Greatest integer whose square is at most x, by bisection. */
function root(x: bigint): bigint {
  let [low, high] = [0n, 1n << 64n];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle * middle <= x) low = middle;
    else high = middle;
  }
  return low;
}

/** Initial rate of new exposure in the first tier, pips: standard deviations over τ, clamped; times the stress factor above Normal. */
export function openRate(m: MarketParameters, variance: bigint, stressed: boolean): bigint {
  const deviation = root(variance * BigInt(m.risk.volatilityPeriod)); // × 10^9
  const asked = (deviation * BigInt(m.risk.volatilityFactor)) / (10n * 1_000n);
  const [least, most] = [BigInt(m.initialRate), BigInt(m.risk.maxInitialRate)];
  const rate = asked < least ? least : asked > most ? most : asked;
  if (!stressed) return rate;
  const raised = (rate * BigInt(m.risk.cautiousFactor)) / MILLION;
  return raised < MILLION ? raised : MILLION;
}
