/**
 * The strategy: what to do in one market, in which order, and the reason for everything near the line that is left alone.
 *
 * Pure and deterministic. While a position is bankrupt the contract runs nothing but the waterfall, so deleveraging comes first. Then
 * top-ups, which can save a position from what comes after them: liquidations and preventive closes, worst position first. A poke, which
 * only keeps funding from losing time, comes when nothing else does.
 */
import { abs, ceilDiv } from "./integers.ts";
import { marginHealth } from "./marginHealth.ts";
import type { MarketView } from "./marketView.ts";
import { pickBankrupt } from "./pickBankrupt.ts";
import type { MarketPlan, Plan, PokePlan, Skip } from "./plan.ts";
import { MAX_COUNTERPARTIES, planDeleverage } from "./planDeleverage.ts";
import { planReduction, type ReductionPlan } from "./planReduction.ts";
import { planTopUps } from "./planTopUps.ts";
import { PIPS } from "./position.ts";
import type { AccountId, Prices } from "./types.ts";

export type PlanOptions = {
  /** Longest list of counterparties; 0 makes the contract pick. */
  readonly maxCounterparties?: number;
  /** Most resting orders a call visits; the market's own cap when it is less. */
  readonly maxSteps?: number;
  /** Healthy positions with equity below this multiple of maintenance margin get a reason of their own. */
  readonly nearRatio?: bigint;
  /** Our own account, 0 for none: whether a top-up pays a tip. */
  readonly caller?: AccountId;
  /** Seconds after which a market with positions whose funding has moved is poked; 0 for never. */
  readonly pokeSeconds?: number;
};

export function planMarket(view: MarketView, options: PlanOptions = {}): MarketPlan {
  const market = view.parameters.id;
  const skip = (reason: Skip["reason"], details?: string): MarketPlan => ({
    plans: [],
    skips: [{ market, reason, ...(details === undefined ? {} : { details }) }],
  });
  if (!view.prices.ok) return skip("price unavailable", view.prices.reason);
  if (view.state.positions.size === 0) return skip("no positions");

  const prices: Prices = view.prices;
  const pick = pickBankrupt(view.state, prices, view.taken);
  const gated = pick !== undefined && pick.cause !== "boundary";
  const topUps = gated ? { plans: [], skips: [] } : planTopUps(view, prices, options.caller ?? 0);
  const toppedUp = new Set(topUps.plans.map(({ account }) => account));
  const plans: Plan[] = [...topUps.plans];
  // a top-up would cure who is bankrupt by less than a cell
  if (pick !== undefined && !toppedUp.has(pick.entry.account)) {
    plans.push(planDeleverage(view, prices, pick, options.maxCounterparties ?? MAX_COUNTERPARTIES));
  }
  const { reductions, skips } = assess(view, prices, gated, toppedUp, options);
  plans.push(...reductions);
  const poke = plans.length === 0 ? planPoke(view, options.pokeSeconds ?? 0) : undefined;
  if (poke !== undefined) plans.push(poke);
  return { plans, skips: [...topUps.skips, ...skips] };
}

/** Goes over all positions once. What is to be reduced comes worst first: least equity per maintenance margin. */
function assess(
  view: MarketView,
  prices: Prices,
  gated: boolean,
  toppedUp: ReadonlySet<AccountId>,
  options: PlanOptions,
) {
  const { parameters, state } = view;
  const steps = Math.min(options.maxSteps ?? parameters.maxSteps, parameters.maxSteps);
  // the contract picks the counterparties of a preventive call itself, so a refused list is no reason to take none
  const counterparties = options.maxCounterparties || MAX_COUNTERPARTIES;
  const found: { plan: ReductionPlan; equity: bigint; maintenance: bigint }[] = [];
  const skips: Skip[] = [];
  for (const entry of state.positions.values()) {
    const { equityX16, maintenanceX16Pips: maintenance, status } = marginHealth(entry, prices, parameters);
    const equity = equityX16 * PIPS;
    if (status === "healthy" && equity >= maintenance * (options.nearRatio ?? 2n)) continue;
    const amounts = { equity: equityX16 >> 16n, maintenance: ceilDiv(maintenance, PIPS << 16n) };
    const skip = (reason: Skip["reason"], details?: string) =>
      skips.push({
        market: parameters.id,
        account: entry.account,
        reason,
        details: details ?? `equity ${amounts.equity}, maintenance ${amounts.maintenance}`,
      });
    if (status === "healthy") skip("healthy");
    else if (gated) skip("market insolvent: waiting for the waterfall");
    else if (toppedUp.has(entry.account)) skip("topped up first");
    else if (status === "bankrupt") skip("bankrupt: after the one planned");
    else {
      const reduction = planReduction(view, prices, entry, steps, counterparties);
      if (reduction.kind === "skip") {
        skip(reduction.reason, reduction.details);
        continue;
      }
      const common = { market: parameters.id, account: entry.account, isLong: entry.isLong, lots: abs(entry.lots) };
      found.push({
        plan: { kind: reduction.kind, ...common, ...amounts, expectedLots: reduction.lots },
        equity,
        maintenance,
      });
    }
  }
  found.sort((a, b) => {
    const difference = a.equity * b.maintenance - b.equity * a.maintenance;
    return difference < 0n ? -1 : difference > 0n ? 1 : a.plan.account - b.plan.account;
  });
  skips.sort((a, b) => (a.account ?? 0) - (b.account ?? 0));
  return { reductions: found.map(({ plan }) => plan), skips };
}

/** Only where a call would move the index: an interval without premium loses nothing by waiting. */
function planPoke({ parameters, prices, state, now }: MarketView, seconds: number): PokePlan | undefined {
  if (seconds === 0 || parameters.fundingCap === 0n || !prices.ok || prices.funding === prices.accrued)
    return undefined;
  const idle = now - state.accruedAt;
  if (idle < BigInt(seconds)) return undefined;
  return { kind: "poke", market: parameters.id, idle, delta: prices.funding - prices.accrued };
}
