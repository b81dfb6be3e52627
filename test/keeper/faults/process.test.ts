/**
 * The keeper as a process, on a real chain with the contracts: ends, restarts, locks, the command line, and what it writes.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createScene, type Scene } from "../../../scripts/bench/keeper/createScene.ts";
import { killChildren } from "../../../scripts/demo/chain/children.ts";
import { createFaultProxy, type FaultProxy } from "../../../scripts/lib/createFaultProxy.ts";

const MAIN = "keeper/cli/main.ts";
let scene: Scene;
let proxy: FaultProxy;
let directory: string;
let key: string;

before(async () => {
  scene = await createScene({ pairs: 8, keepers: 1 });
  proxy = await createFaultProxy(scene.url, 7);
  directory = mkdtempSync(join(tmpdir(), "plimsoll-process-"));
  key = scene.keys[0] ?? "";
});

const children = new Set<ChildProcess>();

after(async () => {
  for (const child of children) child.kill("SIGKILL");
  killChildren();
  await proxy.close();
  scene.remove();
  rmSync(directory, { recursive: true, force: true });
});

type Run = {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly end: Promise<number | null>;
  readonly until: (pattern: RegExp) => Promise<void>;
};

function keeper(args: readonly string[], env: Record<string, string> = {}): Run {
  const common = {
    RPC_URL: proxy.url,
    DEPLOYMENT: scene.deployment,
    KEEPER_PRIVATE_KEY: key,
    JOURNAL: join(directory, "journal.sqlite"),
  };
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env["PATH"], TMPDIR: directory, ...common, ...env },
  });
  children.add(child);
  child.on("exit", () => children.delete(child));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const end = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const until = async (pattern: RegExp): Promise<void> => {
    for (let i = 0; i < 600; i++) {
      if (pattern.test(output)) return;
      if (child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.fail(`${pattern} was not said:\n${output.slice(-2_000)}`);
  };
  return { child, output: () => output, end, until };
}

const ARMED = [
  "--mode",
  "armed",
  "--json",
  "--poll-ms",
  "30",
  "--jitter-ms",
  "0",
  "--head-seconds",
  "0",
  "--confirmations",
  "2",
];

test("default: runs, does the work, ends with 0 on SIGTERM; a second one with its key or its journal refuses", async () => {
  const first = keeper([...ARMED, "--http-port", "0"]);
  await first.until(/"type":"idle"/);
  await scene.move(scene.start * 0.955, true);
  await scene.mine();
  await first.until(/"kind":"effective"/);

  const sameKey = keeper([...ARMED, "--journal", join(directory, "other.sqlite")]);
  assert.equal(await sameKey.end, 1);
  assert.match(sameKey.output(), /The key of 0x\w+ is in use by process \d+/);
  const list = keeper(["tx", "list"]);
  assert.equal(await list.end, 0);
  assert.match(list.output(), /1:liquidate:\d+ +(mined|final) +effective/);
  const show = keeper(["tx", "show", "1"]);
  assert.equal(await show.end, 0);
  assert.match(show.output(), /outcome effective/);
  const cancel = keeper(["tx", "cancel", "1"]);
  assert.equal(await cancel.end, 1);
  assert.match(cancel.output(), /only an open one can be cancelled/);

  const port = /"url":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(first.output())?.[1] ?? "";
  const status = keeper(["status", "--http-port", port]);
  assert.equal(await status.end, 0, status.output());
  assert.match(status.output(), /breaker +closed +healthy/);
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  assert.match(metrics, /keeper_attempts_total\{kind="liquidate",outcome="effective"\} [1-9]/);
  for (const path of ["/healthz", "/readyz"])
    assert.equal((await fetch(`http://127.0.0.1:${port}${path}`)).status, 200, path);

  const asked = Date.now();
  first.child.kill("SIGTERM");
  assert.equal(await first.end, 0);
  assert.ok(Date.now() - asked < 12_000);
  assert.match(first.output(), /"type":"stopped"/);
});

test("behavior: R33: killed again and again while it works; no lock stays, no nonce is lost, everything is done", async () => {
  const { client } = scene.chain;
  const address = scene.keeperAddresses[0] ?? "0x";
  let price = scene.start * 0.955;
  await scene.byClock();
  for (let i = 0; i < 5; i++) {
    price *= 0.985;
    await scene.move(price, true);
    await scene.mine();
    const run = keeper(ARMED);
    await run.until(/"type":"started"/);
    await new Promise((resolve) => setTimeout(resolve, 150 + 170 * i));
    if (i % 2 === 0) await scene.mine();
    run.child.kill("SIGKILL");
    await run.end;
  }
  const last = keeper(ARMED);
  await last.until(/"type":"started"/);
  for (let i = 0; i < 25; i++) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    await scene.mine();
  }
  const [latest, pending] = await Promise.all([
    client.getTransactionCount({ address, blockTag: "latest" }),
    client.getTransactionCount({ address, blockTag: "pending" }),
  ]);
  assert.equal(pending, latest, "something waits in the mempool");
  last.child.kill("SIGTERM");
  assert.equal(await last.end, 0);
  const list = keeper(["tx", "list", "--json"]);
  await list.end;
  const intents = JSON.parse(list.output()) as { nonce: number; status: string; hash: `0x${string}` }[];
  const mined = intents.filter(({ status }) => status === "mined" || status === "final");
  // KEEPER_DEPOSIT and approvals came before: the keeper's own begin after them
  const nonces = mined.map(({ nonce }) => nonce).toSorted((a, b) => a - b);
  assert.ok(nonces.length > 0);
  assert.deepEqual(
    nonces,
    Array.from({ length: latest - (nonces[0] ?? 0) }, (_, i) => (nonces[0] ?? 0) + i),
  );
  for (const { hash } of mined) assert.ok((await client.getTransactionReceipt({ hash })).blockNumber > 0n);
  const plan = keeper(["plan", "--json"]);
  await plan.end;
  const { markets } = JSON.parse(plan.output()) as { markets: { plans: unknown[] }[] };
  assert.deepEqual(
    markets.flatMap(({ plans }) => plans),
    [],
    "work is left",
  );
});

test("behavior: R6 R7: a reorganisation takes our transaction back; the same one is mined again", async () => {
  const { rpc, client } = scene.chain;
  await scene.byClock();
  const address = scene.keeperAddresses[0] ?? "0x";
  const journal = join(directory, "reorg.sqlite");
  const run = keeper([...ARMED, "--confirmations", "12", "--journal", journal]);
  await run.until(/"type":"idle"/);
  const snapshot = await rpc.request<string>("evm_snapshot");
  const before = await client.getTransactionCount({ address, blockTag: "latest" });
  const fall = async () => {
    // below where the tests before this one left it
    await scene.move(scene.start * 0.84, true);
    await scene.mine();
  };
  const blocks = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      await scene.mine();
    }
  };
  await fall();
  await blocks(4);
  await run.until(/"kind":"effective"/);
  await rpc.request("evm_revert", [snapshot]);
  assert.equal(await client.getTransactionCount({ address, blockTag: "latest" }), before, "taken back");
  await fall();
  await blocks(18);
  await run.until(/"what":"unmined"/);
  run.child.kill("SIGTERM");
  assert.equal(await run.end, 0);
  const list = keeper(["tx", "list", "--json", "--journal", journal]);
  await list.end;
  const intents = JSON.parse(list.output()) as { nonce: number; status: string; hash: `0x${string}` }[];
  for (const { nonce, status, hash } of intents) {
    assert.ok(status === "mined" || status === "final", `nonce ${nonce} is ${status}`);
    assert.equal((await client.getTransaction({ hash })).nonce, nonce);
  }
  assert.ok(intents.length > 0);
});

test("behavior: no secret is written, whatever the endpoint does", async () => {
  const secretPath = "averylongaccesskey0123456789";
  proxy.set(400);
  const run = keeper(ARMED, { RPC_URL: `${proxy.url}/${secretPath}` });
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  proxy.set(1_000, ["http503"]);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  proxy.set(0);
  run.child.kill("SIGTERM");
  await run.end;
  assert.ok(run.output().length > 0);
  assert.ok(!run.output().toLowerCase().includes(key.slice(2).toLowerCase()));
  assert.ok(!run.output().includes(secretPath));
});

test("error: exit codes: 1 for what the operator has to change, 75 for what may go away", async () => {
  const cases: [string[], Record<string, string>, number, RegExp][] = [
    [["--mode", "yolo"], {}, 1, /must be observe, shadow or armed/],
    [["--chain-id", "5"], {}, 1, /is for chain 31337, CHAIN_ID is 5/],
    [["check", "--markets", "DOGE"], {}, 1, /there is no market DOGE; there are BTC, ETH/],
    [["--mode", "armed"], { KEEPER_PRIVATE_KEY: `0x${"ab".repeat(32)}` }, 1, /has no balance to pay gas with/],
    [["--mode", "armed"], { RPC_URL: "http://127.0.0.1:1" }, 75, /does not answer/],
    [["status", "--http-port", "1"], {}, 75, /No keeper answers/],
    [["no-such-command"], {}, 1, /Unknown command/],
    [["check"], {}, 0, /ok {6}balance/],
    [["config", "docs"], {}, 0, /KEEPER_PRIVATE_KEY/],
  ];
  await Promise.all(
    cases.map(async ([args, env, code, text]) => {
      const run = keeper(args, env);
      assert.equal(await run.end, code, `${args.join(" ")}: ${run.output()}`);
      assert.match(run.output(), text);
    }),
  );
});

test("behavior: alerts reach the webhook", async () => {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    request.on("data", (chunk: Buffer) => bodies.push(chunk.toString()));
    request.on("end", () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const run = keeper([...ARMED, "--min-balance", "1000000"], { ALERT_WEBHOOK: `http://127.0.0.1:${port}/hook` });
  await run.until(/"key":"balance"/);
  for (let i = 0; i < 40 && bodies.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 50));
  run.child.kill("SIGTERM");
  await run.end;
  server.close();
  const { key: about, severity, state } = JSON.parse(bodies[0] ?? "{}");
  assert.deepEqual([about, severity, state], ["balance", "page", "raised"]);
});
