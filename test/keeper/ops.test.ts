import assert from "node:assert/strict";
import { test } from "node:test";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Plan } from "../../keeper/core/plan.ts";
import { addOpsRoutes } from "../../keeper/ops/addOpsRoutes.ts";
import { createAlerts } from "../../keeper/ops/createAlerts.ts";
import { createLog } from "../../keeper/ops/createLog.ts";
import { createMetrics } from "../../keeper/ops/createMetrics.ts";
import { createMonitor } from "../../keeper/ops/createMonitor.ts";
import { createRedactor, secretsOfUrl } from "../../keeper/ops/createRedactor.ts";
import type { KeeperEvent } from "../../keeper/ops/events.ts";
import type { WorldPlan } from "../../keeper/planWorld.ts";
import type { Advance } from "../../keeper/state/createFollower.ts";
import { viewOf } from "./helpers/view.ts";

const plan: Plan = {
  kind: "liquidate",
  market: 1,
  account: 8,
  isLong: true,
  lots: 10n,
  equity: 5n,
  maintenance: 6n,
  expectedLots: 4n,
};
const HASH = `0x${"12".repeat(32)}` as const;

function blockOf(number: bigint) {
  return { number, hash: HASH, parentHash: HASH, timestamp: number };
}

function advanceTo(number: bigint): Advance {
  const world = {
    markets: new Map(),
    feeds: { sources: new Map(), emitters: new Map() },
    frames: [{ block: blockOf(number), undos: [] }],
  };
  return { world, events: [], blocks: [], applied: 0, rolledBack: 0, snapshot: false };
}

function planAt(number: bigint, plans: readonly Plan[]): WorldPlan {
  return { block: blockOf(number), markets: [{ view: viewOf([]), openInterest: 0n, skips: [], plans }], missed: [] };
}

function setUp() {
  let ms = 0;
  let reason: string | undefined;
  const events: KeeperEvent[] = [];
  const log = (event: KeeperEvent) => events.push(event);
  const alerts = createAlerts({ log, webhook: undefined, repeatMs: 10_000, source: "test", now: () => ms });
  const sender = { breakerReason: () => reason, isOpen: () => true, quarantined: () => [] };
  const monitor = createMonitor({
    ...{ mode: "armed", alerts, sender, headSeconds: 60, unresolvedBlocks: 10, minBalance: 100n },
    now: () => ms,
  });
  const metrics = createMetrics({
    monitor,
    breakerReason: () => reason,
    isOpen: () => true,
    spending: () => ({ spent: 0n, wasted: 0n }),
  });
  const app = new OpenAPIHono();
  addOpsRoutes(app, { monitor, metrics, details: () => ({}) });
  const status = async (path: string) => (await app.request(path)).status;
  return {
    monitor,
    metrics,
    alerts,
    status,
    app,
    told: () => events.flatMap((event) => (event.type === "alert" ? [`${event.key} ${event.state}`] : [])),
    pass: (by: number) => {
      ms += by;
      monitor.judge();
    },
    breakBy: (why: string | undefined) => {
      reason = why;
      monitor.judge();
    },
  };
}

test("default: not ready before the first look, ready after it", async () => {
  const { monitor, status } = setUp();
  assert.deepEqual([await status("/healthz"), await status("/readyz"), await status("/status")], [200, 503, 503]);
  monitor.onAdvance(advanceTo(5n));
  monitor.onBalance(100n);
  assert.deepEqual([await status("/healthz"), await status("/readyz"), await status("/status")], [200, 200, 200]);
});

test("behavior: R37: a loop that turns while every look fails is neither ready nor healthy", async () => {
  const { monitor, status, pass, told } = setUp();
  monitor.onAdvance(advanceTo(5n));
  for (let i = 0; i < 50; i++) {
    monitor.onEvent({ type: "trouble", reason: "HTTP 503", retryMs: 1 });
    pass(1_000);
  }
  assert.equal(await status("/readyz"), 503);
  assert.equal(await status("/healthz"), 200, "not so soon: the endpoint may come back");
  pass(100_000);
  assert.equal(await status("/healthz"), 503);
  // R2: told once in the repeat interval, and again when it is over
  assert.equal(told()[0], "endpoint raised");
  monitor.onAdvance(advanceTo(6n));
  pass(0);
  assert.equal(told().at(-1), "endpoint cleared");
  assert.equal(await status("/healthz"), 200);
});

test("behavior: an alert is told once, again after its interval, and when it is over", () => {
  const { told, breakBy, pass, monitor } = setUp();
  monitor.onAdvance(advanceTo(5n));
  breakBy("no effect");
  breakBy("no effect");
  assert.deepEqual(told(), ["breaker raised"]);
  pass(10_000);
  assert.deepEqual(told(), ["breaker raised", "breaker raised"]);
  breakBy(undefined);
  assert.deepEqual(told(), ["breaker raised", "breaker raised", "breaker cleared"]);
});

test("behavior: work that nobody does pages; work that gets done in parts does not", () => {
  const { told, pass, monitor } = setUp();
  const look = (number: bigint, lots: bigint) => {
    monitor.onAdvance(advanceTo(number));
    monitor.onPlan(planAt(number, [{ ...plan, lots }]));
    pass(0);
  };
  for (let i = 0n; i < 20n; i++) look(i, 100n - i);
  assert.deepEqual(told(), []);
  for (let i = 20n; i < 40n; i++) look(i, 7n);
  assert.deepEqual(told(), ["unresolved raised"]);
  monitor.onPlan(planAt(40n, []));
  pass(0);
  assert.deepEqual(told(), ["unresolved raised", "unresolved cleared"]);
});

test("behavior: a head that stands still, a balance that runs out, a key that others use", async () => {
  const { told, pass, monitor, status } = setUp();
  monitor.onAdvance(advanceTo(5n));
  monitor.onBalance(99n);
  pass(40_000);
  monitor.onAdvance(advanceTo(5n));
  pass(30_000);
  monitor.onEvent({ type: "tx", what: "external", block: 5n, intent: 1, nonce: 3, hash: HASH, plan });
  assert.deepEqual(
    new Set(told()),
    new Set(["balance raised", "head raised", "externalNonce raised", "balance raised"]),
  );
  assert.equal(await status("/readyz"), 503);
});

test("behavior: R35: a webhook that hangs or fails keeps nobody waiting, and loses only what is too much", async () => {
  let release: (() => void) | undefined;
  const bodies: string[] = [];
  const alerts = createAlerts({
    ...{ log: () => undefined, webhook: "http://fake", repeatMs: 1, source: "test" },
    post: (_, body) => {
      bodies.push(body);
      return new Promise((resolve, reject) => {
        release = bodies.length === 1 ? () => reject(new Error("down")) : resolve;
        if (bodies.length > 1) resolve();
      });
    },
  });
  const started = performance.now();
  for (let i = 0; i < 150; i++) alerts.raise(`key ${i}`, "warn", "text");
  assert.ok(performance.now() - started < 1_000);
  await alerts.flush(20);
  assert.equal(bodies.length, 1);
  release?.();
  await alerts.flush(5_000);
  assert.equal(bodies.length, 101);
  assert.equal(alerts.undelivered(), 50);
  assert.equal(JSON.parse(bodies.at(-1) ?? "").key, "key 149");
});

test("default: metrics count what is logged, without accounts or hashes", async () => {
  const { metrics, monitor, app } = setUp();
  monitor.onAdvance(advanceTo(5n));
  metrics.onEvent({
    type: "attempt",
    block: 5n,
    plan,
    outcome: { kind: "outcompeted", reason: "NoPosition(1, 8)", hash: HASH },
  });
  metrics.onEvent({ type: "reorg", block: 5n, depth: 3 });
  const text = await metrics.text();
  assert.match(text, /keeper_attempts_total\{kind="liquidate",outcome="outcompeted"\} 1/);
  assert.match(text, /keeper_mined_total\{kind="liquidate",outcome="outcompeted"\} 1/);
  assert.match(text, /keeper_reorg_depth_bucket\{le="3"\} 1/);
  assert.match(text, /keeper_head_number 5/);
  assert.ok(!text.includes(HASH));
  assert.equal((await app.request("/metrics")).headers.get("content-type"), metrics.contentType);
});

test("default: JSON logs have a level, the fields, and a sentence", () => {
  const lines: string[] = [];
  const log = createLog({ json: true, nameOf: () => "BTC", write: (line) => lines.push(line) });
  log({ type: "attempt", block: 5n, plan, outcome: { kind: "unexpected", reason: "Panic(17)" } });
  const { level, msg, type, block, plan: logged } = JSON.parse(lines[0] ?? "");
  assert.deepEqual([level, type, block, logged.lots], ["error", "attempt", 5, "10"]);
  assert.equal(msg, "block 5 BTC liquidate account 8 (long, 10 lots), about 4: unexpected: Panic(17)");
});

test("behavior: no secret is ever written, whatever event carries it, in text and in JSON", () => {
  const key = "0123456789abcdef".repeat(4);
  const url = `https://user:hunter2hunter2@rpc.example/v3/${"k".repeat(32)}?token=${"t".repeat(20)}`;
  const redact = createRedactor([key, ...secretsOfUrl(url)]);
  const poison = `failed with 0x${key} and ${key.toUpperCase()} at ${url}`;
  const events: KeeperEvent[] = [
    { type: "trouble", reason: poison, retryMs: 1 },
    { type: "attempt", block: 1n, plan, outcome: { kind: "infra", reason: poison } },
    { type: "breaker", block: 1n, open: true, reason: poison },
    { type: "alert", key: poison, state: "raised", severity: "page", text: poison },
    { type: "tx", what: "abandoned", block: 1n, intent: 1, nonce: 1, hash: HASH, plan, reason: poison },
    { type: "skip", block: 1n, skip: { market: 1, reason: "price unavailable", details: poison } },
    { type: "reconciled", block: 1n, differences: [poison] },
    { type: "serving", url: poison },
  ];
  for (const json of [true, false]) {
    const lines: string[] = [];
    const log = createLog({ json, nameOf: () => "BTC", write: (line) => lines.push(line), redact });
    for (const event of events) log(event);
    assert.equal(lines.length, events.length);
    for (const line of lines) {
      for (const secret of [key, "hunter2hunter2", "k".repeat(32), "t".repeat(20)])
        assert.ok(!line.toLowerCase().includes(secret), line);
      assert.ok(line.includes("[redacted]"));
    }
  }
});
