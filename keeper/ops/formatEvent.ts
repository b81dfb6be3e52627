/**
 * One short line of text for an event.
 */
import type { Plan } from "../core/plan.ts";
import type { MarketId } from "../core/types.ts";
import type { Warning } from "../core/warnOf.ts";
import type { Outcome } from "../exec/outcome.ts";
import type { KeeperEvent } from "./events.ts";
import { formatQuote } from "./format.ts";

const TX = {
  final: "confirmed",
  unmined: "was taken back by a reorganisation; sent again",
  external: "lost its nonce to a transaction that is not ours: somebody else uses the key",
  bumped: "was not mined; replaced with higher fees",
  cancelling: "is obsolete; cancelled by a transfer to ourselves",
  abandoned: "was given up; its nonce goes to the next one",
  stuck: "is not mined, and TX_BUDGET does not pay for a replacement",
} as const;

const SHADOW = {
  hit: "would have been in time",
  late: "would have been late",
  miss: "was not planned",
  unclaimed: "was planned, and nobody did it",
} as const;

export type NameOf = (market: MarketId) => string;

export function formatEvent(event: KeeperEvent, nameOf: NameOf): string {
  switch (event.type) {
    case "started":
      return `started ${event.mode}: chain ${event.chainId}, exchange ${event.exchange}, keeper ${event.keeper ?? "none"}`;
    case "snapshot":
      return `block ${event.block} snapshot: ${event.markets} markets, ${event.positions} positions`;
    case "reorg":
      return `block ${event.block} reorganised: ${event.depth} blocks taken back`;
    case "resumed":
      return `block ${event.block} resumed from the local database: ${event.positions} positions`;
    case "anomaly":
      return `ANOMALY block ${event.block} ${event.reason}: ${event.details.slice(0, 5).join("; ")}`;
    case "endpoint":
      return `endpoint ${event.name} is ${event.status}${formatEndpoint(event)}`;
    case "warning":
      return `block ${event.block} ${nameOf(event.market)} ${formatWarning(event.warning)}`;
    case "reconciled":
      return event.differences.length === 0
        ? `block ${event.block} reconciled`
        : `block ${event.block} local state was wrong, taking a snapshot: ${event.differences.slice(0, 5).join("; ")}`;
    case "answer":
      return `block ${event.block} ${nameOf(event.market)} feed answered ${event.answer} (round ${event.round})`;
    case "price":
      return `block ${event.block} ${nameOf(event.market)} price ${event.text}`;
    case "level":
      return `block ${event.block} ${nameOf(event.market)} circuit breaker at level ${event.level}`;
    case "gap":
      return `block ${event.block} an event of ${event.market} is missing, taking a snapshot`;
    case "skip":
      return `block ${event.block} ${nameOf(event.skip.market)} skipped: ${event.skip.reason}${event.skip.details ? ` (${event.skip.details})` : ""}`;
    case "plan":
      return `block ${event.block} would ${formatPlan(event.plan, nameOf)}`;
    case "attempt":
      return `block ${event.block} ${formatPlan(event.plan, nameOf)}: ${formatOutcome(event.plan, event.outcome)}`;
    case "tx":
      return `block ${event.block} transaction ${event.intent} (nonce ${event.nonce}, ${event.hash}) for ${formatPlan(event.plan, nameOf)} ${TX[event.what]}${event.reason === undefined ? "" : `: ${event.reason}`}`;
    case "breaker":
      return event.open ? `stopped sending: ${event.reason}` : `began to send again, after: ${event.reason}`;
    case "shadow":
      return `block ${event.block} ${nameOf(event.market)} ${event.kind} of account ${event.account}: ${SHADOW[event.what]}${event.what === "late" ? ` by ${event.late} blocks` : ""}`;
    case "shadowReport": {
      const { hits, late, misses, unclaimed, refused } = event.report;
      return `block ${event.block} shadow: ${hits} in time, ${late} late, ${misses} missed, ${unclaimed} that nobody did, ${refused} that the simulation refused`;
    }
    case "alert":
      return `alert ${event.key} ${event.state} (${event.severity}): ${event.text}`;
    case "seen":
      return `block ${event.block} ${nameOf(event.market)} seen ${event.event} of account ${event.account}${event.lots > 0n ? `: ${event.lots} lots` : ""}, tx ${event.hash}`;
    case "idle":
      return `block ${event.block} idle${event.waiting === 0 ? "" : ` (${event.waiting} waiting)`}`;
    case "trouble":
      return `trouble: ${event.reason}; again in ${event.retryMs} ms`;
    case "serving":
      return `serving ${event.url}`;
    case "stopped":
      return "stopped";
  }
}

function formatEndpoint({ status, lag, trouble }: Extract<KeeperEvent, { type: "endpoint" }>): string {
  if (status === "lagging") return ` by ${lag} blocks`;
  return status === "failing" ? `: ${trouble}` : "";
}

function formatWarning({ move, accounts, nearest }: Warning): string {
  const names = nearest.slice(0, 3).map(({ account, lots }) => `account ${account} (${lots} lots)`);
  return `${accounts} accounts bankrupt after a further ${Number(move) / 10_000} %, first ${names.join(", ")}`;
}

export function formatPlan(plan: Plan, nameOf: NameOf): string {
  if (plan.kind === "poke") return `${nameOf(plan.market)} poke, funding not accrued for ${plan.idle} s`;
  if (plan.kind === "settle")
    return `${nameOf(plan.market)} settle ${plan.accounts.length} positions of the ended market`;
  const side = plan.isLong ? "long" : "short";
  const subject = `${nameOf(plan.market)} ${plan.kind} account ${plan.account} (${side}, ${plan.lots} lots)`;
  if (plan.kind === "topUp") return `${subject} by ${formatQuote(plan.amount)}`;
  if (plan.kind !== "deleverage") return `${subject}, about ${plan.expectedLots}`;
  const count = plan.counterparties.length;
  return `${subject} against ${count === 0 ? "the contract's pick" : `${count} counterparties`}`;
}

function formatOutcome(plan: Plan, outcome: Outcome): string {
  const hash = outcome.hash === undefined ? "" : `, tx ${outcome.hash}`;
  if (outcome.kind !== "effective") return `${outcome.kind}: ${outcome.reason}${hash}`;
  const { effect, gasUsed } = outcome;
  const other =
    plan.kind === "poke" || plan.kind === "settle" || effect.account === plan.account
      ? ""
      : ` of account ${effect.account} instead`;
  const parts = [
    effect.lots > 0n ? `${effect.lots} lots closed${other}` : "",
    effect.sweptLots > 0n ? `${effect.sweptLots} of them in the book` : "",
    effect.adlCounterparties > 0 ? `${effect.adlCounterparties} counterparties deleveraged` : "",
    effect.principalCounterparties > 0 ? `${effect.principalCounterparties} in the principal stage` : "",
    effect.preventiveCounterparties > 0 ? `against ${effect.preventiveCounterparties} counterparties at the mark` : "",
    effect.toppedUp > 0n ? `${formatQuote(effect.toppedUp)} moved into the position` : "",
    effect.settled === undefined ? "" : `${effect.settled} positions paid out`,
    plan.kind === "poke" && effect.accrued ? "funding accrued" : "",
    effect.removedOrders > 0 ? `${effect.removedOrders} orders removed` : "",
  ];
  return `effective: ${parts.filter((part) => part !== "").join(", ")}, gas ${gasUsed}${hash}`;
}
