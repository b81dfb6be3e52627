/**
 * Which triggers to execute: the mark has reached them, their position is open, and the book holds something within their limit.
 *
 * Worth a transaction whoever pays it, as a top-up is: a stop-loss closes a position before it has to be liquidated. Whether the price is
 * fresh enough for it (`tradeAge`) is left to the simulation.
 */
import { bookCanAbsorb } from "./absorption.ts";
import { abs } from "./integers.ts";
import type { MarketState } from "./marketState.ts";
import type { MarketView } from "./marketView.ts";
import type { Skip, SkipReason, TriggerPlan } from "./plan.ts";
import { PIPS } from "./position.ts";
import type { Projection } from "./projection.ts";
import { isReached, type TriggerOrder } from "./trigger.ts";
import type { AccountId, MarketParameters, Prices } from "./types.ts";

/** The tip's most, as a share of the notional that is closed, pips (Triggers.TIP_RATE). */
const TIP_RATE = 1_000n;

export type ReachedTrigger = { readonly account: AccountId; readonly trigger: TriggerOrder };

/** By account, then by slot. */
export function reachedTriggers(
  state: Pick<MarketState, "triggers">,
  { price }: Pick<Prices, "price">,
  parameters: MarketParameters,
): ReachedTrigger[] {
  const found: ReachedTrigger[] = [];
  for (const [account, orders] of state.triggers) {
    for (const trigger of orders) if (isReached(trigger, price, parameters)) found.push({ account, trigger });
  }
  return found.sort((a, b) => a.account - b.account);
}

export type PlanTriggersParameters = {
  readonly view: MarketView;
  readonly prices: Prices;
  readonly projection: Projection;
  /** The contract runs nothing but the waterfall. */
  readonly gated: boolean;
  /** Accounts that plans before these are about. */
  readonly busy: ReadonlySet<AccountId>;
  /** Our own account, 0 for none: no tip then, nor for our own position. */
  readonly caller: AccountId;
};

export function planTriggers({ view, prices, projection, gated, busy, caller }: PlanTriggersParameters) {
  const { state, parameters, touch } = view;
  const plans: TriggerPlan[] = [];
  const skips: Skip[] = [];
  const taken = new Set(busy);
  for (const { account, trigger } of reachedTriggers(state, prices, parameters)) {
    const skip = (reason: SkipReason) =>
      skips.push({ market: parameters.id, account, reason, details: `trigger ${trigger.id}` });
    const entry = state.positions.get(account);
    if (gated) skip("market insolvent: waiting for the waterfall");
    else if (taken.has(account)) skip("changed by a plan before it");
    else if (entry === undefined || entry.isLong !== trigger.closesLong) skip("the position of the trigger is gone");
    else if (!bookCanAbsorb(entry.isLong, trigger.limitTick, touch, prices.price, parameters))
      skip("the book cannot absorb it");
    else {
      const lots = abs(entry.lots);
      const expectedLots = trigger.lots < lots ? trigger.lots : lots;
      const fillLots =
        projection.book === undefined
          ? undefined
          : projection.fill(entry.isLong, limitInBand(trigger, prices.price, parameters), expectedLots);
      if (fillLots === 0n) {
        skip("the book is used up by positions that are worse");
        continue;
      }
      const share = (trigger.tip * (fillLots ?? expectedLots)) / expectedLots;
      const most = ((fillLots ?? expectedLots) * prices.price * TIP_RATE) / (PIPS << 16n);
      const tip = caller === 0 || caller === account ? 0n : share < most ? share : most;
      const common = { market: parameters.id, account, isLong: entry.isLong, lots } as const;
      const fill = fillLots === undefined ? {} : { fillLots };
      plans.push({
        kind: "trigger",
        ...common,
        trigger: trigger.id,
        limit: trigger.limitTick,
        expectedLots,
        ...fill,
        tip,
      });
      taken.add(account);
    }
  }
  return { plans, skips };
}

/** Nothing fills outside of the band around the mark, whatever the trigger's owner would take. */
function limitInBand(
  { limitTick, closesLong }: TriggerOrder,
  price: bigint,
  { tickValue, bandRate }: MarketParameters,
): bigint {
  const unit = (PIPS << 16n) * tickValue;
  const low = (price * (PIPS - bandRate) + unit - 1n) / unit;
  const high = (price * (PIPS + bandRate)) / unit;
  if (closesLong) return limitTick > low ? limitTick : low;
  return limitTick < high ? limitTick : high;
}
