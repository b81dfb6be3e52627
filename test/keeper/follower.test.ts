import assert from "node:assert/strict";
import { test } from "node:test";
import { createPublicClient, custom, type Hex } from "viem";
import { ChainDataError } from "../../keeper/chain/ChainDataError.ts";
import { createRpcPool, type Endpoint } from "../../keeper/chain/createRpcPool.ts";
import { exitCodeOf } from "../../keeper/cli/exitCodes.ts";
import type { Position } from "../../keeper/core/types.ts";
import { compareWorlds } from "../../keeper/state/compareWorlds.ts";
import { createFollower, type Follower } from "../../keeper/state/createFollower.ts";
import { DeepReorgError } from "../../keeper/state/DeepReorgError.ts";
import { tipOf, type World } from "../../keeper/state/world.ts";
import { createFakeChain, type FakeChain, type FakeLog } from "./helpers/fakeChain.ts";
import { position } from "./helpers/market.ts";
import { createRandom, type Random } from "./helpers/random.ts";

const OPTIONS = { pageSize: 5, logRange: 3 };

function randomChanges(random: Random): Position[] {
  return Array.from({ length: random.below(4) }, () => {
    const account = random.below(14) + 1;
    if (random.below(4) === 0) return { account, lots: 0n, cost: 0n, margin: 0n, fundingIndex: 0n };
    const lots = random.below(2) === 0 ? 10n : -10n;
    return position(account, lots, 50_000_000n + BigInt(random.below(2)) * 5_000_000n, 4_000_000n);
  });
}

/** The follower's world is the one that replaying the canonical chain gives, order in cells included. */
async function assertFollows(follower: Follower, fake: FakeChain, label: string): Promise<World> {
  const { world } = await follower.advance();
  const market = world.markets.get(1);
  assert.ok(market !== undefined);
  const truth: World = { ...world, markets: new Map([[1, { ...market, state: fake.truth() }]]) };
  assert.deepEqual(compareWorlds(world, truth), [], label);
  assert.deepEqual(await follower.reconcile(), [], label);
  return world;
}

async function isBehind(follower: Follower): Promise<boolean> {
  return follower.advance().then(
    () => false,
    (error: unknown) => {
      if (error instanceof ChainDataError && /behind ours/.test(error.message)) return true;
      throw error;
    },
  );
}

test("behavior: follows blocks and reorganisations of any depth, for random chains", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = createRandom(seed);
    const fake = createFakeChain();
    for (let i = 0; i < 5; i++) fake.mine(randomChanges(random));
    const follower = createFollower(fake.chain, OPTIONS);
    let height = 5;
    for (let step = 0; step < 25; step++) {
      if (random.below(3) === 0) {
        const depth = Math.min(random.below(7) + 1, height);
        fake.drop(depth);
        height -= depth;
      }
      const grow = random.below(4) + 1;
      for (let i = 0; i < grow; i++) fake.mine(randomChanges(random));
      height += grow;
      // a chain that ends before our snapshot is an endpoint that is behind, until it has caught up
      while (await isBehind(follower)) {
        fake.mine();
        height++;
      }
      const world = await assertFollows(follower, fake, `seed ${seed}, step ${step}`);
      assert.equal(Number(tipOf(world).number), height);
    }
  }
});

test("behavior: reports what it took back, and needs no snapshot for it", async () => {
  const fake = createFakeChain();
  const follower = createFollower(fake.chain, OPTIONS);
  assert.ok((await follower.advance()).snapshot);
  for (let i = 1; i <= 6; i++) fake.mine([position(i, 10n, 50_000_000n, 4_000_000n)]);
  const forward = await follower.advance();
  assert.deepEqual([forward.applied, forward.rolledBack, forward.events.length], [6, 0, 6]);
  fake.drop(2);
  for (let i = 1; i <= 3; i++) fake.mine();
  const { applied, rolledBack, snapshot, world } = await follower.advance();
  assert.deepEqual([applied, rolledBack, snapshot], [3, 2, false]);
  assert.deepEqual([...(world.markets.get(1)?.state.positions.keys() ?? [])], [1, 2, 3, 4]);
});

test("behavior: a shorter or equally long fork is followed, too", async () => {
  const fake = createFakeChain();
  const follower = createFollower(fake.chain, OPTIONS);
  await follower.advance();
  for (let i = 1; i <= 6; i++) fake.mine([position(i, 10n, 50_000_000n, 4_000_000n)]);
  await assertFollows(follower, fake, "before");
  fake.drop(1);
  fake.mine([position(9, 10n, 50_000_000n, 4_000_000n)]);
  await assertFollows(follower, fake, "same height");
  fake.drop(3);
  fake.mine();
  await assertFollows(follower, fake, "shorter");
});

test("behavior: an endpoint that lags behind is not a reorganisation", async () => {
  const fake = createFakeChain();
  const follower = createFollower(fake.chain, OPTIONS);
  await follower.advance();
  for (let i = 1; i <= 6; i++) fake.mine([position(i, 10n, 50_000_000n, 4_000_000n)]);
  await follower.advance();
  fake.lag(4);
  const { rolledBack, applied, world } = await follower.advance();
  assert.deepEqual([rolledBack, applied, tipOf(world).number], [0, 0, 6n]);
  fake.lag(0);
  await assertFollows(follower, fake, "after");
});

test("behavior: a fork older than the snapshot is answered with a new snapshot", async () => {
  const fake = createFakeChain();
  for (let i = 1; i <= 6; i++) fake.mine([position(i, 10n, 50_000_000n, 4_000_000n)]);
  const follower = createFollower(fake.chain, OPTIONS);
  await follower.advance();
  fake.drop(3);
  for (let i = 1; i <= 5; i++) fake.mine();
  assert.ok((await follower.advance()).snapshot);
  await assertFollows(follower, fake, "after");
});

test("behavior: forgetting leads to a snapshot of several pages", async () => {
  const fake = createFakeChain();
  fake.mine(Array.from({ length: 23 }, (_, i) => position(i + 1, 10n, 50_000_000n, 4_000_000n)));
  const follower = createFollower(fake.chain, OPTIONS);
  await follower.advance();
  follower.forget();
  const before = fake.asked.get("eth_call") ?? 0;
  assert.ok((await follower.advance()).snapshot);
  assert.ok((fake.asked.get("eth_call") ?? 0) - before >= 5, "a page holds five accounts");
  await assertFollows(follower, fake, "after");
});

test("behavior: an event that never arrived is noticed by the next one, and answered with a snapshot", async () => {
  const fake = createFakeChain();
  fake.leaveOutBlooms();
  const follower = createFollower(fake.chain, OPTIONS);
  await follower.advance();
  fake.mine([position(1, 10n, 50_000_000n, 4_000_000n)]);
  assert.equal((await follower.advance()).gap, undefined);

  fake.withhold(2);
  fake.mine([position(2, 10n, 50_000_000n, 4_000_000n), position(3, 10n, 50_000_000n, 4_000_000n)]);
  const deaf = await follower.advance();
  assert.deepEqual([deaf.gap, deaf.snapshot, deaf.world.markets.get(1)?.state.positions.size], [undefined, false, 1]);

  fake.mine([position(4, 10n, 50_000_000n, 4_000_000n)]);
  const { gap, snapshot, world } = await follower.advance();
  assert.deepEqual([gap, snapshot, world.markets.get(1)?.state.positions.size], ["BTC", true, 4]);
  fake.mine([position(5, 10n, 50_000_000n, 4_000_000n)]);
  assert.equal((await follower.advance()).snapshot, false);
  await assertFollows(follower, fake, "after");
});

test("behavior: one of two events of a block is missing", async () => {
  const fake = createFakeChain();
  const follower = createFollower(fake.chain, OPTIONS);
  await follower.advance();
  fake.withhold(1);
  fake.mine([position(2, 10n, 50_000_000n, 4_000_000n), position(3, 10n, 50_000_000n, 4_000_000n)]);
  assert.equal((await follower.advance()).gap, "BTC");
  await assertFollows(follower, fake, "after");
});

test("behavior: top-up orders are found by a snapshot, followed, and taken back", async () => {
  const fake = createFakeChain();
  const orderOf = (world: World, account: number) => world.markets.get(1)?.state.topUps.get(account);
  for (let i = 0; i < 4; i++) fake.mine();
  fake.order(3, 15_000n, 50_000_000n);
  for (let i = 0; i < 4; i++) fake.mine();
  const follower = createFollower(fake.chain, OPTIONS);
  const first = await follower.advance();
  assert.deepEqual(orderOf(first.world, 3), { triggerRate: 15_000n, remaining: 50_000_000n });

  fake.order(4, 10_000n, 20_000_000n);
  fake.order(3, 0n, 0n);
  await follower.advance();
  assert.deepEqual(orderOf(first.world, 4), { triggerRate: 10_000n, remaining: 20_000_000n });
  assert.equal(orderOf(first.world, 3)?.triggerRate, 0n);
  await assertFollows(follower, fake, "orders");

  fake.drop(2);
  fake.mine();
  const back = await follower.advance();
  assert.deepEqual([back.rolledBack, back.snapshot, orderOf(back.world, 4)], [2, false, undefined]);
  assert.equal(orderOf(back.world, 3)?.triggerRate, 15_000n);
  await assertFollows(follower, fake, "taken back");
});

const p = (account: number) => position(account, 10n, 50_000_000n, 4_000_000n);
const accountsOf = ({ markets }: World) => [...(markets.get(1)?.state.positions.keys() ?? [])];

test("behavior: a block whose bloom filter announces events is not believed to be silent, and applied once they are there", async () => {
  const fake = createFakeChain();
  const follower = createFollower(fake.chain, OPTIONS);
  const { world } = await follower.advance();
  fake.mine([p(1)]);
  await follower.advance();
  fake.withhold(2);
  fake.mine([p(2), p(3)]);
  fake.mine();
  await assert.rejects(follower.advance(), /^ChainDataError: Logs of block 2 are missing/);
  assert.deepEqual([tipOf(world).number, accountsOf(world)], [1n, [1]], "nothing was applied");
  fake.comply();
  await follower.advance();
  assert.deepEqual([tipOf(world).number, accountsOf(world)], [3n, [1, 2, 3]]);
  await assertFollows(follower, fake, "after");
});

test("error: logs that are not the block's own are refused, and leave the world as it was", async () => {
  const other = `0x${"77".repeat(32)}`;
  const cases: readonly [string, (log: FakeLog) => object, RegExp][] = [
    ["another block", (log) => ({ ...log, blockHash: other }), /is of block 0x7777/],
    ["another height", (log) => ({ ...log, blockNumber: "0x9" }), /has block number 0x9/],
    ["taken back", (log) => ({ ...log, removed: true }), /marked as removed/],
    ["another contract", (log) => ({ ...log, address: `0x${"11".repeat(20)}` }), /not asked about/],
    ["twice the same", (log) => ({ ...log, logIndex: "0x0" }), /has index 0 after 0/],
    ["no index", ({ logIndex: _, ...log }) => log, /has index -1 after -1/],
    [
      "out of order",
      (log) => ({ ...log, transactionIndex: log.logIndex === "0x0" ? "0x5" : "0x2" }),
      /transaction 2 after 5/,
    ],
    ["made up", (log) => ({ ...log, topics: [other, ...log.topics.slice(1)] }), /not in the block's bloom filter/],
  ];
  for (const [what, change, expected] of cases) {
    const fake = createFakeChain();
    const follower = createFollower(fake.chain, OPTIONS);
    const { world } = await follower.advance();
    fake.tamperWith(change);
    fake.mine([p(1), p(2)]);
    await assert.rejects(follower.advance(), expected, what);
    assert.equal(tipOf(world).number, 0n, what);
    fake.comply();
    assert.equal((await follower.advance()).snapshot, false, what);
    await assertFollows(follower, fake, what);
  }
});

test("behavior: the same head again is nothing new", async () => {
  const fake = createFakeChain();
  const follower = createFollower(fake.chain, OPTIONS);
  await follower.advance();
  fake.mine([p(1)]);
  await follower.advance();
  const before = [...fake.asked.values()].reduce((sum, n) => sum + n, 0);
  const { applied, rolledBack, events } = await follower.advance();
  assert.deepEqual([applied, rolledBack, events], [0, 0, []]);
  assert.equal(
    [...fake.asked.values()].reduce((sum, n) => sum + n, 0),
    before + 1,
    "one request: the head",
  );
});

test("behavior: a gap of many blocks is filled, block by block", async () => {
  const fake = createFakeChain();
  const follower = createFollower(fake.chain, OPTIONS);
  await follower.advance();
  for (let i = 1; i <= 130; i++) fake.mine(i % 3 === 0 ? [p(i)] : []);
  assert.equal((await follower.advance()).applied, 130);
  await assertFollows(follower, fake, "after");
});

test("error: a reorganisation deeper than the limit is refused, before anything is taken back", async () => {
  const fake = createFakeChain();
  const follower = createFollower(fake.chain, { ...OPTIONS, maxReorg: 5 });
  const { world } = await follower.advance();
  for (let i = 1; i <= 12; i++) fake.mine([p(i)]);
  await follower.advance();

  fake.drop(5);
  for (let i = 0; i < 6; i++) fake.mine();
  assert.deepEqual([(await follower.advance()).rolledBack, tipOf(world).number], [5, 13n], "at the limit");
  await assertFollows(follower, fake, "at the limit");

  fake.drop(6);
  for (let i = 0; i < 8; i++) fake.mine();
  const refused = await follower.advance().catch((error: unknown) => error);
  assert.ok(refused instanceof DeepReorgError);
  assert.equal(exitCodeOf(refused), 1, "whoever restarts on 75 does not restart this");
  assert.match(
    refused.message,
    /^Refused a reorganisation of 6 blocks or more from block 13: the limit is 5 \(MAX_REORG\)/,
  );
  assert.deepEqual([tipOf(world).number, accountsOf(world).length], [13n, 7], "nothing was taken back");
});

test("behavior: an endpoint that fell back to its beginning is trouble, not a reorganisation", async () => {
  const fake = createFakeChain();
  for (let i = 1; i <= 8; i++) fake.mine([p(i)]);
  const follower = createFollower(fake.chain, { ...OPTIONS, maxReorg: 5 });
  const { world } = await follower.advance();
  fake.lag(8);
  await assert.rejects(follower.advance(), /newest block is 0, 8 behind ours/);
  assert.equal(accountsOf(world).length, 8);
  fake.lag(0);
  fake.mine([p(9)]);
  assert.deepEqual([(await follower.advance()).applied, accountsOf(world).length], [1, 9]);
});

test("behavior: hears the aggregator behind the proxy, and the next one from the block in which the proxy names it", async () => {
  const [first, second, third] = [1, 2, 3].map((i) => `0x${`${i}`.repeat(40)}` as const) as [Hex, Hex, Hex];
  const fake = createFakeChain();
  fake.confirmAggregator(first);
  const follower = createFollower(fake.chain, { ...OPTIONS, feedBlocks: 4 });
  await follower.advance();
  const heard = async (emitter: Hex) => {
    fake.announce(emitter, 5n);
    const { events, world } = await follower.advance();
    const answers = events.filter(({ eventName }) => eventName === "AnswerUpdated");
    if (answers.length > 0) assert.deepEqual(world.feeds.emitters.get(emitter), [1]);
    return answers.length;
  };
  assert.deepEqual([await heard(first), await heard(second)], [1, 0]);
  fake.confirmAggregator(second);
  await follower.advance();
  assert.deepEqual([await heard(second), await heard(first)], [1, 0], "announced");
  fake.confirmAggregator(third, true);
  await follower.advance();
  for (let i = 0; i < 4; i++) await heard(first);
  assert.equal(await heard(third), 1, "found after some blocks");
});

test("behavior: of two endpoints, the one that leaves logs out is found out, and the other one is believed", async () => {
  const fake = createFakeChain();
  const asked: string[] = [];
  const endpoint = (name: string, answers: (logs: unknown[]) => unknown[]): Endpoint => ({
    name,
    request: (async (args: { method: string; params?: unknown }) => {
      const answer = await fake.request(args);
      if (args.method !== "eth_getLogs") return answer;
      asked.push(name);
      return answers(answer as unknown[]);
    }) as Endpoint["request"],
  });
  const pool = createRpcPool([endpoint("deaf", () => []), endpoint("honest", (logs) => logs)], { now: () => 1 });
  const client = createPublicClient({ transport: custom(pool, { retryCount: 0 }), cacheTime: 0 });
  const follower = createFollower({ ...fake.chain, client: client as never, pool }, OPTIONS);
  await follower.advance();
  asked.length = 0;
  fake.mine([p(1), p(2)]);
  await assert.rejects(follower.advance(), /^ChainDataError: Logs of block 1 are missing/);
  assert.deepEqual(
    pool.health().map(({ name, status }) => [name, status]),
    [
      ["deaf", "failing"],
      ["honest", "healthy"],
    ],
  );
  const { world, snapshot } = await follower.advance();
  assert.deepEqual([snapshot, accountsOf(world)], [false, [1, 2]]);
  for (let i = 3; i < 9; i++) fake.mine([p(i)]);
  await assertFollows(follower, fake, "after");
  assert.equal(asked.filter((name) => name === "deaf").length, 2, "the block's logs, and all of the block's");
});
