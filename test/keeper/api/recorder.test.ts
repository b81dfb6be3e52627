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
type Numbered = ChainEvent & { readonly args: { readonly sequence: bigint } };

function event(eventName: string, args: object, transactionHash = "0xa"): Numbered {
  return { eventName, args: { market: 1n, sequence: ++sequence, ...args }, transactionHash } as unknown as Numbered;
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

const close = (counterparty: bigint, left: bigint) =>
  event("AutoDeleveraged", {
    ...{ bankrupt: 7n, counterparty, rank: 1n, score: 1n, price: 1n, lots: 1n, pnl: 0n, payout: 0n, left },
  });
const change = (account: bigint) =>
  event("PositionChanged", { account, lots: 5n, cost: 1n, margin: 0n, fundingIndex: 0n });

function record(...events: readonly ChainEvent[]): DeleverageRecord {
  const recorder = createRecorder();
  const last = events.map((one) => recorder.take(one, BLOCK, { funding: 0n, rankPolicy: "pnlLeverage" })).at(-1);
  assert.equal(last?.type, "deleverage");
  return last as DeleverageRecord;
}

test("behavior: the passes of a sweep add up", () => {
  assert.deepEqual(record(pass(3n), pass(4n), call()).swept, { lots: 7n, notional: 70n, cover: 7n });
});

test("behavior: what an earlier call of the same transaction swept is not this one's", () => {
  assert.deepEqual(record(pass(3n), change(7n), pass(4n), call()).swept, { lots: 4n, notional: 40n, cover: 4n });
});

test("behavior: a waterfill stores all that stay open, then says why: it begins with the first of those", () => {
  const stored = (account: bigint) =>
    event("PositionChanged", { account, lots: 5n, cost: 1n, margin: 0n, fundingIndex: 0n });
  const close = (counterparty: bigint, left: bigint) =>
    event("AutoDeleveraged", { counterparty, rank: 1n, score: 1n, price: 1n, lots: 1n, pnl: 0n, payout: 0n, left });
  const [maker, first, second] = [stored(9n), stored(3n), stored(2n)];
  const events = [maker, pass(3n), first, second, close(2n, 5n), close(8n, 0n), close(3n, 5n), call()];
  assert.equal(record(...events).from, (first.args as { sequence: bigint }).sequence);
  // closed in full: nothing is stored of it, and what a maker's position was before is not the call's
  const whole = close(9n, 0n);
  assert.equal(record(stored(9n), whole, call()).from, (whole.args as { sequence: bigint }).sequence);
});

test("behavior: nor that of another transaction, or of another account", () => {
  assert.equal(record(pass(3n, "0xb"), call()).swept, undefined);
  assert.equal(record(pass(3n, "0xa", 8n), call()).swept, undefined);
});

test("behavior: the closes of a call begin with the position that is stored right before the first, where lots are left", () => {
  const stored = change(8n);
  assert.equal(record(stored, close(8n, 5n), close(9n, 0n), call()).from, stored.args.sequence);
});

test("behavior: a counterparty closed in full has no such event; what was stored of it earlier was something else", () => {
  const whole = close(8n, 0n);
  assert.equal(record(change(8n), whole, call()).from, whole.args.sequence);
});
