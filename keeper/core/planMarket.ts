/**
 * The strategy: what to do in one market, in which order, and the reason for everything near the line that is left alone.
 *
 * Pure and deterministic. While a position is bankrupt the contract runs nothing but the waterfall, so deleveraging comes first.
 */
import { abs, ceilDiv } from "./integers.ts";
import { closeSize, marginHealth } from "./marginHealth.ts";
import type { MarketView } from "./marketView.ts";
import { pickBankrupt } from "./pickBankrupt.ts";
import type { LiquidatePlan, MarketPlan, Plan, Skip } from "./plan.ts";
import { MAX_COUNTERPARTIES, planDeleverage } from "./planDeleverage.ts";
import { PIPS } from "./position.ts";
import type { Prices } from "./types.ts";

export type PlanOptions = {
  /** Longest list of counterparties; 0 makes the contract pick. */
  readonly maxCounterparties?: number;
  /** Healthy positions with equity below this multiple of maintenance margin get a reason of their own. */
  readonly nearRatio?: bigint;
};

export function planMarket(view: MarketView, options: PlanOptions = {}): MarketPlan {
  const market = view.parameters.id;
  const skip = (reason: Skip["reason"], details?: string): MarketPlan => ({
    plans: [],
    skips: [{ market, reason, ...(details === undefined ? {} : { details }) }],
  });
  if (!view.prices.ok) return skip("price unavailable", view.prices.reason);
  if (view.prices.price <= view.prices.funding) return skip("price out of range", "funding is at or above the price");
  if (view.state.positions.size === 0) return skip("no positions");

  const prices: Prices = view.prices;
  const plans: Plan[] = [];
  const pick = pickBankrupt(view.state, prices, view.taken);
  if (pick !== undefined) {
    plans.push(planDeleverage(view, prices, pick, options.maxCounterparties ?? MAX_COUNTERPARTIES));
  }
  const gated = pick !== undefined && pick.cause !== "boundary";
  const { liquidations, skips } = assess(view, prices, gated, options.nearRatio ?? 2n);
  return { plans: [...plans, ...liquidations], skips };
}

/** Goes over all positions once. Liquidations come worst first: least equity per maintenance margin. */
function assess(view: MarketView, prices: Prices, gated: boolean, nearRatio: bigint) {
  const { parameters, state } = view;
  const found: { plan: LiquidatePlan; equity: bigint; maintenance: bigint }[] = [];
  const skips: Skip[] = [];
  for (const entry of state.positions.values()) {
    const { equityX16, maintenanceX16Pips: maintenance, status } = marginHealth(entry, prices, parameters);
    const equity = equityX16 * PIPS;
    if (status === "healthy" && equity >= maintenance * nearRatio) continue;
    const amounts = { equity: equityX16 >> 16n, maintenance: ceilDiv(maintenance, PIPS << 16n) };
    const skip = (reason: Skip["reason"]) =>
      skips.push({
        market: parameters.id,
        account: entry.account,
        reason,
        details: `equity ${amounts.equity}, maintenance ${amounts.maintenance}`,
      });
    if (status === "healthy") skip("healthy");
    else if (gated) skip("market insolvent: waiting for the waterfall");
    else if (status === "bankrupt") skip("bankrupt: after the one planned");
    else {
      const plan: LiquidatePlan = {
        kind: "liquidate",
        market: parameters.id,
        account: entry.account,
        isLong: entry.isLong,
        lots: abs(entry.lots),
        ...amounts,
        expectedLots: closeSize(entry, prices, parameters, parameters.maxSteps),
      };
      found.push({ plan, equity, maintenance });
    }
  }
  found.sort((a, b) => {
    const difference = a.equity * b.maintenance - b.equity * a.maintenance;
    return difference < 0n ? -1 : difference > 0n ? 1 : a.plan.account - b.plan.account;
  });
  skips.sort((a, b) => (a.account ?? 0) - (b.account ?? 0));
  return { liquidations: found.map(({ plan }) => plan), skips };
}
