/**
 * Which standing top-up orders to carry out: a position below its trigger whose order and free collateral reach to initial margin.
 *
 * Worth a transaction whoever pays it: it keeps a position out of liquidation with its owner's own money, and pays the caller a tip.
 */
import { abs } from "./integers.ts";
import type { MarketState } from "./marketState.ts";
import type { MarketView } from "./marketView.ts";
import type { Skip, TopUpPlan } from "./plan.ts";
import { topUpAmount } from "./topUp.ts";
import type { AccountId, MarketParameters, Prices } from "./types.ts";

/** Accounts whose free collateral decides: below the trigger of a standing order. */
export function topUpCandidates(state: MarketState, prices: Prices, parameters: MarketParameters): AccountId[] {
  return [...state.topUps.entries()].flatMap(([account, order]) => {
    const entry = state.positions.get(account);
    return entry !== undefined && topUpAmount(entry, order, prices, parameters) !== undefined ? [account] : [];
  });
}

/** @param caller Our own account, 0 for none: no tip then, nor for our own position. */
export function planTopUps(view: MarketView, prices: Prices, caller: AccountId) {
  const { state, parameters, free } = view;
  const plans: TopUpPlan[] = [];
  const skips: Skip[] = [];
  for (const account of topUpCandidates(state, prices, parameters)) {
    const entry = state.positions.get(account);
    const order = state.topUps.get(account);
    if (entry === undefined || order === undefined) continue;
    const wanted = topUpAmount(entry, order, prices, parameters);
    if (wanted === undefined) continue;
    const tip = caller === 0 || caller === account ? 0n : wanted.tip;
    const needed = wanted.amount + tip;
    const available = free.get(account) ?? 0n;
    const common = { market: parameters.id, account } as const;
    if (needed > order.remaining || needed > available) {
      const details = `needs ${needed}, the order allows ${order.remaining}, ${available} are free`;
      skips.push({ ...common, reason: "top-up beyond its order or the free collateral", details });
      continue;
    }
    const lots = abs(entry.lots);
    plans.push({ kind: "topUp", ...common, isLong: entry.isLong, lots, amount: wanted.amount, tip });
  }
  return { plans: plans.sort((a, b) => a.account - b.account), skips };
}
