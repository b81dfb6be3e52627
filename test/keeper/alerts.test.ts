import assert from "node:assert/strict";
import { test } from "node:test";
import { createKeeper } from "../../keeper/createKeeper.ts";
import type { KeeperEvent } from "../../keeper/ops/events.ts";
import { formatEvent } from "../../keeper/ops/formatEvent.ts";
import { createFakeChain } from "./helpers/fakeChain.ts";
import { position } from "./helpers/market.ts";

const p = (account: number, margin = 4_000_000n) => position(account, 10n, 50_000_000n, margin);

function observe(reconcileBlocks = 0) {
  const fake = createFakeChain();
  const events: KeeperEvent[] = [];
  const keeper = createKeeper({
    chain: fake.chain,
    worker: undefined,
    pollMs: 10,
    pageSize: 10,
    maxCounterparties: 40,
    maxSteps: 64,
    reconcileBlocks,
    logRange: 100,
    pokeSeconds: 0,
    maxReorg: 64,
    warnMove: 0,
    log: (event) => events.push(event),
    signal: new AbortController().signal,
  });
  const said = async () => {
    events.length = 0;
    await keeper.drain();
    return events.map((event) => (event.type === "anomaly" ? `anomaly: ${event.reason}` : event.type));
  };
  return { fake, said, events };
}

test("behavior: an event that was left out at the tip is noticed before anything is planned on it", async () => {
  const { fake, said, events } = observe();
  fake.leaveOutBlooms();
  fake.mine([p(1)]);
  await said();
  fake.withhold(1);
  fake.mine([p(2)]);
  const anomaly = "anomaly: events were missed, taking a snapshot";
  assert.deepEqual(await said(), [anomaly, "snapshot", "idle"]);
  const found = events.find(({ type }) => type === "anomaly") as Extract<KeeperEvent, { type: "anomaly" }>;
  assert.deepEqual(found.details, ["BTC: event 1, should be 2"]);
  assert.equal(
    formatEvent(found, String),
    `ANOMALY block 2 events were missed, taking a snapshot: BTC: event 1, should be 2`,
  );
  fake.mine([p(3)]);
  assert.deepEqual(await said(), ["idle"]);
});

test("behavior: a position that was told wrong is found by reconciling: an anomaly, and a fresh snapshot", async () => {
  const { fake, said, events } = observe(3);
  fake.mine([p(1)]);
  await said();
  fake.tamperWith((log) => ({ ...log, data: log.data.replace("2625a00", "2625a01") }));
  fake.mine([p(2)]);
  assert.deepEqual(await said(), ["idle"], "number and form are right");
  fake.comply();
  for (let i = 0; i < 3; i++) fake.mine();
  assert.deepEqual(await said(), [
    "reconciled",
    "anomaly: the local state was wrong, taking a snapshot",
    "snapshot",
    "idle",
  ]);
  const found = events.find(({ type }) => type === "anomaly") as Extract<KeeperEvent, { type: "anomaly" }>;
  assert.deepEqual(found.details, ["BTC: account 2 differs"]);
  for (let i = 0; i < 3; i++) fake.mine();
  assert.deepEqual(await said(), ["reconciled", "idle"]);
});
