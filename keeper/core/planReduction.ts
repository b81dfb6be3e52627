/**
 * What to do about one solvent position below maintenance: liquidate it in the book, or where the book cannot take any of it, reduce it
 * preventively, if the market is open for that; or the reason why neither.
 */
import { bookCanAbsorb, limitTick } from "./absorption.ts";
import { closeSize, isLarge, stepOf, stepSize } from "./closeSize.ts";
import { eligibility } from "./eligibility.ts";
import { abs } from "./integers.ts";
import type { MarketView } from "./marketView.ts";
import type { LiquidatePlan, PreventivePlan, SkipReason } from "./plan.ts";
import type { Projection } from "./projection.ts";
import { rankCounterparties } from "./rankCounterparties.ts";
import type { Entry, Prices } from "./types.ts";

export type Reduction =
  | { readonly kind: "liquidate"; readonly lots: bigint; readonly fillLots?: bigint }
  | { readonly kind: "preventive"; readonly lots: bigint }
  | { readonly kind: "skip"; readonly reason: SkipReason; readonly details?: string };

/**
 * @param steps Resting orders that the call may visit. @param counterparties Most that a preventive call closes.
 * @param projection What the plans before this one leave over; this one's effect is added to it.
 */
export function planReduction(
  view: MarketView,
  prices: Prices,
  entry: Entry,
  steps: number,
  counterparties: number,
  projection: Projection,
): Reduction {
  const { parameters, state, touch, now } = view;
  const open = abs(entry.lots);
  const step = stepOf(state, entry.account, now, parameters);
  const lots = stepSize(entry, prices, parameters, steps, step);
  if (lots === 0n && isLarge(open, prices.price, parameters)) {
    const ready = step.began + parameters.stepCooldown;
    return { kind: "skip", reason: "large: cooling down after a step", details: `until ${ready}` };
  }
  const limit = limitTick(entry, prices, parameters, lots, steps);
  if (bookCanAbsorb(entry.isLong, limit, touch, prices.price, parameters)) {
    if (projection.book === undefined) return { kind: "liquidate", lots };
    const fillLots = projection.fill(entry.isLong, limit, lots);
    if (fillLots > 0n) return { kind: "liquidate", lots, fillLots };
    return { kind: "skip", reason: "the book is used up by positions that are worse", details: `limit ${limit}` };
  }
  const preventiveLots = projection.preventiveLots();
  if (preventiveLots === 0n) {
    const best = entry.isLong ? touch.bestBid : touch.bestAsk;
    return { kind: "skip", reason: "the book cannot absorb it", details: `limit ${limit}, best ${best}` };
  }
  const wanted = closeSize(entry, prices, parameters, counterparties, 0n);
  const allowed = wanted < preventiveLots ? wanted : preventiveLots;
  const region = eligibility(entry.isLong, prices.price, prices, state.base);
  const head = rankCounterparties(state, region, { lots: allowed, entries: counterparties });
  const offered = head.reduce((sum, ranked) => sum + abs(ranked.entry.lots), 0n);
  if (offered === 0n) return { kind: "skip", reason: "the book cannot absorb it, and no counterparty is in profit" };
  const closed = offered < allowed ? offered : allowed;
  projection.reduceAtMark(entry, closed, head);
  return { kind: "preventive", lots: closed };
}

export type ReductionPlan = LiquidatePlan | PreventivePlan;
