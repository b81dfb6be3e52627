/**
 * What is to be done next: the plans of the newest block, each piece of work once, without those that are held or not due yet.
 *
 * Markets with a closed gate come first, because everybody in them waits; within a market the plan's own order holds. A plan that is held
 * never keeps another one waiting.
 */
import type { Address, Hash } from "viem";
import { type Plan, planKey, workOf } from "../core/plan.ts";
import type { MarketId } from "../core/types.ts";
import type { PlannedMarket, WorldPlan } from "../planWorld.ts";
import { createHolds, type Moment } from "./createHolds.ts";
import { createPace } from "./createPace.ts";
import type { Outcome } from "./outcome.ts";
import { turnOf } from "./turnOf.ts";

export type QueueItem = { readonly plan: Plan; readonly market: PlannedMarket; readonly moment: Moment };
export type Next =
  | { readonly item: QueueItem }
  /** Milliseconds until something is due; none when everything is held or done. */
  | { readonly item: undefined; readonly dueMs: number | undefined };

export type QueueParameters = {
  readonly address: Address;
  readonly cooldownBlocks: number;
  readonly jitterMs: number;
  /** Who else works here. */
  readonly others?: () => readonly string[];
  /** Only these; all when undefined. */
  readonly markets: ReadonlySet<MarketId> | undefined;
  readonly now: () => number;
};

/** Where blocks come faster than delays end, work is begun all the same after so many delays. */
const PATIENCE = 4;
/** As many blocks in a row may be left because work was due near their end. */
const MOST_LATE = 2;
const LATE_MS = 50;

export type Queue = ReturnType<typeof createQueue>;

export function createQueue(parameters: QueueParameters) {
  const { address, cooldownBlocks, jitterMs, others = () => [], markets, now } = parameters;
  const holds = createHolds(cooldownBlocks);
  let items: QueueItem[] = [];
  /** By the work's name and amount: when it was first seen, and when it may be begun. */
  const seen = new Map<string, { readonly first: number; readonly due: number; readonly tip: Hash }>();
  const pace = createPace(now);
  /** Blocks in a row in which work was due too late. */
  let late = 0;
  let lateAt: Hash | undefined;
  let tip: Hash | undefined;
  /** Taken since the last offer. */
  const taken = new Set<string>();

  function offer({ block, markets: planned }: WorldPlan): void {
    const ms = now();
    pace.see(block.hash);
    tip = block.hash;
    const mine = planned.filter(({ view }) => markets === undefined || markets.has(view.parameters.id));
    const urgent = mine.toSorted((a, b) => urgency(a) - urgency(b));
    const unique = new Map<string, QueueItem>();
    for (const market of urgent) {
      const { prices } = market.view;
      const moment = { block: block.number, ms, price: prices.ok ? prices.price : 0n };
      for (const plan of market.plans) {
        const key = planKey(plan);
        if (!unique.has(key)) unique.set(key, { plan, market, moment });
      }
    }
    items = [...unique.values()];
    taken.clear();
    const works = new Set(items.map(({ plan }) => workOf(plan)));
    for (const work of seen.keys()) if (!works.has(work)) seen.delete(work);
    for (const work of works) {
      const known = seen.get(work);
      if (known?.tip === block.hash || (known !== undefined && ms - known.first > PATIENCE * jitterMs)) continue;
      // what is still there after a block is somebody else's turn: whoever had it may be gone
      const turn = { keeper: address, others: others(), work: `${work} ${block.hash}`, turnMs: jitterMs };
      // from when the block was seen, however long it took to plan
      const due = pace.since() + turnOf(turn);
      seen.set(work, { first: known?.first ?? ms, due, tip: block.hash });
    }
    holds.forget(new Set(unique.keys()), ms);
  }

  function next(): Next {
    const ms = now();
    let dueMs: number | undefined;
    for (const item of items) {
      const key = planKey(item.plan);
      if (taken.has(key) || holds.isHeld(item.plan, { ...item.moment, ms })) continue;
      const wait = (seen.get(workOf(item.plan))?.due ?? ms) - ms;
      if (wait <= 0) {
        if (isLate()) return { item: undefined, dueMs: LATE_MS };
        taken.add(key);
        return { item };
      }
      dueMs = Math.min(dueMs ?? wait, wait);
    }
    return { item: undefined, dueMs };
  }

  /** Where preparing takes longer than blocks last, work is begun all the same. */
  function isLate(): boolean {
    if (jitterMs === 0 || late >= MOST_LATE || !pace.isEnding()) return false;
    if (lateAt !== tip) late++;
    lateAt = tip;
    return true;
  }

  return {
    see: pace.see,
    /** Whether what was begun at this block may still be signed, as far as time goes. */
    mayBegin: () => jitterMs === 0 || late >= MOST_LATE || !pace.isEnding(),
    /** Something was sent. */
    began: () => {
      late = 0;
    },
    offer,
    next,
    note: (plan: Plan, outcome: Outcome, moment: Omit<Moment, "ms">) =>
      holds.note(plan, outcome, { ...moment, ms: now() }),
    staleLists: holds.staleLists,
    quarantined: () => holds.quarantined(now()),
    /** Of the last offer. */
    momentOf: (market: MarketId) => items.find(({ plan }) => plan.market === market)?.moment,
  };
}

function urgency({ plans }: PlannedMarket): number {
  return plans.some(({ kind }) => kind === "deleverage") ? 0 : 1;
}
