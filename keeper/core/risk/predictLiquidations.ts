/**
 * Stage 1 for every solvent position below maintenance, in the order in which the keeper plans them: least equity per maintenance margin
 * first. Sizes and limits as LiquidationPlan.sol, tiers and steps included; fills from the book as given.
 */

import { bankruptcyCost, requirement } from "../closing.ts";
import { abs, ceilDiv, floorDiv } from "../integers.ts";
import type { MarketState } from "../marketState.ts";
import { equityX16, settle } from "../position.ts";
import type { AccountId, Position, Prices } from "../types.ts";
import { slippageTick } from "./createDepthCurve.ts";
import type { PaperBook } from "./createPaperBook.ts";
import { ONE_X16, PIPS } from "./limits.ts";
import { type TierLine, tierLines } from "./tierLines.ts";
import type { PredictedLiquidation, RiskParameters } from "./types.ts";

export function predictLiquidations(
  state: MarketState,
  parameters: RiskParameters,
  prices: Prices,
  book: PaperBook,
  running: ReadonlyMap<AccountId, bigint>,
): PredictedLiquidation[] {
  const lines = tierLines(parameters);
  const found: { p: Position; equity: bigint; maintenance: bigint }[] = [];
  for (const entry of state.positions.values()) {
    const p = settle(entry, prices.funding);
    const equity = equityX16(p, prices);
    const maintenance = maintenanceX16Pips(abs(p.lots) * prices.price, lines);
    if (equity >= 0n && equity * PIPS < maintenance) found.push({ p, equity, maintenance });
  }
  found.sort((a, b) => {
    const difference = a.equity * b.maintenance - b.equity * a.maintenance;
    return difference < 0n ? -1 : difference > 0n ? 1 : a.p.account - b.p.account;
  });
  return found.map(({ p }) => {
    const lots = abs(p.lots);
    const wanted = closeSize(p, prices, parameters);
    const isLarge = (lots * prices.price) >> 16n > parameters.largeNotional;
    const step = stepLeft(lots, running.get(p.account) ?? 0n, parameters);
    const closeLots = isLarge && step < wanted ? step : wanted;
    const limit = limitTick(p, prices, parameters, closeLots === lots);
    return { account: p.account, isLong: p.lots > 0n, lots, closeLots, filledLots: fill(p, closeLots, limit, book) };
  });
}

/** Quote atoms × 2^16 × 1e6 (Margin.maintenanceX16), of a notional × 2^16. */
export function maintenanceX16Pips(notional: bigint, lines: readonly TierLine[]): bigint {
  return lines.reduce((most, { rate, offset }) => {
    const sum = notional * rate - offset;
    return sum > most ? sum : most;
  }, 0n);
}

/** LiquidationPlan.closeSize: x* = (m*·q·P − E)/(P·(m* − s − f)), rounded up; everything where that has no solution or leaves dust. */
function closeSize(p: Position, { price, funding }: Prices, parameters: RiskParameters): bigint {
  const { slippageRate, liquidationFeeRate, minNotional, maxSteps } = parameters;
  const open = abs(p.lots);
  const target = targetRate(open * price, parameters);
  const drag = slippageRate + liquidationFeeRate;
  const equity = equityX16(p, { price, funding }) * PIPS;
  if (target <= drag || equity <= open * price * drag) return open;
  const missing = open * price * target - equity + ((BigInt(maxSteps) * PIPS) << 16n);
  const lots = missing <= 0n ? 0n : ceilDiv(missing, price * (target - drag));
  return lots >= open || ((open - lots) * price) >> 16n < minNotional ? open : lots;
}

/** What is left to close of the step that a large position is in: a share of what was open when it began. */
function stepLeft(open: bigint, closed: bigint, { stepRate }: RiskParameters): bigint {
  const whole = ceilDiv((open + closed) * stepRate, PIPS);
  return whole > closed ? whole - closed : 0n;
}

/** Margin.targetRate: that of the highest tier the notional (× 2^16) reaches. */
function targetRate(notional: bigint, { targetRate: first, tiers }: RiskParameters): bigint {
  return tiers.reduce((rate, tier) => (notional > tier.from * ONE_X16 ? tier.targetRate : rate), first);
}

/** LiquidationPlan.limitTick: the mark less slippage for a part, zero equity after fees for the whole. */
function limitTick(p: Position, { price }: Prices, parameters: RiskParameters, whole: boolean): bigint {
  const { tickValue, slippageRate, liquidationFeeRate, maxSteps } = parameters;
  const sells = p.lots > 0n;
  if (!whole) return slippageTick(sells, price, tickValue, slippageRate);
  const lots = abs(p.lots);
  const fee = requirement(lots, price, liquidationFeeRate) + BigInt(maxSteps);
  const k = bankruptcyCost(p);
  return sells ? ceilDiv(k + fee, lots * tickValue) : floorDiv(k - fee, lots * tickValue);
}

function fill(p: Position, wanted: bigint, limit: bigint, book: PaperBook): bigint {
  const sells = p.lots > 0n;
  let filled = 0n;
  while (filled < wanted) {
    const level = book.best(sells, limit);
    if (level === undefined) break;
    const lots = level.lots < wanted - filled ? level.lots : wanted - filled;
    book.take(sells, lots);
    filled += lots;
  }
  return filled;
}
