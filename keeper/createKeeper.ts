/**
 * The keeper's working step: bring the local copy to the head of the chain, plan, hand the plan to the worker, until nothing is left to do at the
 * newest block. While a transaction is open the chain is followed all the same.
 *
 * Order: as planned (core/planMarket.ts). After a close against counterparties the market is planned anew; top-ups and liquidations of one
 * plan do not change each other's conditions for the worse and run through, each simulated right before it is sent.
 */
import type { Address } from "viem";
import type { Chain } from "./chain/connect.ts";
import { readAccount } from "./chain/readAccount.ts";
import type { PlanOptions } from "./core/planMarket.ts";
import type { AccountId, MarketId } from "./core/types.ts";
import type { StateStore } from "./db/createStateStore.ts";
import { sleep } from "./exec/sleep.ts";
import type { Tick, Worker } from "./exec/worker.ts";
import { checkPrices } from "./oracle/checkPrices.ts";
import type { Log } from "./ops/events.ts";
import { formatPrice } from "./ops/format.ts";
import { reportChain } from "./ops/reportChain.ts";
import { toJson } from "./ops/toJson.ts";
import { planWorld, type WorldPlan } from "./planWorld.ts";
import { type Advance, createFollower } from "./state/createFollower.ts";
import { tipOf } from "./state/world.ts";

export type KeeperParameters = {
  readonly chain: Chain;
  /** Carries plans out. Missing in mode observe. */
  readonly worker: Worker | undefined;
  /** Milliseconds between looks at the chain. */
  readonly pollMs: number;
  readonly pageSize: number;
  readonly maxCounterparties: number;
  readonly maxSteps: number;
  /** 0 for never. */
  readonly reconcileBlocks: number;
  readonly logRange: number;
  /** 0 for never. */
  readonly pokeSeconds: number;
  readonly maxReorg: number;
  /** Pips; 0 for never. */
  readonly warnMove: number;
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
  const { chain, worker, pollMs, store, log, signal, audience } = parameters;
  const follower = createFollower(chain, { ...parameters, ...(store === undefined ? {} : { resume: store.load }) });
  const keeper: Address | undefined = worker?.address;
  /** What was said last, by market and kind: said again only when it changes. */
  const said = new Map<string, string>();
  let planned: WorldPlan | undefined;
  let reconciledAt: bigint | undefined;
  let idleAt: bigint | undefined;
  let caller: AccountId = 0;

  async function drain(): Promise<void> {
    while (!signal.aborted) {
      const plan = await look();
      const tick: Tick = (await worker?.tick(plan)) ?? { kind: "idle" };
      if (tick.kind === "waiting") await sleep(Math.min(tick.ms, pollMs), signal);
      if (tick.kind === "progress" && tick.staleLists) {
        planned = undefined;
        await reconcile(plan.block.number);
      }
      if (tick.kind !== "idle") continue;
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
        log({
          type: "anomaly",
          block: tip.number,
          reason: "a price is not what we make of its feed",
          details: strange,
        });
      }
      if (!(await reconcile(tip.number))) return look();
    }
    if (planned === undefined || planned.block.hash !== tip.hash || advance.snapshot) {
      // an account is opened once and for ever
      if (caller === 0 && keeper !== undefined) caller = await readAccount(chain, tip, keeper);
      planned = await planWorld(chain, advance.world, optionsFor);
      if (planned.missed.length > 0) {
        log({
          type: "anomaly",
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
    const { maxSteps, pokeSeconds } = parameters;
    const warnMove = BigInt(parameters.warnMove);
    // after two refused lists in a row the contract picks itself: that works whatever our copy says
    const maxCounterparties = (worker?.staleLists(market) ?? 0) >= 2 ? 0 : parameters.maxCounterparties;
    return { maxCounterparties, maxSteps, pokeSeconds, warnMove, caller };
  }

  async function reconcile(block: bigint): Promise<boolean> {
    const differences = await follower.reconcile();
    log({ type: "reconciled", block, differences });
    if (differences.length === 0) return true;
    log({ type: "anomaly", block, reason: "the local state was wrong, taking a snapshot", details: differences });
    return false;
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
      if (worker !== undefined || !isNews(`plan ${market}`, plans)) continue;
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
