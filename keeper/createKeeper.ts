/**
 * The keeper's working step: bring the local copy to the head of the chain, plan, carry out what can be carried out, until nothing is
 * left to do at the newest block.
 *
 * Order: as planned (core/planMarket.ts). After a close against counterparties the market is planned anew; top-ups and liquidations of one
 * plan do not change each other's conditions for the worse and run through, each simulated right before it is sent.
 */
import type { Address } from "viem";
import type { Chain } from "./chain/connect.ts";
import { readAccount } from "./chain/readAccount.ts";
import type { Plan } from "./core/plan.ts";
import type { PlanOptions } from "./core/planMarket.ts";
import type { AccountId, MarketId } from "./core/types.ts";
import type { Dispatcher } from "./exec/createDispatcher.ts";
import { createHolds, type Moment } from "./exec/createHolds.ts";
import { execute } from "./exec/execute.ts";
import type { Outcome } from "./exec/outcome.ts";
import { checkPrices } from "./oracle/checkPrices.ts";
import type { Log } from "./ops/events.ts";
import { formatPrice } from "./ops/format.ts";
import { reportChain } from "./ops/reportChain.ts";
import { toJson } from "./ops/toJson.ts";
import { type PlannedMarket, planWorld, type WorldPlan } from "./planWorld.ts";
import type { StateStore } from "./db/createStateStore.ts";
import { type Advance, createFollower } from "./state/createFollower.ts";
import { tipOf } from "./state/world.ts";

export type KeeperParameters = {
  readonly chain: Chain;
  /** Missing in mode observe. */
  readonly dispatcher: Dispatcher | undefined;
  readonly pageSize: number;
  readonly maxCounterparties: number;
  readonly maxSteps: number;
  readonly cooldownBlocks: number;
  /** 0 for never. */
  readonly reconcileBlocks: number;
  readonly logRange: number;
  /** 0 for never. */
  readonly pokeSeconds: number;
  readonly maxReorg: number;
  /** Pips; 0 for never. */
  readonly warnMove: bigint;
  /** Where the world is kept across restarts, if anywhere. */
  readonly store?: StateStore | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Told of every advance and of every plan, and not waited for. */
  readonly audience?: Audience | undefined;
};

export type Audience = {
  readonly onAdvance: (advance: Advance) => void;
  readonly onPlan: (plan: WorldPlan) => void;
};

export type Keeper = {
  /** Works until nothing is left to do at the newest block. Throws only when the endpoint fails. */
  readonly drain: () => Promise<void>;
};

export function createKeeper(parameters: KeeperParameters): Keeper {
  const { chain, dispatcher, log, signal, audience } = parameters;
  const { store } = parameters;
  const follower = createFollower(chain, { ...parameters, ...(store === undefined ? {} : { resume: store.load }) });
  const holds = createHolds(parameters.cooldownBlocks);
  const keeper: Address | undefined = dispatcher?.account.address;
  /** What was said last, by market and kind: said again only when it changes. */
  const said = new Map<string, string>();
  let planned: WorldPlan | undefined;
  let reconciledAt: bigint | undefined;
  let idleAt: bigint | undefined;
  let caller: AccountId = 0;

  async function drain(): Promise<void> {
    while (!signal.aborted) {
      const plan = await look();
      const progress = dispatcher !== undefined && (await work(plan, dispatcher));
      if (progress) continue;
      if (idleAt !== plan.block.number) {
        idleAt = plan.block.number;
        const waiting = plan.markets.reduce((sum, { plans }) => sum + plans.length, 0);
        log({ type: "idle", block: plan.block.number, waiting });
      }
      return;
    }
  }

  /** The plan for the newest block. Made anew only when the block is another one, or when lists were refused. */
  async function look(): Promise<WorldPlan> {
    const advance = await follower.advance();
    reportChain(advance, keeper, log);
    store?.save(advance);
    audience?.onAdvance(advance);
    const tip = tipOf(advance.world);
    reconciledAt ??= tip.number;
    if (parameters.reconcileBlocks > 0 && tip.number >= reconciledAt + BigInt(parameters.reconcileBlocks)) {
      reconciledAt = tip.number;
      const strange = await checkPrices(chain, tip, advance.world.feeds);
      if (strange.length > 0) {
        log({ type: "alert", block: tip.number, reason: "a price is not what we make of its feed", details: strange });
      }
      if (!(await reconcile(tip.number))) return look();
    }
    if (planned === undefined || planned.block.hash !== tip.hash || advance.snapshot) {
      // an account is opened once and for ever
      if (caller === 0 && keeper !== undefined) caller = await readAccount(chain, tip, keeper);
      planned = await planWorld(chain, advance.world, optionsFor);
      if (planned.missed.length > 0) {
        log({
          type: "alert",
          block: tip.number,
          reason: "events were missed, taking a snapshot",
          details: planned.missed,
        });
        planned = undefined;
        follower.forget();
        return look();
      }
      audience?.onPlan(planned);
      report(planned);
    }
    return planned;
  }

  function optionsFor(market: MarketId): PlanOptions {
    const { maxSteps, pokeSeconds, warnMove } = parameters;
    // after two refused lists in a row the contract picks itself: that works whatever our copy says
    const maxCounterparties = holds.staleLists(market) >= 2 ? 0 : parameters.maxCounterparties;
    return { maxCounterparties, maxSteps, pokeSeconds, warnMove, caller };
  }

  async function reconcile(block: bigint): Promise<boolean> {
    const differences = await follower.reconcile();
    log({ type: "reconciled", block, differences });
    if (differences.length === 0) return true;
    log({ type: "alert", block, reason: "the local state was wrong, taking a snapshot", details: differences });
    return false;
  }

  /** Returns whether anything was achieved or is worth planning anew. */
  async function work(plan: WorldPlan, dispatcher: Dispatcher): Promise<boolean> {
    let progress = false;
    for (const market of plan.markets) {
      for (const item of market.plans) {
        const now = momentOf(plan, market);
        if (signal.aborted) return false;
        if (holds.isHeld(item, now)) continue;
        const outcome = await attempt(item, market, dispatcher);
        log({ type: "attempt", block: plan.block.number, plan: item, outcome });
        if (holds.note(item, outcome, now)) progress = true;
        if (outcome.kind === "stale-input") {
          planned = undefined;
          await reconcile(plan.block.number);
        }
        // What follows was planned for a market that is another one now.
        const againstOthers = item.kind === "deleverage" || item.kind === "preventive";
        if (againstOthers && (outcome.kind === "effective" || outcome.kind === "stale-input")) break;
      }
    }
    return progress;
  }

  function attempt(plan: Plan, { view }: PlannedMarket, dispatcher: Dispatcher): Promise<Outcome> {
    const maxSteps = Math.min(parameters.maxSteps, view.parameters.maxSteps);
    const limits = { maxSteps, maxCounterparties: parameters.maxCounterparties };
    return execute({ chain, dispatcher, plan, limits });
  }

  function report({ block, markets }: WorldPlan): void {
    for (const { view, skips, plans, warning } of markets) {
      const market = view.parameters.id;
      const { prices } = view;
      if (prices.ok && isNews(`price ${market}`, prices.price)) {
        const text = formatPrice(prices.price, view.parameters);
        log({ type: "price", block: block.number, market, price: prices.price, text });
      }
      if (prices.ok && isNews(`level ${market}`, view.level) && (view.level > 0 || said.has(`was ${market}`))) {
        said.set(`was ${market}`, "");
        log({ type: "level", block: block.number, market, level: view.level });
      }
      // said again when somebody else is the nearest, or it is about more accounts
      const first = warning?.nearest[0]?.account;
      if (isNews(`warning ${market}`, [first, warning?.accounts]) && warning !== undefined)
        log({ type: "warning", block: block.number, market, warning });
      const skip = skips.find(({ account }) => account === undefined);
      if (isNews(`skip ${market}`, skip?.reason) && skip !== undefined)
        log({ type: "skip", block: block.number, skip });
      if (dispatcher !== undefined || !isNews(`plan ${market}`, plans)) continue;
      for (const plan of plans) log({ type: "plan", block: block.number, plan });
    }
  }

  function isNews(subject: string, value: unknown): boolean {
    const text = toJson(value) ?? "";
    const news = said.get(subject) !== text;
    said.set(subject, text);
    return news;
  }

  return { drain };
}

function momentOf({ block }: WorldPlan, { view }: PlannedMarket): Moment {
  return { block: block.number, ms: performance.now(), price: view.prices.ok ? view.prices.price : 0n };
}
