/**
 * Clocks that are wrong, that jump, and that stand still: nothing that matters may depend on them.
 */
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { planMarket } from "../../../keeper/core/planMarket.ts";
import { createAlerts } from "../../../keeper/ops/createAlerts.ts";
import { createMonitor } from "../../../keeper/ops/createMonitor.ts";
import { toJson } from "../../../keeper/ops/toJson.ts";
import { randomPosition } from "../helpers/market.ts";
import { createRandom } from "../helpers/random.ts";
import { viewOf } from "../helpers/view.ts";
import { createFleet, type FleetOptions } from "./helpers/createFleet.ts";
import { createNode, type NodeOptions } from "./helpers/createNode.ts";

const HOUR = 3_600_000;

function setUp(nodeOptions: NodeOptions = {}, fleetOptions: FleetOptions = {}) {
  const node = createNode(nodeOptions);
  const work = new Set<number>();
  const eligible = () => {
    const done = node.done();
    return [...work].filter((account) => !done.has(account));
  };
  const clock = { skew: 0 };
  const fleet = createFleet(node, eligible, { skew: () => clock.skew, ...fleetOptions });
  node.mine(3);
  const [keeper] = fleet.keepers;
  if (keeper === undefined) throw new Error("no keeper");
  return { node, fleet, keeper, work, clock };
}

test("behavior: R29: the wall clock jumps by hours, both ways, at any time: everything is done, and once", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = createRandom(seed);
    const { node, fleet, work, clock } = setUp({ ignores: () => random.below(4) === 0 });
    for (let i = 1; i <= 30; i++) {
      if (random.below(2) === 0) work.add(i);
      if (random.below(4) === 0) clock.skew = (random.below(25) - 12) * HOUR;
      await fleet.block();
      if (random.below(6) === 0) node.reorg(random.below(3) + 1, random.below(2) === 0);
    }
    for (let i = 0; i < 20; i++) await fleet.block();
    assert.deepEqual(
      [...work].filter((account) => !node.done().has(account)),
      [],
      `seed ${seed}`,
    );
    fleet.check();
    fleet.close();
  }
});

test("behavior: R29: the clock goes back an hour: transactions without effect open the breaker all the same", async () => {
  let silent = false;
  const { node, fleet, keeper, work, clock } = setUp(
    { behaviour: () => (silent ? "silent" : "works") },
    { confirmations: 1 },
  );
  for (let account = 1; account <= 3; account++) work.add(account);
  for (let i = 0; i < 5; i++) await fleet.block();
  assert.equal(node.done().size, 3);
  clock.skew = -HOUR;
  silent = true;
  for (let account = 11; account <= 18; account++) work.add(account);
  for (let i = 0; i < 10; i++) await fleet.block();
  assert.equal(node.accepted.length, 6, "three more, and no further");
  assert.match(keeper.executor().breakerReason() ?? "", /had no effect/);
  fleet.close();
});

test("behavior: R29: the clock goes back an hour: an open breaker tries again after its ten minutes, not after seventy", async () => {
  const { node, fleet, keeper, work, clock } = setUp({ behaviour: () => "silent" }, { confirmations: 1 });
  for (let account = 1; account <= 8; account++) work.add(account);
  for (let i = 0; i < 8; i++) await fleet.block();
  assert.equal(node.accepted.length, 3);
  clock.skew = -HOUR;
  assert.match(keeper.executor().breakerReason() ?? "", /had no effect/, "still open");
  for (let i = 0; i < 3; i++) await fleet.block();
  fleet.pass(700_000);
  for (let i = 0; i < 3; i++) await fleet.block();
  assert.equal(node.accepted.length, 4);
  fleet.close();
});

test("behavior: R29: the clock goes back: gas that was wasted stays counted", async () => {
  const { node, fleet, keeper, work, clock } = setUp(
    { behaviour: () => "revert" },
    { wasteBudget: 60_000n * 1_100n * 4n, confirmations: 1 },
  );
  for (let account = 1; account <= 20; account++) work.add(account);
  for (let i = 0; i < 12; i++) {
    if (i === 3) clock.skew = -5 * HOUR;
    await fleet.block();
  }
  assert.equal(node.accepted.length, 4);
  assert.match(keeper.executor().breakerReason() ?? "", /WASTE_BUDGET/);
  fleet.close();
});

test("behavior: R29: the process stands still for half a minute between signing and sending, and between sending and looking", async () => {
  for (const at of ["committed", "sent", "mined"] as const) {
    let stalled = false;
    const { node, fleet, keeper, work } = setUp(
      {},
      {
        crash: (_, point) => {
          if (point !== at || stalled) return false;
          stalled = true;
          fleet.pass(30_000);
          // the chain went on meanwhile
          node.mine(3);
          return false;
        },
      },
    );
    work.add(5);
    for (let i = 0; i < 8; i++) await fleet.block();
    assert.ok(stalled, at);
    assert.deepEqual([...node.done()], [5], at);
    assert.deepEqual(keeper.journal().count(), { final: 1 }, at);
    fleet.check();
    fleet.close();
  }
});

test("behavior: R29: the watchdog: a loop that stands still is told by time that only goes forward, whatever the wall clock says", () => {
  let ms = 0;
  const raised: string[] = [];
  const alerts = createAlerts({
    log: (event) => event.type === "alert" && raised.push(event.key),
    webhook: undefined,
    repeatMs: HOUR,
    source: "test",
    now: () => ms,
  });
  const monitor = createMonitor({
    ...{ mode: "armed", alerts, sender: undefined, headSeconds: 60, unresolvedBlocks: 10, minBalance: 0n },
    now: () => ms,
  });
  const hash = `0x${"12".repeat(32)}` as const;
  const look = (number: bigint) => {
    const block = { number, hash, parentHash: hash, timestamp: number };
    const world = {
      markets: new Map(),
      feeds: { sources: new Map(), emitters: new Map() },
      frames: [{ block, undos: [] }],
    };
    monitor.onAdvance({ world, events: [], blocks: [], applied: 1, rolledBack: 0, snapshot: false });
    monitor.onPlan({ block, markets: [], missed: [] });
    monitor.judge();
  };
  mock.timers.enable({ apis: ["Date"], now: 1_800_000_000_000 });
  try {
    look(1n);
    assert.ok(monitor.isAlive());
    mock.timers.setTime(1_800_000_000_000 + 5 * HOUR);
    monitor.judge();
    assert.ok(monitor.isAlive(), "only the wall clock moved");
    assert.deepEqual(raised, []);
    ms += 130_000;
    mock.timers.setTime(1_800_000_000_000 - 5 * HOUR);
    monitor.judge();
    assert.ok(!monitor.isAlive(), "two minutes without a look, by the time that passed");
    assert.ok(raised.length > 0);
    look(2n);
    assert.ok(monitor.isAlive());
  } finally {
    mock.timers.reset();
  }
});

test("behavior: R29: plans know the chain's time only", () => {
  const random = createRandom(29);
  const views = Array.from({ length: 30 }, () =>
    viewOf(Array.from({ length: 40 }, (_, i) => randomPosition(random, i + 1))),
  );
  const plans = () => toJson(views.map((view) => planMarket(view, { pokeSeconds: 45, warnMove: 20_000n })));
  const expected = plans();
  for (const now of [0, 1_000, 4_000_000_000_000]) {
    mock.timers.enable({ apis: ["Date"], now });
    assert.equal(plans(), expected);
    mock.timers.reset();
  }
});
