/**
 * Carries plans out, one transaction at a time: simulate → estimate → sign → journal → broadcast → mined → verify the effect. Each tick does what can be
 * done now and returns; what is under way is in the journal.
 */
import { type Hash, keccak256, type PrivateKeyAccount, toHex } from "viem";
import type { BlockRef, Chain } from "../chain/connect.ts";
import { type Plan, planKey, workOf } from "../core/plan.ts";
import type { MarketId } from "../core/types.ts";
import type { Journal } from "../db/createJournal.ts";
import type { Intent } from "../db/types.ts";
import type { Log } from "../ops/events.ts";
import type { PlannedMarket, WorldPlan } from "../planWorld.ts";
import type { Advance } from "../state/createFollower.ts";
import { tipOf } from "../state/world.ts";
import type { CrashHook } from "./crashPoint.ts";
import { createBreaker } from "./createBreaker.ts";
import { createDispatcher } from "./createDispatcher.ts";
import { createQueue, type QueueItem } from "./createQueue.ts";
import { createRoster } from "./createRoster.ts";
import { judgeReceipt } from "./judgeReceipt.ts";
import type { Outcome } from "./outcome.ts";
import { type PreparedCall, prepareCall } from "./prepareCall.ts";
import type { Relay } from "./relay.ts";
import { GAS_CAP, refusalOf, simulate } from "./simulate.ts";
import type { TxEvent } from "./txEvent.ts";
import type { Tick, Worker } from "./worker.ts";

export type ExecutorParameters = {
  readonly chain: Chain;
  readonly account: PrivateKeyAccount;
  readonly journal: Journal;
  readonly log: Log;
  readonly maxSteps: number;
  readonly maxCounterparties: number;
  readonly cooldownBlocks: number;
  readonly jitterMs: number;
  readonly confirmations: number;
  /** Blocks; as deep as a reorganisation is followed. */
  readonly maxReorg?: number;
  readonly bumpBlocks: number;
  readonly relay?: Relay | undefined;
  /** Wei, one transaction. */
  readonly txBudget: bigint;
  /** Wei, 24 hours. */
  readonly wasteBudget: bigint;
  /** Only these; all when undefined. */
  readonly markets: ReadonlySet<MarketId> | undefined;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  readonly crash?: CrashHook;
};

export type Executor = Worker & {
  /** Goes on with what was sent, for so long at most, without sending anything new. */
  readonly finish: (ms: number, sleep: (ms: number) => Promise<void>) => Promise<void>;
  readonly isOpen: () => boolean;
  readonly breakerReason: () => string | undefined;
  readonly spending: () => { readonly spent: bigint; readonly wasted: bigint };
  readonly quarantined: ReturnType<typeof createQueue>["quarantined"];
  /** Learns who else works here. */
  readonly onAdvance: (advance: Advance) => void;
};

/** Where blocks come faster than a call is prepared, it is sent out of turn after so many. */
const PATIENCE = 2;
/** Work is left so often to what is in the mempool. */
const MOST_YIELDS = 5;
const MOST_YIELDED = 1_000;
/** Between two looks at an open transaction. */
const LOOK_MS = 250;
/**
 * Gas beyond the estimate of a deleveraging call, at least. The block that it is mined in is later than the one it was estimated on: a position that has its
 * claim on the fund by then is swept in the book first, and was seen to need 331,160 instead of an estimated 196,785. What is not used costs nothing.
 */
const SWEEP_GAS = 250_000n;

export function createExecutor(parameters: ExecutorParameters): Executor {
  const { chain, account, journal, log } = parameters;
  const { now = () => performance.now(), clock = Date.now } = parameters;
  const from = account.address;
  const roster = createRoster(from);
  const queue = createQueue({ ...parameters, address: from, now, others: roster.others });
  const breaker = createBreaker({ ...parameters, clock, now });
  const judge = (intent: Intent, receipt: Parameters<typeof judgeReceipt>[3]) =>
    judgeReceipt(chain, from, intent, receipt);
  const dispatcher = createDispatcher({ ...parameters, judge, isObsolete, now });
  let block = 0n;
  let broken: string | undefined;
  /** Turns in a row that were over before the call was ready. */
  let late = 0;
  /** How often a piece of work was left to what is in the mempool. */
  const yielded = new Map<string, { readonly work: string; readonly times: number }>();

  async function tick(world: WorldPlan): Promise<Tick> {
    block = world.block.number;
    const settled = tell(await dispatcher.settle(world.block));
    if (settled.progress) return { kind: "progress", staleLists: settled.stale };
    if (dispatcher.isOpen()) return { kind: "waiting", ms: LOOK_MS };
    queue.offer(world);
    let progress = false;
    for (;;) {
      const { item, ...rest } = queue.next();
      if (item === undefined) {
        if (progress) return { kind: "progress", staleLists: false };
        const dueMs = "dueMs" in rest ? rest.dueMs : undefined;
        return dueMs === undefined ? { kind: "idle" } : { kind: "waiting", ms: dueMs };
      }
      if (isBroken()) return { kind: "idle" };
      const end = await attempt(item, world.block);
      if (end === "open") return { kind: "waiting", ms: LOOK_MS };
      if (end.again) progress = true;
      // what follows was planned for a market that is another one now
      if (end.restart) return { kind: "progress", staleLists: end.stale };
    }
  }

  /** One plan, up to a sent transaction; and to its outcome where a block is made at once. */
  async function attempt(item: QueueItem, tip: BlockRef) {
    const { plan, market } = item;
    const planId = planIdOf(plan, tip);
    if (journal.ofPlan(planId).some(({ status }) => status !== "abandoned" && status !== "external"))
      return { again: false, restart: false, stale: false };
    const call = prepareCall(chain.deployment.exchange, plan, limitsOf(market));
    const common = { plan, planId, plannedBlock: tip.number, call };
    const isTurn = (head: Hash) =>
      parameters.jitterMs === 0 || late >= PATIENCE || (head === tip.hash && queue.mayBegin());
    const rival = () => rivalOf(plan, call);
    const sent = await dispatcher.send({ ...common, isTurn, prepare: () => prepare(plan, call), rival });
    if (sent === "busy") return "open";
    late = sent === "late" ? late + 1 : 0;
    if (sent === "late") return { again: true, restart: true, stale: false };
    if (sent !== "sent") return conclude(plan, sent, undefined);
    queue.began();
    const told = tell(await dispatcher.settle());
    if (dispatcher.isOpen()) return "open";
    return { again: told.progress, restart: told.restart, stale: told.stale };
  }

  /** The gas limit to send with, or why not. */
  async function prepare(plan: Plan, call: PreparedCall): Promise<bigint | Outcome> {
    const [refusal, estimate] = await Promise.all([
      simulate({ chain, from, plan, call, at: "latest" }),
      // net of refunds, which are paid only at the end: hence the margin
      chain.client
        .estimateGas({ ...call, account: from, gas: GAS_CAP })
        .catch((error: unknown) => refusalOf(error, plan)),
    ]);
    if (refusal !== undefined) return refusal;
    if (typeof estimate !== "bigint") return estimate;
    const quarter = estimate / 4n;
    const ample = estimate + (plan.kind === "deleverage" && quarter < SWEEP_GAS ? SWEEP_GAS : quarter);
    return ample < GAS_CAP ? ample : GAS_CAP;
  }

  /**
   * Whether what is in the mempool would leave our call nothing to do; that a node cannot tell says nothing. Not believed for ever: transactions
   * that are never mined must not keep us from working.
   */
  async function rivalOf(plan: Plan, call: PreparedCall): Promise<Outcome | undefined> {
    if (parameters.jitterMs === 0) return undefined;
    const work = workOf(plan);
    const before = yielded.get(planKey(plan));
    const times = before?.work === work ? before.times : 0;
    if (times >= MOST_YIELDS) return undefined;
    const refusal = await simulate({ chain, from, plan, call, at: "pending" });
    if (refusal === undefined || !("reason" in refusal)) return undefined;
    if (refusal.kind === "infra" || refusal.kind === "unexpected") return undefined;
    if (yielded.size >= MOST_YIELDED) yielded.clear();
    yielded.set(planKey(plan), { work, times: times + 1 });
    return { kind: "outcompeted", reason: `in the mempool: ${refusal.reason}` };
  }

  /** Asked once a block about a transaction that is not mined. A market that says "not now" may say yes in the next block. */
  async function isObsolete({ plan, to, data }: Intent): Promise<string | undefined> {
    const refusal = await simulate({ chain, from, plan, call: { to, data }, at: "latest" });
    if (refusal === undefined || refusal.kind === "infra" || refusal.kind === "not-yet") return undefined;
    return "reason" in refusal ? refusal.reason : refusal.kind;
  }

  function tell(events: readonly TxEvent[]) {
    let [progress, restart, stale] = [false, false, false];
    for (const event of events) {
      const { intent } = event;
      const { id, nonce, plan } = intent;
      if (event.type === "mined") {
        const end = conclude(plan, event.outcome, id);
        progress = true;
        restart ||= end.restart;
        stale ||= end.stale;
        continue;
      }
      if (event.type === "abandoned") conclude(plan, { kind: "infra", reason: event.reason }, id);
      const last = event.type === "bumped" ? event.attempt : intent.attempts.at(-1);
      const reason = "reason" in event ? { reason: event.reason } : {};
      log({ type: "tx", what: event.type, block, intent: id, nonce, hash: last?.hash ?? "0x", plan, ...reason });
    }
    return { progress, restart, stale };
  }

  function conclude(plan: Plan, outcome: Outcome, intent: number | undefined) {
    const reason = "reason" in outcome ? outcome.reason : "";
    journal.decide({ block, planKey: planKey(plan), outcome: outcome.kind, reason, intent });
    log({ type: "attempt", block, plan, outcome });
    const moment = queue.momentOf(plan.market) ?? { block, price: 0n };
    if (outcome.kind === "effective") yielded.delete(planKey(plan));
    const again = queue.note(plan, outcome, moment);
    const againstOthers = plan.kind === "deleverage" || plan.kind === "preventive";
    const stale = outcome.kind === "stale-input";
    return { again, restart: stale || (againstOthers && outcome.kind === "effective"), stale };
  }

  function isBroken(): boolean {
    const reason = breaker.reason();
    if (reason !== broken) log({ type: "breaker", block, open: reason !== undefined, reason: reason ?? broken ?? "" });
    broken = reason;
    return reason !== undefined;
  }

  function limitsOf({ view }: PlannedMarket) {
    return {
      maxSteps: Math.min(parameters.maxSteps, view.parameters.maxSteps),
      maxCounterparties: parameters.maxCounterparties,
    };
  }

  function planIdOf(plan: Plan, { hash }: BlockRef): Hash {
    return keccak256(toHex(`${chain.chainId} ${chain.deployment.exchange} ${planKey(plan)} ${hash}`));
  }

  async function finish(ms: number, sleep: (ms: number) => Promise<void>): Promise<void> {
    const end = now() + ms;
    while (dispatcher.isOpen() && now() < end) {
      tell(await dispatcher.settle());
      if (dispatcher.isOpen()) await sleep(Math.min(LOOK_MS, Math.max(0, end - now())));
    }
  }

  return {
    address: from,
    tick,
    staleLists: queue.staleLists,
    finish,
    isOpen: dispatcher.isOpen,
    breakerReason: breaker.reason,
    spending: breaker.spending,
    quarantined: queue.quarantined,
    onAdvance: ({ world, events }) => {
      const { number, hash } = tipOf(world);
      roster.note(events, number);
      queue.see(hash);
    },
  };
}
