/**
 * Which events of a transaction close a counterparty, and which PositionChanged belongs to which of them. Pure.
 *
 * Of a counterparty of which lots are left, and of every one in a preventive call, PositionChanged comes right before the event that says
 * why. A waterfill writes all that stay open first, then reports them all: so it is looked for before the whole row of such events.
 */
import { positionChangeOf } from "../chain/positionChangeOf.ts";
import type { AccountId, Position } from "../core/types.ts";
import type { ClosedFact } from "./judgeCall.ts";
import type { AuditLog, AuditLogOf } from "./types.ts";

export type CloseLog =
  | AuditLogOf<"AutoDeleveraged">
  | AuditLogOf<"PrincipalClosed">
  | AuditLogOf<"PreventivelyDeleveraged">;

/** A counterparty that stays open: its position before, settled, and as it was written. */
export type Moved = { readonly before: Position | undefined; readonly after: Position };

export function isClose(log: AuditLog | undefined): log is CloseLog {
  const name = log?.eventName;
  return name === "AutoDeleveraged" || name === "PrincipalClosed" || name === "PreventivelyDeleveraged";
}

/** Of each PositionChanged that belongs to a close, by its place in the logs, the close. */
export function closesIn(logs: readonly AuditLog[]): ReadonlyMap<number, CloseLog> {
  const found = new Map<number, CloseLog>();
  for (let i = 0; i < logs.length; i++) {
    const row: CloseLog[] = [];
    const before = i - 1;
    for (let log = logs[i]; isClose(log); log = logs[++i]) row.push(log);
    if (row.length > 0) match(logs, before, row, found);
  }
  return found;
}

/** Goes back from the row as long as there are positions of those in it, of each at most one. */
function match(logs: readonly AuditLog[], from: number, row: readonly CloseLog[], found: Map<number, CloseLog>): void {
  const open = new Set(row.filter((log) => positionChangeOf(log) === undefined));
  for (let i = from; open.size > 0; i--) {
    const log = logs[i];
    if (log?.eventName !== "PositionChanged") return;
    const { market, account } = log.args;
    const close = [...open].find(({ args }) => args.market === market && args.counterparty === account);
    if (close === undefined) return;
    open.delete(close);
    found.set(i, close);
  }
}

/** @param before Settled. */
export function factOf(log: CloseLog, before: Position | undefined, after: Position): ClosedFact {
  const { counterparty, lots, price, payout } = log.args;
  const money = { ...("pnl" in log.args ? { pnl: log.args.pnl } : {}), payout, after, ...(before ? { before } : {}) };
  const common = { account: Number(counterparty), lots, price, ...money };
  if (log.eventName === "PrincipalClosed") return { ...common, stage: "principal", rank: 0, score: 0n };
  const score = log.eventName === "AutoDeleveraged" ? log.args.score : undefined;
  return { ...common, stage: "ranked", rank: Number(log.args.rank), score };
}

/** Who stays open behind a waterfill, in the order in which they were written. */
export function landedOf(moved: ReadonlyMap<CloseLog, Moved>): AccountId[] {
  return [...moved].filter(([{ eventName }]) => eventName === "AutoDeleveraged").map(([, { after }]) => after.account);
}
