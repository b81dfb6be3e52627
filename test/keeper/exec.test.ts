import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CallExecutionError,
  decodeFunctionData,
  encodeErrorResult,
  type Hex,
  HttpRequestError,
  RawContractError,
  RpcRequestError,
} from "viem";
import { exchangeAbi } from "../../keeper/chain/abi.ts";
import { contractError } from "../../keeper/chain/contractError.ts";
import { describeError } from "../../keeper/chain/describeError.ts";
import type { ChainEvent } from "../../keeper/chain/readEvents.ts";
import type { Plan } from "../../keeper/core/plan.ts";
import { classify } from "../../keeper/exec/classify.ts";
import { classifySendError, type SendErrorClass } from "../../keeper/exec/classifySendError.ts";
import { createHolds } from "../../keeper/exec/createHolds.ts";
import { createRoster } from "../../keeper/exec/createRoster.ts";
import { ERROR_TABLE } from "../../keeper/exec/errorTable.ts";
import { bumpFees, withinCap } from "../../keeper/exec/fees.ts";
import type { Outcome } from "../../keeper/exec/outcome.ts";
import { prepareCall } from "../../keeper/exec/prepareCall.ts";
import { turnOf } from "../../keeper/exec/turnOf.ts";

const EXCHANGE = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const URL_WITH_KEY = "https://rpc.example/v3/secretkey";

const liquidate: Plan = {
  kind: "liquidate",
  market: 1,
  account: 8,
  isLong: true,
  lots: 10n,
  equity: 5n,
  maintenance: 6n,
  expectedLots: 4n,
};
const deleverage: Plan = {
  kind: "deleverage",
  market: 1,
  account: 1,
  isLong: true,
  lots: 10n,
  price: 5n,
  cause: "boundary",
  nominee: 1,
  counterparties: [4, 3],
};

test("default: every error of the contract that a keeper can meet has a class", () => {
  assert.equal(classify("NothingToDeleverage"), "outcompeted");
  assert.equal(classify("NotLiquidatable"), "outcompeted");
  assert.equal(classify("NoPosition"), "outcompeted");
  assert.equal(classify("RankingIncomplete"), "stale-input");
  assert.equal(classify("RankingUnsorted"), "stale-input");
  assert.equal(classify("RankingNotFifo"), "stale-input");
  assert.equal(classify("BookCannotAbsorb"), "not-yet");
  assert.equal(classify("StalePrice"), "not-yet");
  assert.equal(classify("Panic"), "unexpected");
  assert.equal(classify("InvalidStepBudget"), "unexpected");
});

test("behavior: the table of errors is the contract's: none is missing, none is invented", () => {
  const names = exchangeAbi.flatMap((item) => (item.type === "error" ? [item.name as string] : []));
  assert.deepEqual(Object.keys(ERROR_TABLE).toSorted(), names.toSorted());
});

const revertData = encodeErrorResult({ abi: exchangeAbi, errorName: "NothingToDeleverage", args: [1n] });

function rpcError(data: unknown, message = "execution reverted"): RpcRequestError {
  return new RpcRequestError({ body: {}, error: { code: 3, message, data }, url: URL_WITH_KEY });
}

test("behavior: revert data is found wherever nodes put it", () => {
  const expected = { name: "NothingToDeleverage", args: [1n] };
  assert.deepEqual(contractError(rpcError(revertData)), expected);
  assert.deepEqual(contractError(rpcError({ data: revertData, message: "reverted", txHash: "0x" })), expected);
  const call = new CallExecutionError(new RawContractError({ data: revertData }), { to: EXCHANGE });
  assert.deepEqual(contractError(call), expected);
});

test("behavior: an unknown custom error is named by its selector, a failing endpoint is no revert", () => {
  assert.equal(contractError(rpcError("0xdeadbeef" as Hex))?.name, "0xdeadbeef");
  assert.equal(contractError(new HttpRequestError({ url: URL_WITH_KEY })), undefined);
  assert.equal(contractError(new Error("something")), undefined);
});

test("behavior: descriptions are one line and hold no endpoint keys", () => {
  for (const error of [
    new HttpRequestError({ url: URL_WITH_KEY }),
    rpcError(undefined, `no\n${URL_WITH_KEY}`),
    new Error(URL_WITH_KEY),
  ]) {
    const text = describeError(error);
    assert.ok(!text.includes("secretkey") && !text.includes("\n") && text.length > 0, text);
  }
});

/** R13. Texts as the nodes' sources have them, or as they were measured (anvil 1.7, EDR 3.17). */
const SEND_ERRORS: Record<SendErrorClass, readonly string[]> = {
  known: [
    "already known", // geth, reth
    "Known transaction: 0x12", // EDR
    "transaction already imported", // anvil
    "AlreadyKnown", // Nethermind
    "Transaction already exists", // erigon
  ],
  nonceTooLow: [
    "nonce too low", // geth, anvil
    "nonce too low: next nonce 5, tx nonce 4", // geth, Nitro
    "Transaction nonce too low. Expected nonce to be at least 1 but got 0.", // EDR
    "OldNonce", // Nethermind
    "Nonce too low", // besu
    "nonce has already been used",
  ],
  nonceTooHigh: ["nonce too high", "nonce too high: tx nonce 9, gapped", "NonceGap"],
  underpriced: [
    "replacement transaction underpriced", // geth, reth
    "Replacement transaction underpriced. A gasPrice/maxFeePerGas of at least 12 is necessary", // EDR
    "could not replace existing tx", // erigon
    "ReplacementNotAllowed", // Nethermind
  ],
  feeTooLow: [
    "transaction underpriced", // geth
    "max fee per gas less than block base fee", // geth, anvil
    "FeeTooLow", // Nethermind
    "max fee per gas less than block base fee: address 0x12, maxFeePerGas: 1 baseFee: 2", // Nitro
    "Gas price below configured minimum: gas price too low",
  ],
  funds: [
    "insufficient funds for gas * price + value", // geth
    "Sender doesn't have enough funds to send tx. The max upfront cost is: 2 and the sender's balance is: 1.", // EDR
    "Insufficient funds for gas * price + value", // anvil
    "InsufficientFunds", // Nethermind
    "Upfront cost exceeds account balance", // besu
  ],
  invalid: [
    "intrinsic gas too low",
    "exceeds block gas limit",
    "invalid sender",
    "oversized data",
    "Transaction gas limit is 9 and exceeds block gas limit of 8",
  ],
  unknown: [
    "execution reverted",
    "internal error",
    "VM Exception while processing transaction: reverted with custom error",
  ],
};

test("default: what nodes say about a transaction, whatever code they give it", () => {
  for (const [expected, texts] of Object.entries(SEND_ERRORS)) {
    for (const text of texts)
      for (const code of [-32000, -32603, -32003]) {
        const error = new RpcRequestError({ body: {}, error: { code, message: text }, url: URL_WITH_KEY });
        assert.equal(classifySendError(error), expected, `${text} (${code})`);
      }
  }
});

test("behavior: a gateway's words say nothing about a transaction", () => {
  const error = new HttpRequestError({ url: URL_WITH_KEY, status: 503, body: { details: "nonce too low" } });
  assert.equal(classifySendError(error), "unknown");
});

test("default: calls carry the plan", () => {
  const limits = { maxSteps: 64, maxCounterparties: 40 };
  const decode = (plan: Plan) =>
    decodeFunctionData({ abi: exchangeAbi, data: prepareCall(EXCHANGE, plan, limits).data });
  assert.deepEqual(decode(liquidate), { functionName: "liquidate", args: [1n, 8n, 64n] });
  const { functionName, args } = decode(deleverage);
  assert.equal(functionName, "autoDeleverage");
  assert.deepEqual(args?.slice(0, 2), [1n, [4, 3]]);
  const bounds = { minPrice: -(2n ** 127n), maxPrice: 2n ** 127n - 1n, deadline: 0, nominee: 1 };
  assert.deepEqual(args?.[2], { ...limits, ...bounds });
});

test("behavior: a replacement offers at least a quarter more on both fields", () => {
  const previous = { maxFeePerGas: 100n, maxPriorityFeePerGas: 0n };
  assert.deepEqual(bumpFees(previous, previous), { maxFeePerGas: 126n, maxPriorityFeePerGas: 1n });
  const fresh = { maxFeePerGas: 500n, maxPriorityFeePerGas: 7n };
  assert.deepEqual(bumpFees(previous, fresh), fresh);
});

test("behavior: the budget bounds a replacement, and one that nodes would refuse is not made", () => {
  const previous = { maxFeePerGas: 1_000n, maxPriorityFeePerGas: 100n };
  const wanted = bumpFees(previous, previous);
  assert.deepEqual(withinCap(wanted, 10_000n, previous, 0n), wanted);
  assert.equal(withinCap(wanted, 1_130n, previous, 0n)?.maxFeePerGas, 1_130n);
  assert.equal(withinCap(wanted, 1_120n, previous, 0n), undefined, "less than an eighth more");
  assert.equal(withinCap(wanted, 900n, undefined, 901n), undefined, "less than the base fee");
  assert.deepEqual(withinCap(wanted, 50n, undefined, 10n), { maxFeePerGas: 50n, maxPriorityFeePerGas: 50n });
});

const KEEPERS = [1, 2, 3, 4, 5].map((n) => `0x${String(n).repeat(40)}`);

test("behavior: keepers that know of nobody wait differently for the same work, and each the same every time", () => {
  const delayOf = (keeper: string, work: string) => turnOf({ keeper, others: [], work, turnMs: 1_000 });
  const delays = KEEPERS.map((keeper) => delayOf(keeper, "1:liquidate:8 8 10"));
  assert.deepEqual(
    delays,
    KEEPERS.map((keeper) => delayOf(keeper, "1:liquidate:8 8 10")),
  );
  assert.equal(new Set(delays).size, 5);
  assert.ok(delays.every((ms) => ms >= 0 && ms < 1_000));
  assert.notEqual(delayOf("0x12", "1:liquidate:8 8 9"), delayOf("0x12", "1:liquidate:8 8 10"));
  assert.equal(turnOf({ keeper: "0x12", others: KEEPERS, work: "anything", turnMs: 0 }), 0);
});

test("behavior: R21: keepers that know of each other take turns: one at once, the others a turn apart", () => {
  const firsts = new Set<string | undefined>();
  for (let n = 0; n < 200; n++) {
    const turns = KEEPERS.map((keeper) => {
      const others = KEEPERS.filter((other) => other !== keeper);
      return { keeper, ms: turnOf({ keeper, others, work: `work ${n}`, turnMs: 1_000 }) };
    }).toSorted((a, b) => a.ms - b.ms);
    firsts.add(turns[0]?.keeper);
    for (const [i, { ms }] of turns.entries()) assert.ok(ms >= 1_000 * i && ms < 1_000 * i + 100, `turn ${i}: ${ms}`);
  }
  assert.equal(firsts.size, 5, "everybody is first at times");
});

test("behavior: R21: who works here is learnt from events, up to seven, and forgotten when nothing is heard of them", () => {
  const roster = createRoster("0xABCDEF0000000000000000000000000000000001");
  const event = (caller: string, blockNumber: bigint) => ({ args: { caller }, blockNumber }) as unknown as ChainEvent;
  roster.note([event("0xabcdef0000000000000000000000000000000001", 1n), event("0xAA", 1n), event("0xbb", 2n)], 2n);
  assert.deepEqual(roster.others(), ["0xaa", "0xbb"], "not ourselves");
  roster.note([event("0xaa", 4_000n)], 4_000n);
  roster.note([], 5_003n);
  assert.deepEqual(roster.others(), ["0xaa"]);
  roster.note(
    Array.from({ length: 9 }, (_, i) => event(`0x0${i}`, 5_004n)),
    5_004n,
  );
  assert.deepEqual(roster.others(), ["0x02", "0x03", "0x04", "0x05", "0x06", "0x07", "0x08"]);
});

const now = { block: 100n, ms: 1_000, price: 7n };
const refused = (kind: "outcompeted" | "obsolete" | "stale-input" | "not-yet" | "unexpected" | "infra"): Outcome => ({
  kind,
  reason: "",
});

test("behavior: what the book cannot absorb rests until blocks, time or the price moved on", () => {
  const holds = createHolds(3);
  assert.equal(holds.note(liquidate, refused("not-yet"), now), false);
  assert.ok(holds.isHeld(liquidate, now));
  assert.ok(holds.isHeld(liquidate, { ...now, block: 102n }));
  assert.ok(!holds.isHeld(liquidate, { ...now, block: 103n }));
  assert.ok(!holds.isHeld(liquidate, { ...now, price: 8n }));
  assert.ok(!holds.isHeld(liquidate, { ...now, ms: 10_000 }));
  assert.ok(!holds.isHeld({ ...liquidate, account: 9 }, now), "other accounts are not held");
});

test("behavior: refused lists are planned again, then left to the contract, then rest", () => {
  const holds = createHolds(3);
  assert.ok(holds.note(deleverage, refused("stale-input"), now));
  assert.equal(holds.staleLists(1), 1);
  assert.ok(holds.note(deleverage, refused("stale-input"), now));
  assert.equal(holds.staleLists(1), 2);
  assert.ok(holds.note(deleverage, refused("stale-input"), now));
  assert.ok(!holds.isHeld(deleverage, now));
  assert.equal(holds.note(deleverage, refused("stale-input"), now), false);
  assert.ok(holds.isHeld(deleverage, now));
  const effect = {
    account: 1,
    lots: 1n,
    sweptLots: 0n,
    adlCounterparties: 1,
    principalCounterparties: 0,
    preventiveCounterparties: 0,
    removedOrders: 0,
    toppedUp: 0n,
    accrued: false,
  };
  assert.ok(holds.note(deleverage, { kind: "effective", hash: "0x", block: 1n, gasUsed: 1n, effect }, now));
  assert.equal(holds.staleLists(1), 0);
  assert.ok(!holds.isHeld(deleverage, now));
});

test("behavior: outcompeted waits for the next block; failures back off by time, whatever the price", () => {
  const holds = createHolds(0);
  holds.note(liquidate, refused("outcompeted"), now);
  assert.ok(holds.isHeld(liquidate, now) && !holds.isHeld(liquidate, { ...now, block: 101n }));
  holds.note(deleverage, refused("infra"), now);
  const later = (ms: number) => holds.isHeld(deleverage, { block: 200n, ms: 1_000 + ms, price: 9n });
  assert.ok(later(400) && !later(600));
  holds.note(deleverage, refused("infra"), now);
  assert.ok(later(900) && !later(1_100));
});

test("behavior: what should not happen is quarantined for twice as long each time; deleveraging for a minute at most", () => {
  const holds = createHolds(3);
  const longest = (plan: Plan) => {
    for (let i = 0; i < 20; i++) holds.note(plan, refused("unexpected"), now);
    const [left = 0] = holds
      .quarantined(now.ms)
      .flatMap(({ planKey: key, leftMs }) => (key.includes(plan.kind) ? [leftMs] : []));
    return left;
  };
  holds.note(liquidate, refused("unexpected"), now);
  assert.equal(holds.quarantined(now.ms)[0]?.leftMs, 1_000);
  holds.note(liquidate, refused("unexpected"), now);
  assert.equal(holds.quarantined(now.ms)[0]?.leftMs, 2_000);
  assert.ok(holds.isHeld(liquidate, { block: 900n, ms: now.ms + 1_500, price: 1n }), "no price ends it");
  assert.equal(longest(liquidate), 3_600_000);
  assert.equal(longest(deleverage), 60_000);
});

test("behavior: a plan that simulates well and costs transaction after transaction rests longer after each (R26)", () => {
  const holds = createHolds(1);
  const reverted: Outcome = { kind: "outcompeted", reason: "", hash: "0x12" };
  holds.note(liquidate, reverted, now);
  assert.ok(!holds.isHeld(liquidate, { ...now, block: 101n }), "the first may be a race");
  for (let i = 0; i < 3; i++) holds.note(liquidate, reverted, now);
  assert.ok(holds.isHeld(liquidate, { ...now, block: 107n, price: 8n }));
  assert.ok(!holds.isHeld(liquidate, { ...now, block: 108n }));
});

test("behavior: what nobody plans any more begins anew", () => {
  const holds = createHolds(1);
  for (let i = 0; i < 5; i++) holds.note(liquidate, refused("unexpected"), now);
  holds.forget(new Set(), now.ms + 1_000);
  assert.equal(holds.quarantined(now.ms).length, 1, "not before its time is over");
  holds.forget(new Set(), now.ms + 100_000);
  holds.note(liquidate, refused("unexpected"), now);
  assert.equal(holds.quarantined(now.ms)[0]?.leftMs, 1_000);
});
