import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { keccak256, toHex } from "viem";
import type { Plan } from "../../keeper/core/plan.ts";
import { acquireLock, LockedError } from "../../keeper/db/acquireLock.ts";
import { createJournal, type NewAttempt } from "../../keeper/db/createJournal.ts";
import { openDatabase } from "../../keeper/db/openDatabase.ts";
import { readPlan, writePlan } from "../../keeper/db/planJson.ts";
import { ConfigError } from "../../keeper/errors.ts";

const directory = mkdtempSync(join(tmpdir(), "plimsoll-journal-"));
after(() => rmSync(directory, { recursive: true }));
let files = 0;
const newPath = () => join(directory, `${++files}.sqlite`);

const plan: Plan = {
  kind: "deleverage",
  market: 1,
  account: 3,
  isLong: false,
  lots: 2n ** 100n,
  price: -5n,
  cause: "past",
  nominee: 0,
  counterparties: [4, 9],
};
const hash = (n: number) => keccak256(toHex(n));
const attempt = (n: number): NewAttempt => ({
  hash: hash(n),
  raw: "0x02",
  isCancel: false,
  gas: 2n ** 24n,
  maxFeePerGas: 2n ** 90n,
  maxPriorityFeePerGas: 1n,
  block: 7n,
});
const intent = (nonce: number) =>
  ({ plan, planId: hash(99), plannedBlock: 7n, to: "0x12", data: "0x34", nonce }) as const;

test("default: what was written is read after the database was opened again, to the last digit", () => {
  const path = newPath();
  const first = createJournal(openDatabase(path));
  const id = first.open(intent(4), attempt(1));
  first.addAttempt(id, { ...attempt(2), isCancel: true });
  first.noteBroadcast(hash(1));
  first.close();
  const again = createJournal(openDatabase(path));
  const [found] = again.watched();
  assert.deepEqual(found?.plan, plan);
  assert.deepEqual(found?.attempts, [
    { ...attempt(1), broadcasts: 1 },
    { ...attempt(2), isCancel: true, broadcasts: 0 },
  ]);
  assert.equal(found?.nonce, 4);
  again.close();
});

test("behavior: plans are the same after writing and reading", () => {
  assert.deepEqual(readPlan(writePlan(plan)), plan);
});

test("behavior: one open intent a nonce; what loses its nonce is not pursued, what is final is not watched", () => {
  const journal = createJournal(openDatabase(":memory:"));
  const first = journal.open(intent(4), attempt(1));
  assert.throws(() => journal.open(intent(4), attempt(2)), /UNIQUE/);
  journal.setStatus(first, "abandoned");
  const second = journal.open(intent(4), attempt(2));
  journal.setMined(
    first,
    { hash: hash(1), block: 8n, blockHash: hash(8) },
    { outcome: "effective", reason: "", feePaid: 5n },
  );
  assert.equal(journal.find(second)?.status, "abandoned");
  journal.setUnmined(first);
  assert.equal(journal.find(first)?.status, "open");
  assert.equal(journal.find(first)?.mined, undefined);
  journal.setMined(
    first,
    { hash: hash(1), block: 9n, blockHash: hash(9) },
    { outcome: "outcompeted", reason: "", feePaid: 7n },
  );
  journal.setFinal(first);
  assert.deepEqual([journal.find(first)?.status, journal.find(second)?.status], ["final", "replaced"]);
  assert.deepEqual(journal.watched(), []);
  assert.deepEqual(journal.spentSince(0), { spent: 7n, wasted: 7n });
  journal.close();
});

test("error: R19: corrupted, of a newer keeper, of another chain, not a database, no place for it", () => {
  const reasonOf = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      assert.ok(error instanceof ConfigError, String(error));
      return error.message;
    }
    return assert.fail("nothing was thrown");
  };
  const text = newPath();
  writeFileSync(text, "this is no database, and it is long enough to be one".repeat(100));
  assert.match(
    reasonOf(() => openDatabase(text)),
    /cannot be used: file is not a database/,
  );
  const newer = newPath();
  const raw = new DatabaseSync(newer);
  raw.exec("PRAGMA user_version = 99");
  raw.close();
  assert.match(
    reasonOf(() => openDatabase(newer)),
    /written by a newer keeper \(schema 99/,
  );
  const path = newPath();
  openDatabase(path, { chain: "1", key: "0xA" }).close();
  openDatabase(path, { chain: "1", key: "0xA" }).close();
  assert.match(
    reasonOf(() => openDatabase(path, { chain: "1", key: "0xB" })),
    /is of another key \(0xA, now 0xB\)/,
  );
  assert.match(
    reasonOf(() => openDatabase(join(path, "below.sqlite"))),
    /cannot be used/,
  );
});

test("error: R19: a disk that is full fails before anything is signed for good", () => {
  const database = openDatabase(newPath());
  const journal = createJournal(database);
  database.exec("PRAGMA max_page_count = 1");
  assert.throws(() => {
    for (let i = 0; i < 1_000; i++) journal.open(intent(i), attempt(i));
  }, /full/);
  journal.close();
});

test("error: R20: a lock is held by one process, and released", () => {
  const path = join(directory, "key.lock");
  const lock = acquireLock(path, "The key");
  assert.throws(
    () => acquireLock(path, "The key"),
    (error) => error instanceof LockedError && /in use by process \d+/.test(error.message),
  );
  lock.release();
  acquireLock(path, "The key").release();
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.startsWith("key.lock")),
    [],
  );
});

test("behavior: the lock of a process that is gone is taken over, also when its number was given to another", async () => {
  const path = join(directory, "stale.lock");
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => child.on("exit", resolve));
  for (const holder of [
    { pid: child.pid, host: hostname(), started: "1" },
    { pid: process.pid, host: hostname(), started: "1" },
  ]) {
    writeFileSync(path, JSON.stringify(holder));
    acquireLock(path, "The key").release();
  }
  writeFileSync(path, "half written");
  acquireLock(path, "The key").release();
});

test("error: a holder on another machine cannot be asked, and counts as alive", () => {
  const path = join(directory, "far.lock");
  writeFileSync(path, JSON.stringify({ pid: 1, host: "elsewhere", started: "1" }));
  assert.throws(() => acquireLock(path, "The key"), LockedError);
});
