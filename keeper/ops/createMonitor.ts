/**
 * Knows how the keeper is, from what it achieved: the last block that it read and planned, the last comparison with the chain, what is open, what nobody
 * has done. A loop that turns and achieves nothing is not healthy.
 */
import { type Plan, planKey, workOf } from "../core/plan.ts";
import type { WorldPlan } from "../planWorld.ts";
import type { Advance } from "../state/createFollower.ts";
import { tipOf } from "../state/world.ts";
import type { Alerts } from "./createAlerts.ts";
import type { KeeperEvent } from "./events.ts";

export type FieldStatus = "healthy" | "warning" | "alert";
export type Field = { readonly value: string | number | boolean | null; readonly status: FieldStatus };
export type Status = { readonly status: FieldStatus; readonly fields: Readonly<Record<string, Field>> };

/** What is asked of the side that sends; missing in the modes that do not. */
export type Sender = {
  readonly breakerReason: () => string | undefined;
  readonly isOpen: () => boolean;
  readonly quarantined: () => readonly { readonly planKey: string; readonly failures: number }[];
};

export type MonitorParameters = {
  readonly mode: string;
  readonly alerts: Alerts;
  readonly sender: Sender | undefined;
  readonly headSeconds: number;
  readonly unresolvedBlocks: number;
  /** Wei. */
  readonly minBalance: bigint;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
};

export type Monitor = {
  readonly onAdvance: (advance: Advance) => void;
  readonly onPlan: (plan: WorldPlan) => void;
  readonly onEvent: (event: KeeperEvent) => void;
  readonly onBalance: (wei: bigint) => void;
  /** Raises and clears alerts; to be called from time to time, whatever else happens. */
  readonly judge: () => void;
  readonly status: () => Status;
  /** Whether the process does its work; if not, it is better started again. */
  readonly isAlive: () => boolean;
  readonly figures: () => {
    readonly head: number;
    readonly headAgeSeconds: number;
    readonly lookAgeSeconds: number;
    readonly positions: number;
    readonly oldestPlanBlocks: number;
    readonly balance: bigint | undefined;
  };
};

/** The first snapshot of a large exchange takes its time. */
const START_GRACE_MS = 120_000;
/** Without a complete look at the chain for this long, the process is of no use. */
const DEAD_MS = 120_000;
const WARN_MS = 15_000;
const DOWN_MS = 45_000;

export function createMonitor(parameters: MonitorParameters): Monitor {
  const { mode, alerts, sender, headSeconds, unresolvedBlocks, minBalance, now = () => performance.now() } = parameters;
  const started = now();
  const open = new Map<string, { readonly since: bigint; readonly plan: Plan }>();
  let head: { readonly number: bigint; readonly since: number } | undefined;
  let looked: number | undefined;
  let positions = 0;
  let balance: bigint | undefined;
  let differences = 0;
  let stuck = false;
  let trouble: string | undefined;
  /** Since the last comparison with the chain, and before it. */
  let [found, foundBefore] = [new Set<string>(), new Set<string>()];

  function onAdvance({ world }: Advance): void {
    const { number } = tipOf(world);
    if (head?.number !== number) head = { number, since: now() };
    positions = [...world.markets.values()].reduce((sum, { state }) => sum + state.positions.size, 0);
    looked = now();
    trouble = undefined;
  }

  function onPlan({ block, markets }: WorldPlan): void {
    const keys = new Set<string>();
    for (const plan of markets.flatMap(({ plans }) => plans)) {
      // nobody is in danger while these wait
      if (plan.kind === "poke" || plan.kind === "settle") continue;
      // what is done in parts is getting done: the rest counts from then on
      const key = workOf(plan);
      keys.add(key);
      if (!open.has(key)) open.set(key, { since: block.number, plan });
    }
    for (const key of open.keys()) if (!keys.has(key)) open.delete(key);
  }

  function onEvent(event: KeeperEvent): void {
    switch (event.type) {
      case "anomaly":
        found.add(event.reason);
        alerts.raise(`anomaly ${event.reason}`, "warn", `${event.reason}: ${event.details.slice(0, 5).join("; ")}`);
        break;
      case "reconciled":
        clearAnomalies();
        differences = event.differences.length;
        if (differences > 0)
          alerts.raise(
            "reconcile",
            "warn",
            `The local copy differed from the chain in ${differences} places; a snapshot was taken`,
          );
        else alerts.clear("reconcile");
        break;
      case "trouble":
        trouble = event.reason;
        break;
      case "tx":
        if (event.what === "stuck") stuck = true;
        if (event.what === "bumped" || event.what === "final") stuck = false;
        if (event.what === "external")
          alerts.raise(
            "externalNonce",
            "page",
            `Nonce ${event.nonce} was used by a transaction that is not in the journal: somebody else uses the key`,
          );
        break;
      case "attempt": {
        const { kind } = event.outcome;
        const reason = "reason" in event.outcome ? event.outcome.reason : "";
        if (kind === "effective") stuck = false;
        if (kind === "unexpected")
          alerts.raise(
            `unexpected ${reason.split("(")[0]}`,
            "warn",
            `An attempt at ${planKey(event.plan)} failed in a way that it should not: ${reason}`,
          );
        if (kind === "ineffective")
          alerts.raise("ineffective", "warn", `A transaction for ${planKey(event.plan)} was mined and had no effect`);
        break;
      }
      default:
        break;
    }
  }

  /** What did not come back between two comparisons with the chain is over. */
  function clearAnomalies(): void {
    for (const reason of foundBefore) if (!found.has(reason)) alerts.clear(`anomaly ${reason}`);
    [found, foundBefore] = [new Set(), found];
  }

  function oldest(): { blocks: number; plan: Plan } | undefined {
    const tip = head?.number ?? 0n;
    let found: { blocks: number; plan: Plan } | undefined;
    for (const { since, plan } of open.values()) {
      const blocks = Number(tip - since);
      if (found === undefined || blocks > found.blocks) found = { blocks, plan };
    }
    return found;
  }

  function judge(): void {
    const lookAge = now() - (looked ?? started);
    told(
      "endpoint",
      "page",
      lookAge > DOWN_MS,
      `Nothing could be read from the chain for ${Math.floor(lookAge / 1000)} s${trouble === undefined ? "" : `: ${trouble}`}`,
    );
    const headAge = head === undefined ? 0 : now() - head.since;
    told(
      "head",
      "page",
      lookAge <= DOWN_MS && headSeconds > 0 && headAge > headSeconds * 1000,
      `No new block for ${Math.floor(headAge / 1000)} s`,
    );
    const late = oldest();
    told(
      "unresolved",
      "page",
      late !== undefined && late.blocks > unresolvedBlocks,
      `${late === undefined ? "" : planKey(late.plan)} has been due for ${late?.blocks} blocks and nobody has done it`,
    );
    const reason = sender?.breakerReason();
    told("breaker", "page", reason !== undefined, `Sending stopped: ${reason}`);
    told(
      "stuck",
      "page",
      stuck && sender?.isOpen() === true,
      "A transaction is not mined, and TX_BUDGET does not pay for a replacement",
    );
    told(
      "balance",
      "page",
      sender !== undefined && balance !== undefined && balance < minBalance,
      `The balance of the key is ${balance} wei, below MIN_BALANCE`,
    );
  }

  function told(key: string, severity: "page" | "warn", holds: boolean, text: string): void {
    if (holds) alerts.raise(key, severity, text);
    else alerts.clear(key);
  }

  function status(): Status {
    const lookAge = now() - (looked ?? started);
    const headAge = head === undefined ? 0 : now() - head.since;
    const late = oldest()?.blocks ?? 0;
    const reason = sender?.breakerReason();
    const failing = sender?.quarantined() ?? [];
    const seconds = (ms: number) => Math.round(ms / 100) / 10;
    const fields: Record<string, Field> = {
      mode: { value: mode, status: "healthy" },
      synced: { value: looked !== undefined, status: looked === undefined ? "alert" : "healthy" },
      lookAgeSeconds: { value: seconds(lookAge), status: grade(lookAge, WARN_MS, DOWN_MS) },
      head: {
        value: head === undefined ? null : Number(head.number),
        status: head === undefined ? "alert" : "healthy",
      },
      headAgeSeconds: {
        value: seconds(headAge),
        status: headSeconds === 0 ? "healthy" : grade(headAge, headSeconds * 500, headSeconds * 1000),
      },
      reconcileDifferences: { value: differences, status: differences > 0 ? "warning" : "healthy" },
      positions: { value: positions, status: "healthy" },
      oldestPlanBlocks: { value: late, status: grade(late, unresolvedBlocks / 2, unresolvedBlocks) },
      undeliveredAlerts: { value: alerts.undelivered(), status: alerts.undelivered() > 0 ? "warning" : "healthy" },
    };
    if (sender !== undefined) {
      fields["balance"] = {
        value: balance === undefined ? null : balance.toString(),
        status: balance !== undefined && balance < minBalance ? "alert" : "healthy",
      };
      fields["openTransaction"] = { value: sender.isOpen(), status: stuck && sender.isOpen() ? "alert" : "healthy" };
      fields["breaker"] = { value: reason ?? "closed", status: reason === undefined ? "healthy" : "alert" };
      fields["quarantined"] = { value: failing.length, status: failing.length > 0 ? "warning" : "healthy" };
    }
    const all = Object.values(fields).map((field) => field.status);
    return { status: all.includes("alert") ? "alert" : all.includes("warning") ? "warning" : "healthy", fields };
  }

  return {
    onAdvance,
    onPlan,
    onEvent,
    onBalance: (wei) => {
      balance = wei;
    },
    judge,
    status,
    isAlive: () => (looked === undefined ? now() - started < START_GRACE_MS : now() - looked < DEAD_MS),
    figures: () => ({
      head: Number(head?.number ?? 0n),
      headAgeSeconds: head === undefined ? 0 : (now() - head.since) / 1000,
      lookAgeSeconds: (now() - (looked ?? started)) / 1000,
      positions,
      oldestPlanBlocks: oldest()?.blocks ?? 0,
      balance,
    }),
  };
}

function grade(value: number, warning: number, alert: number): FieldStatus {
  return value > alert ? "alert" : value > warning ? "warning" : "healthy";
}
