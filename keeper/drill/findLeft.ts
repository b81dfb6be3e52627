/**
 * What was due in the newest plan and is not done, and why: the contract's own refusal where there was one, then the plan's reason.
 */
import { assess, type Candidate } from "../core/assess.ts";
import { type Plan, planKey, type Skip } from "../core/plan.ts";
import { PIPS } from "../core/position.ts";
import { screenPositions } from "../core/screenPositions.ts";
import type { MarketId, Prices } from "../core/types.ts";
import { ERROR_TABLE } from "../exec/errorTable.ts";
import type { PlannedMarket } from "../planWorld.ts";
import type { Left, Underwater } from "./report.ts";

/** The prices to judge by when the contract refuses its own: what the drill made of it. */
export type FallbackPrices = (market: MarketId) => Prices;
/** Why the last attempt at a plan came to nothing; undefined when there was none, or it had its effect. */
export type RefusalOf = (planKey: string) => string | undefined;

/** Positions below maintenance, worst first. */
export function underwaterIn({ view }: PlannedMarket, fallback: FallbackPrices): Candidate[] {
  const { state, parameters, prices } = view;
  const judged = prices.ok ? prices : fallback(parameters.id);
  return assess(view, judged, screenPositions(state.columns, judged, parameters, 0n).below);
}

export function countUnderwater(candidates: readonly Candidate[]): Underwater {
  const bankrupt = candidates.filter(({ status }) => status === "bankrupt");
  const missing = bankrupt.reduce((sum, { equity }) => sum - equity, 0n);
  return {
    liquidatable: candidates.length - bankrupt.length,
    bankrupt: bankrupt.length,
    deficit: missing / (PIPS << 16n),
  };
}

/** Pokes are no work that anybody waits for. */
export function findLeft(market: PlannedMarket, fallback: FallbackPrices, refusalOf: RefusalOf): Left[] {
  const { view, plans, skips } = market;
  const id = view.parameters.id;
  const left = underwaterIn(market, fallback).map(({ entry, status, equity }): Left => {
    const { account, lots } = entry;
    const why = reasonFor(account, plans, skips, refusalOf);
    return { market: id, account, what: status, lots, equity: (equity / PIPS) >> 16n, ...why };
  });
  const named = new Set(left.map(({ account }) => account));
  for (const plan of plans) {
    if (plan.kind === "poke" || ("account" in plan && named.has(plan.account))) continue;
    const account = "account" in plan ? plan.account : undefined;
    const why = explain(refusalOf(planKey(plan)) ?? NOT_REACHED);
    left.push({ market: id, account, what: plan.kind, lots: undefined, equity: undefined, ...why });
  }
  return left;
}

const NOT_REACHED = "planned, and not come to before the end";

function reasonFor(account: number, plans: readonly Plan[], skips: readonly Skip[], refusalOf: RefusalOf) {
  const plan = plans.find((one) => "account" in one && one.account === account);
  if (plan !== undefined) return explain(refusalOf(planKey(plan)) ?? NOT_REACHED);
  const skip = skips.find((one) => one.account === account) ?? skips.find((one) => one.account === undefined);
  if (skip === undefined) return explain("nothing was planned for it");
  // who waits for another one shares that one's reason
  const first = plans.find(({ kind }) => kind === "deleverage");
  const refusal = first === undefined ? undefined : refusalOf(planKey(first));
  const waits = skip.reason.startsWith("bankrupt") || skip.reason.startsWith("market insolvent");
  if (waits && refusal !== undefined) return explain(refusal);
  if (skip.reason === "price unavailable" && skip.details !== undefined) return explain(skip.details);
  // the amounts are told of the account anyway
  const details = skip.details?.startsWith("equity ") === true ? undefined : skip.details;
  return explain(details === undefined ? skip.reason : `${skip.reason} (${details})`);
}

function explain(reason: string): Pick<Left, "reason" | "meaning"> {
  return { reason, meaning: ERROR_TABLE[reason.split("(")[0] ?? ""]?.[1] };
}
