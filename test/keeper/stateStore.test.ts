import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { applyChange } from "../../keeper/core/applyChange.ts";
import type { Position } from "../../keeper/core/types.ts";
import { createStateStore } from "../../keeper/db/createStateStore.ts";
import { ConfigError } from "../../keeper/errors.ts";
import { compareWorlds } from "../../keeper/state/compareWorlds.ts";
import { createFollower } from "../../keeper/state/createFollower.ts";
import { tipOf, type World } from "../../keeper/state/world.ts";
import { createFakeChain, type FakeChain } from "./helpers/fakeChain.ts";
import { marketOf, PARAMETERS, position } from "./helpers/market.ts";
import { createRandom } from "./helpers/random.ts";

const folder = mkdtempSync(join(tmpdir(), "plimsoll-state-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = () => join(folder, `${files++}.sqlite`);
const IDENTITY = { chainId: 31337, exchange: "0x5FbDB2315678afecb367f032d93F642f64180aa3" };
const OPTIONS = { pageSize: 5, logRange: 30 };

function open(fake: FakeChain, path: string, everyBlocks = 1) {
  const troubles: string[] = [];
  const store = createStateStore({ ...IDENTITY, path, everyBlocks, onTrouble: (reason) => troubles.push(reason) });
  const follower = createFollower(fake.chain, { ...OPTIONS, resume: store.load });
  const look = async () => {
    const advance = await follower.advance();
    store.save(advance);
    return advance;
  };
  return { store, follower, look, troubles };
}

/** Both sides of a trade, so that lots add up as they do on chain; sometimes a top-up order. */
function mineSomething(fake: FakeChain, random: ReturnType<typeof createRandom>, pairs: Map<number, bigint>): void {
  const pair = random.below(8) * 2 + 1;
  if (random.below(6) === 0) fake.order(pair, BigInt(random.below(3)) * 10_000n, 50_000_000n);
  const lots = random.below(4) === 0 ? 0n : BigInt(random.below(30) + 1);
  pairs.set(pair, lots);
  const entry = 50_000_000n + BigInt(random.below(2)) * 5_000_000n;
  const one = (account: number, size: bigint): Position =>
    size === 0n
      ? { account, lots: 0n, cost: 0n, margin: 0n, fundingIndex: 0n }
      : position(account, size, entry, 4_000_000n);
  fake.mine([one(pair, lots), one(pair + 1, -lots)]);
}

function assertTruth(world: World, fake: FakeChain, label: string): void {
  const market = world.markets.get(1);
  assert.ok(market !== undefined);
  const truth = { ...world, markets: new Map([[1, { ...market, state: fake.truth() }]]) };
  assert.deepEqual(compareWorlds(world, truth), [], label);
}

test("behavior: a restart goes on from the file, through reorganisations, and is where the chain is", async () => {
  const seen = { resumed: 0, replaced: 0 };
  for (let seed = 1; seed <= 8; seed++) {
    const random = createRandom(seed);
    const fake = createFakeChain();
    const pairs = new Map<number, bigint>();
    for (let i = 0; i < 20; i++) mineSomething(fake, random, pairs);
    const path = newFile();
    let keeper = open(fake, path, random.below(3) + 1);
    await keeper.look();
    for (let step = 0; step < 12; step++) {
      for (let i = random.below(5) + 1; i > 0; i--) mineSomething(fake, random, pairs);
      const label = `seed ${seed}, step ${step}`;
      assertTruth((await keeper.look()).world, fake, label);
      if (random.below(3) === 0) {
        fake.drop(random.below(3) + 1);
        for (let i = 0; i < 4; i++) mineSomething(fake, random, pairs);
        await keeper.look();
      }
      if (random.below(2) === 0) continue;
      keeper.store.close();
      const forked = random.below(3) === 0;
      if (forked) fake.drop(1);
      for (let i = random.below(3) + 1; i > 0; i--) mineSomething(fake, random, pairs);
      keeper = open(fake, path);
      const first = await keeper.look();
      assert.deepEqual([first.snapshot, first.resumed], [true, forked ? undefined : true], label);
      if (forked) seen.replaced++;
      else seen.resumed++;
      assertTruth(first.world, fake, label);
      assert.deepEqual(keeper.troubles, []);
    }
    keeper.store.close();
  }
  assert.ok(seen.resumed > 10 && seen.replaced > 5, JSON.stringify(seen));
});

test("behavior: what was not saved yet is saved at the end, and what a crash lost is followed again", async () => {
  const fake = createFakeChain();
  const path = newFile();
  const keeper = open(fake, path, 1_000);
  for (let i = 0; i < 3; i++) mineSomething(fake, createRandom(i), new Map());
  await keeper.look();
  for (let i = 0; i < 5; i++) mineSomething(fake, createRandom(10 + i), new Map());
  const { world } = await keeper.look();
  keeper.store.close();
  const store = createStateStore({ ...IDENTITY, path });
  assert.equal(tipOf(store.load() as World).number, tipOf(world).number);
  store.close();
});

test("behavior: amounts beyond doubles, orders and steps come back exactly", () => {
  const path = newFile();
  const wide = {
    account: 7,
    lots: 2n ** 60n + 1n,
    cost: 2n ** 90n + 3n,
    margin: -(2n ** 70n),
    fundingIndex: -(2n ** 61n),
  };
  const other = { ...wide, account: 4_000_000_000, lots: -(2n ** 60n) - 1n, fundingIndex: 2n ** 53n - 1n };
  const state = marketOf([wide, other, position(1, 10n, 50_000_000n, 1n), position(2, -10n, 50_000_000n, 1n)]);
  state.topUps.set(7, { triggerRate: 15_000n, remaining: 2n ** 80n });
  state.steps.set(2, { began: 1_700_000_000n, closed: 5n });
  [state.sequence, state.accruedAt] = [2n ** 63n, 1_700_000_001n];
  const hash = `0x${"ab".repeat(32)}` as const;
  const block = { number: 5n, hash, parentHash: hash, timestamp: 9n };
  const parameters = { ...PARAMETERS, name: "12n" };
  const world: World = {
    markets: new Map([[1, { parameters, source: "0xaa", state }]]),
    feeds: { sources: new Map(), emitters: new Map() },
    frames: [{ block, undos: [] }],
  };
  const first = createStateStore({ ...IDENTITY, path });
  first.save({ world });
  first.close();
  const second = createStateStore({ ...IDENTITY, path });
  const loaded = second.load() as World;
  second.close();
  assert.deepEqual(compareWorlds(loaded, world), []);
  assert.deepEqual(compareWorlds(world, loaded), []);
  const back = loaded.markets.get(1);
  assert.deepEqual(back?.parameters, parameters);
  assert.deepEqual(tipOf(loaded), block);
  assert.deepEqual([back?.state.topUps, back?.state.steps], [state.topUps, state.steps]);
  assert.deepEqual([back?.state.sequence, back?.state.accruedAt], [state.sequence, state.accruedAt]);
  applyChange(back?.state as typeof state, position(9, 1n, 50_000_000n, 1n));
  assert.equal(back?.state.positions.get(9)?.joined, 4, "who comes next joins after everybody");
});

test("behavior: a file of another deployment is not read, one that contradicts itself is reported", async () => {
  const fake = createFakeChain();
  fake.mine([position(1, 10n, 50_000_000n, 4_000_000n), position(2, -10n, 50_000_000n, 4_000_000n)]);
  const path = newFile();
  const keeper = open(fake, path);
  await keeper.look();
  keeper.store.close();
  for (const other of [{ chainId: 1 }, { exchange: `0x${"12".repeat(20)}` }]) {
    const store = createStateStore({ ...IDENTITY, ...other, path });
    assert.equal(store.load(), undefined);
    store.close();
  }
  const db = new DatabaseSync(path);
  db.exec("UPDATE position SET lots = lots + 1 WHERE account = (SELECT min(account) FROM position)");
  db.close();
  const again = open(fake, path);
  const { snapshot, resumed, world } = await again.look();
  assert.deepEqual([snapshot, resumed], [true, undefined]);
  assert.match(again.troubles[0] ?? "", /do not add up/);
  assertTruth(world, fake, "after");
  again.store.close();
});

test("error: a file that another process has is refused; what is no database is put aside", () => {
  const path = newFile();
  const first = createStateStore({ ...IDENTITY, path });
  assert.throws(() => createStateStore({ ...IDENTITY, path }), ConfigError);
  first.close();
  createStateStore({ ...IDENTITY, path }).close();
  const broken = newFile();
  writeFileSync(broken, "no database at all, but long enough to be taken for one by its length".repeat(200));
  const store = createStateStore({ ...IDENTITY, path: broken });
  assert.equal(store.load(), undefined);
  store.close();
  assert.ok(existsSync(`${broken}.broken`));
  assert.throws(
    () => createStateStore({ ...IDENTITY, path: join(folder, "nowhere", "x") }),
    /STATE_DB .* cannot be opened/,
  );
});

test("behavior: killed at any moment, the file holds exactly one block's world", async () => {
  const script = join(import.meta.dirname, "helpers", "saveLoop.ts");
  const path = newFile();
  let before = 0n;
  for (let round = 0; round < 8; round++) {
    const child = spawn(process.execPath, [script, path], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    await new Promise((resolve) => setTimeout(resolve, 20 + round * 13));
    child.kill("SIGKILL");
    await once(child, "exit");
    const store = createStateStore({ chainId: 1, exchange: "0xab", path });
    const world = store.load();
    store.close();
    assert.ok(world !== undefined, `round ${round}`);
    const { number } = tipOf(world);
    const market = world.markets.get(1);
    assert.ok(number > 0n && market?.state.sequence === number);
    for (let account = 1; account <= 42; account++) {
      assert.equal(
        market.state.positions.get(account)?.lots,
        account % 2 === 1 ? number : -number,
        `account ${account}`,
      );
    }
    before += number;
  }
  assert.ok(before > 16n, `only ${before} blocks were saved`);
});
