/**
 * The strategy: what to do in one market, in which order, and the reason for everything near the line that is left alone.
 *
 * Pure and deterministic. While a position is bankrupt the contract runs nothing but the waterfall, so deleveraging comes first. Then
 * top-ups, which can save a position from what comes after them: liquidations and preventive closes, whoever lacks most first. Triggers follow, because their owners can wait. A poke, which
 * only keeps funding from losing time, comes when nothing else does.
 */
import { assess, type Candidate } from "./assess.ts";
import { abs, ceilDiv } from "./integers.ts";
import type { MarketView } from "./marketView.ts";
import { pickBankrupt } from "./pickBankrupt.ts";
import type { MarketPlan, Plan, PokePlan, Skip } from "./plan.ts";
import { MAX_COUNTERPARTIES, planDeleverage } from "./planDeleverage.ts";
import { planReduction } from "./planReduction.ts";
import { planSettlement } from "./planSettlement.ts";
import { planTopUps } from "./planTopUps.ts";
import { planTriggers } from "./planTriggers.ts";
import { PIPS } from "./position.ts";
import { createProjection, type Projection } from "./projection.ts";
import { type Screening, screenPositions } from "./screenPositions.ts";
import type { AccountId, Prices } from "./types.ts";
import { warnOf } from "./warnOf.ts";

export type PlanOptions = {
  /** Longest list of counterparties; 0 makes the contract pick. */
  readonly maxCounterparties?: number;
  /** Most resting orders a call visits; the market's own cap when it is less. */
  readonly maxSteps?: number;
  /** Warn of accounts that a further move of the price by so much would make bankrupt, pips; 0 for no warning. */
  readonly warnMove?: bigint;
  /** Our own account, 0 for none: whether a top-up pays a tip. */
  readonly caller?: AccountId;
  /** Seconds after which a market with positions whose funding has moved is poked; 0 for never. */
  readonly pokeSeconds?: number;
};

/** Whom a plan may be about. Whoever wants to know before there is all of the view asks this first, and hands it to `planMarket`. */
export function screenMarket(
  { state, parameters }: Pick<MarketView, "state" | "parameters">,
  prices: Prices,
  options: PlanOptions,
): Screening {
  return screenPositions(state.columns, prices, parameters, options.warnMove ?? 0n);
}

export function planMarket(view: MarketView, options: PlanOptions = {}, screening?: Screening): MarketPlan {
  const market = view.parameters.id;
  const skip = (reason: Skip["reason"], details?: string): MarketPlan => ({
    plans: [],
    skips: [{ market, reason, ...(details === undefined ? {} : { details }) }],
  });
  if (view.retired === true) {
    const settlement = planSettlement(market, view.state);
    return settlement === undefined ? skip("no positions") : { plans: [settlement], skips: [] };
  }
  if (!view.prices.ok) return skip("price unavailable", view.prices.reason);
  if (view.state.positions.size === 0) return skip("no positions");

  const prices: Prices = view.prices;
  const { below, endangered } = screening ?? screenMarket(view, prices, options);
  const warning = warnOf(view.state, prices, options.warnMove ?? 0n, endangered);
  const candidates = assess(view, prices, below);
  const projection = createProjection(view, prices);
  try {
    const { plans, skips } = planActions(view, prices, candidates, projection, options);
    return { plans, skips, ...(warning === undefined ? {} : { warning }) };
  } finally {
    projection.end();
  }
}

function planActions(
  view: MarketView,
  prices: Prices,
  candidates: readonly Candidate[],
  projection: Projection,
  options: PlanOptions,
): { readonly plans: Plan[]; readonly skips: Skip[] } {
  const { parameters, state } = view;
  const pick = pickBankrupt(state, prices, view.taken);
  const gated = pick !== undefined && pick.cause !== "boundary";
  const topUps = gated ? { plans: [], skips: [] } : planTopUps(view, prices, options.caller ?? 0);
  const toppedUp = new Set(topUps.plans.map(({ account }) => account));
  const plans: Plan[] = [...topUps.plans];
  const skips: Skip[] = [];
  for (const { account, amount } of topUps.plans) {
    const entry = state.positions.get(account);
    if (entry !== undefined) projection.topUp(entry, amount);
  }
  // a top-up would cure who is bankrupt by less than a cell
  if (pick !== undefined && !toppedUp.has(pick.entry.account)) {
    plans.push(planDeleverage(view, prices, pick, options.maxCounterparties ?? MAX_COUNTERPARTIES));
    if (!gated) projection.deleverage(pick.entry);
  }
  const steps = Math.min(options.maxSteps ?? parameters.maxSteps, parameters.maxSteps);
  // the contract picks the counterparties of a preventive call itself, so a refused list is no reason to take none
  const counterparties = options.maxCounterparties || MAX_COUNTERPARTIES;
  for (const { entry, status, equity, maintenance } of candidates) {
    const amounts = { equity: (equity / PIPS) >> 16n, maintenance: ceilDiv(maintenance, PIPS << 16n) };
    const skip = (reason: Skip["reason"], details?: string) =>
      skips.push({
        market: parameters.id,
        account: entry.account,
        reason,
        details: details ?? `equity ${amounts.equity}, maintenance ${amounts.maintenance}`,
      });
    if (gated) skip("market insolvent: waiting for the waterfall");
    else if (toppedUp.has(entry.account)) skip("topped up first");
    else if (status === "bankrupt") skip("bankrupt: after the one planned");
    else if (state.positions.get(entry.account)?.lots !== entry.lots) skip("changed by a plan before it");
    else {
      const reduction = planReduction(view, prices, entry, steps, counterparties, projection);
      if (reduction.kind === "skip") {
        skip(reduction.reason, reduction.details);
        continue;
      }
      const common = { market: parameters.id, account: entry.account, isLong: entry.isLong, lots: abs(entry.lots) };
      const { kind, lots: expectedLots, ...fill } = reduction;
      plans.push({ kind, ...common, ...amounts, expectedLots, ...fill });
    }
  }
  const busy = new Set(plans.flatMap((plan) => ("account" in plan ? [plan.account] : [])));
  const triggers = planTriggers({ view, prices, projection, gated, busy, caller: options.caller ?? 0 });
  plans.push(...triggers.plans);
  skips.push(...triggers.skips);
  const poke = plans.length === 0 ? planPoke(view, options.pokeSeconds ?? 0) : undefined;
  if (poke !== undefined) plans.push(poke);
  skips.sort((a, b) => (a.account ?? 0) - (b.account ?? 0));
  return { plans, skips: [...topUps.skips, ...skips] };
}

/** Only where a call would move the index: an interval without premium loses nothing by waiting. */
function planPoke({ parameters, prices, state, now }: MarketView, seconds: number): PokePlan | undefined {
  if (seconds === 0 || parameters.fundingCap === 0n || !prices.ok || prices.funding === prices.accrued)
    return undefined;
  const idle = now - state.accruedAt;
  if (idle < BigInt(seconds)) return undefined;
  return { kind: "poke", market: parameters.id, idle, delta: prices.funding - prices.accrued };
}
