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
import type { Plan } from "../../keeper/core/plan.ts";
import { classify } from "../../keeper/exec/classify.ts";
import { createHolds } from "../../keeper/exec/createHolds.ts";
import { bumpFees } from "../../keeper/exec/fees.ts";
import { isRejection } from "../../keeper/exec/isRejection.ts";
import type { Outcome } from "../../keeper/exec/outcome.ts";
import { prepareCall } from "../../keeper/exec/prepareCall.ts";

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

test("behavior: classes name errors that exist", () => {
  const names = new Set<string>(exchangeAbi.filter((item) => item.type === "error").map((item) => item.name));
  for (const name of ["NothingToDeleverage", "NotLiquidatable", "NoPosition", "PositionBankrupt", "MarketInsolvent"]) {
    assert.ok(names.has(name), name);
  }
  for (const name of ["RankingIncomplete", "NoEligibleCounterparty", "BookCannotAbsorb", "StalePrice"])
    assert.ok(names.has(name));
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

test("behavior: only a definite answer of the node is a rejection", () => {
  assert.ok(isRejection(rpcError(undefined, "nonce too low")));
  assert.ok(isRejection(rpcError(undefined, "insufficient funds for gas * price + value")));
  for (const known of ["already known", "Known transaction: 0x12", "transaction already imported"]) {
    assert.ok(!isRejection(rpcError(undefined, known)), known);
  }
  assert.ok(!isRejection(new HttpRequestError({ url: URL_WITH_KEY })));
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

const now = { block: 100n, ms: 1_000, price: 7n };
const refused = (kind: "outcompeted" | "stale-input" | "not-yet" | "unexpected" | "infra"): Outcome => ({
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
