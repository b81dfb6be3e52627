import assert from "node:assert/strict";
import { test } from "node:test";
import type { Position } from "../../keeper/core/types.ts";
import { compareWorlds } from "../../keeper/state/compareWorlds.ts";
import { createFollower, type Follower } from "../../keeper/state/createFollower.ts";
import { tipOf, type World } from "../../keeper/state/world.ts";
import { createFakeChain, type FakeChain } from "./helpers/fakeChain.ts";
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
