/**
 * Mode shadow: plans and simulates as if it were to send, sends nothing, and compares with what others did on chain.
 *
 * A hit: ours would have been mined in the same block or an earlier one. Late: in a later one. A miss: it was done and we had not planned it.
 * Unclaimed: we planned it, the simulation agreed, and it went away without anybody's doing it.
 */
import { type Address, zeroAddress } from "viem";
import type { Chain } from "../chain/connect.ts";
import type { ChainEvent } from "../chain/readEvents.ts";
import { type Plan, planKey } from "../core/plan.ts";
import type { AccountId, MarketId } from "../core/types.ts";
import type { Log } from "../ops/events.ts";
import type { WorldPlan } from "../planWorld.ts";
import type { Advance } from "../state/createFollower.ts";
import { tipOf } from "../state/world.ts";
import { createHolds } from "./createHolds.ts";
import { prepareCall } from "./prepareCall.ts";
import { simulate } from "./simulate.ts";
import type { Tick, Worker } from "./worker.ts";

export type ShadowScore = "hit" | "late" | "miss" | "unclaimed";
export type ShadowReport = {
  readonly hits: number;
  readonly late: number;
  readonly misses: number;
  readonly unclaimed: number;
  /** Plans that the simulation refused. */
  readonly refused: number;
  /** Of the late ones. */
  readonly meanLateBlocks: number;
};

export type ShadowParameters = {
  readonly chain: Chain;
  /** Who would send; nobody when there is no key. */
  readonly address: Address | undefined;
  readonly log: Log;
  readonly maxSteps: number;
  readonly maxCounterparties: number;
  readonly cooldownBlocks: number;
  readonly markets: ReadonlySet<MarketId> | undefined;
  readonly now?: () => number;
};

export type Shadow = Worker & {
  /** To be told before the plan of the same block. */
  readonly onAdvance: (advance: Advance) => void;
  readonly report: () => ShadowReport;
};

type Intention = { readonly plan: Plan; readonly mined: bigint; last: bigint };
type Done = {
  readonly market: MarketId;
  readonly account: AccountId;
  readonly kind: Plan["kind"];
  /** Of the trigger that was executed. */
  readonly trigger?: number;
  readonly block: bigint;
};

/** What was planned and is gone for so many blocks was not done by anybody. */
const UNCLAIMED_BLOCKS = 3n;

export function createShadow({
  chain,
  address,
  log,
  markets,
  now = () => performance.now(),
  ...limits
}: ShadowParameters): Shadow {
  const holds = createHolds(limits.cooldownBlocks);
  const intentions = new Map<string, Intention>();
  const counts = { hits: 0, late: 0, misses: 0, unclaimed: 0, refused: 0, lateBlocks: 0 };

  function onAdvance({ world, events, snapshot }: Advance): void {
    if (snapshot) intentions.clear();
    // one call emits several events about the same work
    const seen = new Set<string>();
    for (const event of events) {
      const done = workDone(event);
      if (done === undefined || seen.has(`${event.transactionHash} ${keyOf(done)}`)) continue;
      seen.add(`${event.transactionHash} ${keyOf(done)}`);
      if (markets !== undefined && !markets.has(done.market)) continue;
      const key = keyOf(done);
      const intention = intentions.get(key);
      if (intention === undefined) score("miss", done, 0);
      else {
        const late = Number(intention.mined - done.block);
        score(late > 0 ? "late" : "hit", done, late);
        intentions.delete(key);
      }
    }
    const tip = tipOf(world).number;
    for (const [key, { plan, last }] of intentions) {
      if (tip < last + UNCLAIMED_BLOCKS) continue;
      intentions.delete(key);
      const { market, kind } = plan;
      score("unclaimed", { market, kind, account: "account" in plan ? plan.account : 0, block: tip }, 0);
    }
  }

  function score(what: ShadowScore, { market, account, kind, block }: Done, late: number): void {
    if (what === "hit") counts.hits++;
    if (what === "late") {
      counts.late++;
      counts.lateBlocks += late;
    }
    if (what === "miss") counts.misses++;
    if (what === "unclaimed") counts.unclaimed++;
    log({ type: "shadow", what, block, market, account, kind, late });
  }

  async function tick({ block, markets: planned }: WorldPlan): Promise<Tick> {
    for (const { view, plans } of planned) {
      const market = view.parameters.id;
      if (markets !== undefined && !markets.has(market)) continue;
      for (const plan of plans) {
        if (plan.kind === "poke") continue;
        const key = planKey(plan);
        const known = intentions.get(key);
        if (known !== undefined) {
          known.last = block.number;
          continue;
        }
        const moment = { block: block.number, ms: now(), price: view.prices.ok ? view.prices.price : 0n };
        if (holds.isHeld(plan, moment)) continue;
        const maxSteps = Math.min(limits.maxSteps, view.parameters.maxSteps);
        const call = prepareCall(chain.deployment.exchange, plan, { ...limits, maxSteps });
        const refusal = await simulate({ chain, from: address ?? zeroAddress, plan, call, at: "latest" });
        const head = await chain.client.getBlockNumber();
        if (refusal === undefined) intentions.set(key, { plan, mined: head + 1n, last: block.number });
        else {
          counts.refused++;
          holds.note(plan, refusal, moment);
        }
      }
    }
    return { kind: "idle" };
  }

  function report(): ShadowReport {
    const { lateBlocks, ...rest } = counts;
    return { ...rest, meanLateBlocks: counts.late === 0 ? 0 : lateBlocks / counts.late };
  }

  return { address, tick, staleLists: holds.staleLists, onAdvance, report };
}

/** Pokes are not compared: whoever calls anything in a market accrues its funding. */
function workDone({ eventName, args, blockNumber: block }: ChainEvent): Done | undefined {
  switch (eventName) {
    case "Liquidated":
      return { market: Number(args.market), account: Number(args.account), kind: "liquidate", block };
    case "TriggerExecuted": {
      const { market, account, triggerId } = args;
      return { market: Number(market), account: Number(account), kind: "trigger", trigger: Number(triggerId), block };
    }
    case "PreventivelyDeleveraged":
      return { market: Number(args.market), account: Number(args.account), kind: "preventive", block };
    case "ToppedUp":
      return { market: Number(args.market), account: Number(args.account), kind: "topUp", block };
    case "DeleverageCall":
      return { market: Number(args.market), account: Number(args.bankrupt), kind: "deleverage", block };
    case "BankruptcySwept":
      return { market: Number(args.market), account: Number(args.account), kind: "deleverage", block };
    default:
      return undefined;
  }
}

function keyOf({ market, account, kind, trigger }: Done): string {
  if (trigger !== undefined) return `${market}:${kind}:${account}:${trigger}`;
  return kind === "deleverage" ? `${market}:${kind}` : `${market}:${kind}:${account}`;
}
