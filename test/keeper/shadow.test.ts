import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChainEvent } from "../../keeper/chain/readEvents.ts";
import type { Plan } from "../../keeper/core/plan.ts";
import { createShadow } from "../../keeper/exec/createShadow.ts";
import type { KeeperEvent } from "../../keeper/ops/events.ts";
import type { WorldPlan } from "../../keeper/planWorld.ts";
import type { Advance } from "../../keeper/state/createFollower.ts";
import { createNode } from "./faults/helpers/createNode.ts";
import { viewOf } from "./helpers/view.ts";

const HASH = `0x${"12".repeat(32)}` as const;

function setUp() {
  const node = createNode();
  node.mine(3);
  const events: KeeperEvent[] = [];
  const log = (event: KeeperEvent) => events.push(event);
  const common = {
    maxSteps: 64,
    maxCounterparties: 40,
    cooldownBlocks: 1,
    markets: undefined,
    address: undefined,
    now: () => 0,
  };
  const shadow = createShadow({ ...common, chain: node.chain, log });
  const blockOf = (number: number) => ({ number: BigInt(number), hash: HASH, parentHash: HASH, timestamp: 1n });
  const plan = (number: number, accounts: readonly number[]) => {
    const plans = accounts.map(
      (account): Plan => ({
        kind: "liquidate",
        market: 1,
        account,
        isLong: true,
        lots: 1n,
        equity: 0n,
        maintenance: 1n,
        expectedLots: 1n,
      }),
    );
    const world: WorldPlan = {
      block: blockOf(number),
      markets: [{ view: viewOf([]), openInterest: 1n, skips: [], plans }],
      missed: [],
    };
    return shadow.tick(world);
  };
  const advance = (number: number, done: readonly { account: number; block: number }[] = []) => {
    const world = {
      markets: new Map(),
      feeds: { sources: new Map(), emitters: new Map() },
      frames: [{ block: blockOf(number), undos: [] }],
    };
    const found = done.map(({ account, block }) => ({
      eventName: "Liquidated",
      args: { market: 1n, account: BigInt(account) },
      blockNumber: BigInt(block),
      transactionHash: HASH,
    }));
    const rest = { blocks: [], applied: 0, rolledBack: 0, snapshot: false };
    shadow.onAdvance({ world, events: found as unknown as ChainEvent[], ...rest } satisfies Advance);
  };
  const scores = () =>
    events.flatMap((event) => (event.type === "shadow" ? [`${event.what} ${event.account} ${event.late}`] : []));
  return { node, shadow, plan, advance, scores };
}

test("default: what others do after ours would have been mined is a hit, before is late by blocks, without us a miss", async () => {
  const { plan, advance, scores, shadow } = setUp();
  await plan(3, [5, 6]); // the head is 3: ours would be in block 4
  advance(5, [{ account: 5, block: 4 }]);
  advance(5, [{ account: 6, block: 3 }]);
  advance(6, [{ account: 7, block: 6 }]);
  assert.deepEqual(scores(), ["hit 5 0", "late 6 1", "miss 7 0"]);
  assert.deepEqual(shadow.report(), { hits: 1, late: 1, misses: 1, unclaimed: 0, refused: 0, meanLateBlocks: 1 });
});

test("behavior: nothing is sent; what the simulation refuses is no intention", async () => {
  const { node, plan, advance, shadow } = setUp();
  node.others.add(5);
  await plan(3, [5, 6]);
  assert.equal(node.accepted.length, 0);
  assert.equal(shadow.report().refused, 1);
  advance(4, [{ account: 5, block: 3 }]);
  assert.equal(shadow.report().misses, 1);
});

test("behavior: what goes away without anybody's doing it is unclaimed; what stays planned is not", async () => {
  const { plan, advance, scores } = setUp();
  await plan(3, [5]);
  advance(5);
  await plan(5, [5]);
  advance(7);
  assert.deepEqual(scores(), []);
  advance(8);
  assert.deepEqual(scores(), ["unclaimed 5 0"]);
});

test("behavior: several events of one call count once", async () => {
  const { plan, advance, scores } = setUp();
  await plan(3, [5]);
  advance(5, [
    { account: 5, block: 4 },
    { account: 5, block: 4 },
  ]);
  assert.deepEqual(scores(), ["hit 5 0"]);
});

test("behavior: pokes are not compared: whoever calls anything does that work", async () => {
  const { shadow, advance, scores } = setUp();
  const poke: Plan = { kind: "poke", market: 1, idle: 60n, delta: 1n };
  const block = { number: 3n, hash: HASH, parentHash: HASH, timestamp: 1n };
  const market = { view: viewOf([]), openInterest: 1n, skips: [], plans: [poke] };
  await shadow.tick({ block, markets: [market], missed: [] });
  advance(9);
  assert.deepEqual(scores(), []);
});

test("behavior: a preventive close by others is compared, once for all its counterparties", () => {
  const { shadow, scores } = setUp();
  const args = { market: 1n, account: 5n, counterparty: 6n, lots: 1n };
  const event = { eventName: "PreventivelyDeleveraged", args, blockNumber: 4n, transactionHash: HASH };
  const frames = [{ block: { number: 5n, hash: HASH, parentHash: HASH, timestamp: 1n }, undos: [] }];
  const world = { markets: new Map(), feeds: { sources: new Map(), emitters: new Map() }, frames };
  const events = [event, { ...event, args: { ...args, counterparty: 7n } }] as unknown as ChainEvent[];
  shadow.onAdvance({ world, events, blocks: [], applied: 0, rolledBack: 0, snapshot: false });
  assert.deepEqual(scores(), ["miss 5 0"]);
});
