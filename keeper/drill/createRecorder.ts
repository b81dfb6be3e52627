/**
 * What the keeper says and does during a drill, kept for the report.
 */
import type { Hash } from "viem";
import { planKey, type Plan } from "../core/plan.ts";
import type { Outcome } from "../exec/outcome.ts";
import type { KeeperEvent } from "../ops/events.ts";
import type { WorldPlan } from "../planWorld.ts";
import type { Advance } from "../state/createFollower.ts";
import { createTally } from "./createTally.ts";
import type { Call } from "./report.ts";

/** A call that was mined; what it cost is asked of its receipt. */
export type MinedCall = Omit<Call, "gas">;

export function createRecorder(onEffect: () => void) {
  const tally = createTally();
  const calls: MinedCall[] = [];
  /** Why the last attempt at a plan came to nothing. */
  const refusals = new Map<string, string>();
  let first: WorldPlan | undefined;
  let last: WorldPlan | undefined;
  let broken: string | undefined;

  function onEvent(event: KeeperEvent): void {
    if (event.type === "breaker") broken = event.open ? `sending stopped: ${event.reason}` : undefined;
    if (event.type !== "attempt") return;
    const { plan, outcome, block } = event;
    if (outcome.kind === "effective") {
      refusals.delete(planKey(plan));
      if (plan.kind !== "poke") onEffect();
    } else refusals.set(planKey(plan), outcome.reason);
    if (outcome.hash !== undefined) calls.push(callOf(plan, outcome, outcome.hash, block));
  }

  return {
    onEvent,
    onAdvance: ({ events }: Advance) => {
      for (const event of events) tally.add(event);
    },
    onPlan: (plan: WorldPlan) => {
      first ??= plan;
      last = plan;
    },
    tally,
    calls,
    refusalOf: (key: string) => broken ?? refusals.get(key),
    first: () => first,
    last: () => last,
  };
}

function callOf(plan: Plan, outcome: Outcome, hash: Hash, block: bigint): MinedCall {
  const planned = "account" in plan ? plan.account : 0;
  const common = { market: plan.market, kind: plan.kind, outcome: outcome.kind, hash };
  if (outcome.kind !== "effective") {
    return { ...common, block, account: planned, reason: outcome.reason, lots: 0n, counterparties: 0 };
  }
  const { account, lots, adlCounterparties, principalCounterparties, preventiveCounterparties } = outcome.effect;
  const counterparties = adlCounterparties + principalCounterparties + preventiveCounterparties;
  return { ...common, block: outcome.block, account, reason: undefined, lots, counterparties };
}
