/**
 * Events of one call put together to a record.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRecorder } from "../../../keeper/api/createRecorder.ts";
import type { DeleverageRecord } from "../../../keeper/api/record.ts";
import type { ChainEvent } from "../../../keeper/chain/readEvents.ts";

const BLOCK = { number: 1n, hash: "0x1", parentHash: "0x0", timestamp: 1n } as const;
let sequence = 0n;

function event(eventName: string, args: object, transactionHash = "0xa"): ChainEvent {
  return { eventName, args: { market: 1n, sequence: ++sequence, ...args }, transactionHash } as unknown as ChainEvent;
}

const pass = (lots: bigint, transactionHash?: string, account = 7n) =>
  event(
    "BankruptcySwept",
    { account, lots, notional: lots * 10n, cover: lots, price: 1n, caller: "0x" },
    transactionHash,
  );
const call = (transactionHash?: string) =>
  event(
    "DeleverageCall",
    { bankrupt: 7n, caller: "0x", lots: 1n, price: 1n, mark: 1n, cover: 0n, reward: 0n },
    transactionHash,
  );

function record(...events: readonly ChainEvent[]): DeleverageRecord {
  const recorder = createRecorder();
  const last = events.map((one) => recorder.take(one, BLOCK, 0n)).at(-1);
  assert.equal(last?.type, "deleverage");
  return last as DeleverageRecord;
}

test("behavior: the passes of a sweep add up", () => {
  assert.deepEqual(record(pass(3n), pass(4n), call()).swept, { lots: 7n, notional: 70n, cover: 7n });
});

test("behavior: what an earlier call of the same transaction swept is not this one's", () => {
  const stored = event("PositionChanged", { account: 7n, lots: 5n, cost: 1n, margin: 0n, fundingIndex: 0n });
  assert.deepEqual(record(pass(3n), stored, pass(4n), call()).swept, { lots: 4n, notional: 40n, cover: 4n });
});

test("behavior: nor that of another transaction, or of another account", () => {
  assert.equal(record(pass(3n, "0xb"), call()).swept, undefined);
  assert.equal(record(pass(3n, "0xa", 8n), call()).swept, undefined);
});
