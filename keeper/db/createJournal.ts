/**
 * The write-ahead journal of one key: what was signed, what became of it, and every decision that led there or did not.
 *
 * Invariants: an attempt's bytes are committed before they are handed to anybody; an intent is never deleted while it can still be mined; at
 * most one intent is `open` at a nonce. Owns SQL; knows nothing of chains.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { Address, Hash, Hex } from "viem";
import type { Plan } from "../core/plan.ts";
import { planKey } from "../core/plan.ts";
import { readPlan, writePlan } from "./planJson.ts";
import type { Attempt, Intent, IntentStatus, Mined } from "./types.ts";

export type NewAttempt = Omit<Attempt, "broadcasts">;
export type NewIntent = {
  readonly plan: Plan;
  readonly planId: Hash;
  readonly plannedBlock: bigint;
  readonly to: Address;
  readonly data: Hex;
  readonly nonce: number;
};
export type Decision = {
  readonly block: bigint;
  readonly planKey: string;
  readonly outcome: string;
  readonly reason: string;
  readonly intent?: number | undefined;
};
export type Verdict = { readonly outcome: string; readonly reason: string; readonly feePaid: bigint };

export type Journal = ReturnType<typeof createJournal>;

/** Decisions kept: weeks of quiet, hours of the worst evening. */
const MAX_DECISIONS = 200_000;
/** For so long a transaction that seemed to be overtaken is looked for: the endpoint that said so may have been behind. */
const EXTERNAL_MS = 600_000;
const PRUNE_EVERY = 1_000;

export function createJournal(database: DatabaseSync, now: () => number = Date.now) {
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const statement = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const run = (sql: string, ...values: SQLInputValue[]) => prepare(sql).run(...values);
  const all = (sql: string, ...values: SQLInputValue[]) => prepare(sql).all(...values) as Row[];
  let decided = 0;

  /** All or nothing, and on the disk when it returns. */
  function atomically<T>(work: () => T): T {
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec("COMMIT");
      return result;
    } catch (error) {
      // a full disk rolls back by itself
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }

  function insertAttempt(intent: number, attempt: NewAttempt): void {
    const { hash, raw, isCancel, gas, maxFeePerGas, maxPriorityFeePerGas, block } = attempt;
    const amounts = [gas, maxFeePerGas, maxPriorityFeePerGas, block].map(String);
    run(
      `INSERT INTO attempts (hash, intent, raw, is_cancel, gas, max_fee, priority_fee, block) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[hash, intent, raw, isCancel ? 1 : 0, ...amounts],
    );
  }

  /** @returns The intent's number. */
  function open({ plan, planId, plannedBlock, to, data, nonce }: NewIntent, attempt: NewAttempt): number {
    return atomically(() => {
      const { lastInsertRowid } = run(
        `INSERT INTO intents (plan_id, plan_key, plan, call_to, call_data, nonce, status, planned_block, opened_at)
         VALUES (?, ?, ?, ?, ?, ?, 'open', ?, ?)`,
        ...[planId, planKey(plan), writePlan(plan), to, data, nonce, String(plannedBlock), now()],
      );
      insertAttempt(Number(lastInsertRowid), attempt);
      return Number(lastInsertRowid);
    });
  }

  /** @param error Of the node; undefined when it took the transaction, or may have. */
  function noteBroadcast(hash: Hash, error?: string): void {
    const taken = error === undefined ? 1 : 0;
    run("UPDATE attempts SET broadcasts = broadcasts + ?, last_error = ? WHERE hash = ?", taken, error ?? null, hash);
  }

  function setStatus(id: number, status: IntentStatus, reason?: string): void {
    if (reason === undefined) run("UPDATE intents SET status = ? WHERE id = ?", status, id);
    else run("UPDATE intents SET status = ?, reason = ? WHERE id = ?", status, reason, id);
  }

  /** What else is open at its nonce is not pursued any more: it comes back only if a reorganisation puts it into a block. */
  function setMined(id: number, { hash, block, blockHash }: Mined, { outcome, reason, feePaid }: Verdict): void {
    atomically(() => {
      run(
        "UPDATE intents SET status = 'abandoned' WHERE status = 'open' AND id <> ? AND nonce = (SELECT nonce FROM intents WHERE id = ?)",
        ...[id, id],
      );
      run(
        `UPDATE intents SET status = 'mined', mined_hash = ?, mined_block = ?, mined_block_hash = ?, mined_at = ?, outcome = ?, reason = ?,
           fee_paid = ? WHERE id = ?`,
        ...[hash, String(block), blockHash, now(), outcome, reason, String(feePaid), id],
      );
    });
  }

  /** A reorganisation took it back, and none of its rivals is in its place. */
  function setUnmined(id: number): void {
    run(
      `UPDATE intents SET status = 'open', mined_hash = NULL, mined_block = NULL, mined_block_hash = NULL, mined_at = NULL, outcome = NULL,
         reason = NULL, fee_paid = NULL WHERE id = ?`,
      id,
    );
  }

  /** The nonce is settled for good: what else was signed with it can never be mined. */
  function setFinal(id: number): void {
    atomically(() => {
      run("UPDATE intents SET status = 'final' WHERE id = ?", id);
      run(
        `UPDATE intents SET status = 'replaced' WHERE id <> ? AND status IN ('open', 'abandoned', 'mined')
           AND nonce = (SELECT nonce FROM intents WHERE id = ?)`,
        ...[id, id],
      );
    });
  }

  function decide({ block, planKey, outcome, reason, intent }: Decision): void {
    run(
      "INSERT INTO decisions (at, block, plan_key, outcome, reason, intent) VALUES (?, ?, ?, ?, ?, ?)",
      ...[now(), String(block), planKey, outcome, reason, intent ?? null],
    );
    if (++decided % PRUNE_EVERY === 0) {
      run("DELETE FROM decisions WHERE id <= (SELECT MAX(id) FROM decisions) - ?", MAX_DECISIONS);
    }
  }

  function intents(where: string, ...values: SQLInputValue[]): Intent[] {
    return all(`SELECT * FROM intents ${where}`, ...values).map((row) =>
      intentOf(row, all("SELECT * FROM attempts WHERE intent = ? ORDER BY rowid", row["id"] ?? null)),
    );
  }

  return {
    open,
    addAttempt: insertAttempt,
    noteBroadcast,
    setStatus,
    setMined,
    setUnmined,
    setFinal,
    decide,
    /** What can still change, lowest nonce first. */
    watched: () =>
      intents(
        "WHERE status IN ('open', 'abandoned', 'mined') OR (status = 'external' AND opened_at > ?) ORDER BY nonce, id",
        now() - EXTERNAL_MS,
      ),
    find: (id: number) => intents("WHERE id = ?", id)[0],
    ofAttempt: (hash: Hash) => intents("WHERE id = (SELECT intent FROM attempts WHERE hash = ?)", hash)[0],
    ofPlan: (planId: Hash) => intents("WHERE plan_id = ?", planId),
    /** Newest first. */
    list: (limit: number) => intents("ORDER BY id DESC LIMIT ?", limit),
    /** Finished by the chain, at this nonce or above it: what a reorganisation beyond `confirmations` may have taken back. */
    finalFrom: (nonce: number) => intents("WHERE status = 'final' AND nonce >= ? ORDER BY nonce", nonce),
    /** The newest that is final, at a nonce below this one. */
    lastFinal: (below = Number.MAX_SAFE_INTEGER) =>
      intents("WHERE status = 'final' AND nonce < ? ORDER BY nonce DESC LIMIT 1", below)[0],
    atNonce: (nonce: number) => intents("WHERE nonce = ? ORDER BY id", nonce),
    decisions: (limit: number) => all("SELECT * FROM decisions ORDER BY id DESC LIMIT ?", limit),
    /** Outcomes of the newest transactions in a block, in the chain's order and newest first, with the time at which each was found. */
    outcomes: (limit: number) =>
      all(
        "SELECT outcome, mined_at FROM intents WHERE outcome IS NOT NULL ORDER BY nonce DESC, id DESC LIMIT ?",
        limit,
      ).map(({ outcome, mined_at: at }) => ({ outcome: String(outcome), at: Number(at) })),
    /** Wei paid since a time, in all and for nothing. */
    spentSince: (ms: number) => {
      const rows = all("SELECT outcome, fee_paid FROM intents WHERE mined_at >= ?", ms);
      const sum = (some: Row[]) => some.reduce((total, row) => total + BigInt(String(row["fee_paid"] ?? "0")), 0n);
      return { spent: sum(rows), wasted: sum(rows.filter(({ outcome }) => outcome !== "effective")) };
    },
    /** Returns whether there is such an intent and it is open. */
    requestCancel: (id: number) =>
      run("UPDATE intents SET cancel_requested = 1 WHERE id = ? AND status = 'open'", id).changes > 0,
    count: () => {
      const rows = all("SELECT status, COUNT(*) AS n FROM intents GROUP BY status");
      return Object.fromEntries(rows.map(({ status, n }) => [String(status), Number(n)])) as Partial<
        Record<IntentStatus, number>
      >;
    },
    close: () => database.close(),
  };
}

type Row = Record<string, SQLInputValue>;

function intentOf(row: Row, attempts: readonly Row[]): Intent {
  const text = (value: SQLInputValue | undefined) =>
    value === null || value === undefined ? undefined : String(value);
  const hash = text(row["mined_hash"]);
  const fee = text(row["fee_paid"]);
  return {
    id: Number(row["id"]),
    planId: String(row["plan_id"]) as Hash,
    planKey: String(row["plan_key"]),
    plan: readPlan(String(row["plan"])),
    to: String(row["call_to"]) as Address,
    data: String(row["call_data"]) as Hex,
    nonce: Number(row["nonce"]),
    status: String(row["status"]) as IntentStatus,
    plannedBlock: BigInt(String(row["planned_block"])),
    attempts: attempts.map(attemptOf),
    mined:
      hash === undefined
        ? undefined
        : {
            hash: hash as Hash,
            block: BigInt(String(row["mined_block"])),
            blockHash: String(row["mined_block_hash"]) as Hash,
          },
    outcome: text(row["outcome"]),
    reason: text(row["reason"]),
    feePaid: fee === undefined ? undefined : BigInt(fee),
    cancelRequested: row["cancel_requested"] === 1,
    openedAt: Number(row["opened_at"]),
  };
}

function attemptOf(row: Row): Attempt {
  return {
    hash: String(row["hash"]) as Hash,
    raw: String(row["raw"]) as Hex,
    isCancel: row["is_cancel"] === 1,
    gas: BigInt(String(row["gas"])),
    maxFeePerGas: BigInt(String(row["max_fee"])),
    maxPriorityFeePerGas: BigInt(String(row["priority_fee"])),
    block: BigInt(String(row["block"])),
    broadcasts: Number(row["broadcasts"]),
  };
}
