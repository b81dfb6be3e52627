/**
 * Which events change a position, and that the keeper's own copy of a market follows all of them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type AbiEvent, encodeAbiParameters, encodeEventTopics, type Hex, type RpcLog } from "viem";
import { exchangeAbi } from "../../keeper/chain/abi.ts";
import { positionChangeOf } from "../../keeper/chain/positionChangeOf.ts";
import { type ChainEvent, decodeLogs } from "../../keeper/chain/readEvents.ts";
import { applyEvent, undoEvent } from "../../keeper/core/applyEvent.ts";
import { toMarketEvent } from "../../keeper/state/toMarketEvent.ts";
import { marketOf, PARAMETERS, position } from "./helpers/market.ts";

const HASH = `0x${"1".repeat(64)}` as Hex;
const CLOSED = { account: 2, lots: 0n, cost: 0n, margin: 0n, fundingIndex: 0n };

/** As an endpoint answers with it, decoded by what decodes all logs. */
function emitted(name: string, args: Readonly<Record<string, bigint>>): ChainEvent {
  const event = exchangeAbi.find((item) => item.type === "event" && item.name === name) as unknown as AbiEvent;
  const all = { market: 1n, sequence: 1n, ...args };
  const plain = event.inputs.filter(({ indexed }) => !indexed);
  const values = plain.map((input) => all[input.name as keyof typeof all] ?? 0n);
  const topics = encodeEventTopics({ abi: [event], args: all } as never);
  const data = encodeAbiParameters(plain, values);
  const place = {
    blockHash: HASH,
    blockNumber: "0x1",
    logIndex: "0x0",
    transactionIndex: "0x0",
    transactionHash: HASH,
  };
  const log = { address: `0x${"2".repeat(40)}`, topics, data, ...place, removed: false } as unknown as RpcLog;
  const [decoded] = decodeLogs([log]);
  assert.ok(decoded !== undefined, name);
  return decoded;
}

const close = (name: string, left: bigint) => emitted(name, { bankrupt: 1n, counterparty: 2n, lots: 5n, left });

test("default: PositionChanged says the whole position", () => {
  const after = { lots: -3n, cost: 7n, margin: -4n, fundingIndex: 9n };
  assert.deepEqual(positionChangeOf(emitted("PositionChanged", { account: 2n, ...after })), { account: 2, ...after });
});

for (const name of ["AutoDeleveraged", "PrincipalClosed"]) {
  test(`behavior: ${name} closes the counterparty when nothing is left, and else says nothing of its position`, () => {
    assert.deepEqual(positionChangeOf(close(name, 0n)), CLOSED);
    assert.equal(positionChangeOf(close(name, 1n)), undefined);
  });

  test(`behavior: ${name} is applied to the state, counts as the market's next event, and can be taken back`, () => {
    const state = marketOf([1, 2, 3].map((account) => position(account, -10n, 60_000_000n, 5_000_000n)));
    const accounts = () => [...state.positions.values()].sort((a, b) => a.joined - b.joined).map((one) => one.account);
    const found = toMarketEvent(close(name, 0n), 77n);
    assert.ok(found !== undefined);
    assert.equal(found.market, 1);
    state.sequence = 0n;
    const undo = applyEvent(state, found.event, PARAMETERS);
    assert.ok(undo !== undefined);
    assert.deepEqual([accounts(), state.sequence], [[1, 3], 1n]);
    undoEvent(state, undo);
    assert.deepEqual([accounts(), state.sequence], [[1, 2, 3], 0n]);
    const partial = toMarketEvent(close(name, 4n), 77n);
    assert.ok(partial !== undefined && applyEvent(state, partial.event, PARAMETERS) !== undefined);
    assert.deepEqual([accounts(), state.sequence], [[1, 2, 3], 1n]);
  });
}

test("behavior: a preventive close and all other events change no position by themselves", () => {
  assert.equal(positionChangeOf(emitted("PreventivelyDeleveraged", { account: 1n, counterparty: 2n })), undefined);
  assert.equal(positionChangeOf(emitted("MarketTotals", { pot: 1n })), undefined);
});
