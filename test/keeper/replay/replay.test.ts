/**
 * The command `replay` on a real node, over a history that a keeper made: it agrees with what happened, block by block; and where somebody was faster than
 * any plan, it says so.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { encodeFunctionData } from "viem";
import { exchangeAbi } from "../../../keeper/chain/abi.ts";
import { createScene, type Scene } from "../../../scripts/bench/keeper/createScene.ts";
import { killChildren } from "../../../scripts/demo/chain/children.ts";
import { ROLES } from "../../../scripts/demo/chain/keys.ts";
import { readMarkets } from "../../../scripts/demo/market/readMarkets.ts";
import { createCalls } from "../../../scripts/demo/traders/calls.ts";
import { createGate } from "../drill/helpers.ts";
import { runCli, type StartedCli, startCli } from "../helpers/runCli.ts";

let scene: Scene;
let directory: string;
let env: Record<string, string>;
/** The blocks in which the keeper was there: the first before any fall, the last with nothing left to do. */
let from: number;
let to: number;

before(async () => {
  scene = await createScene({ pairs: 12, keepers: 1 });
  directory = mkdtempSync(join(tmpdir(), "plimsoll-replay-"));
  env = { RPC_URL: scene.url, DEPLOYMENT: scene.deployment };
  await scene.awaitPrice(scene.start * 0.88);
  const { timestamp } = await scene.chain.head();
  await scene.chain.mine([], timestamp + 600);
  await scene.byClock();
  // before the fall, what a keeper saves
  const watching = startCli(["--json", "--state-db", join(directory, "state.sqlite")], env);
  await watching.until(/"type":"idle"/);
  watching.child.kill("SIGTERM");
  assert.equal((await watching.end).code, 0);
  await scene.mine();
  from = Number((await scene.chain.head()).number);

  const flags = ["--mode", "armed", "--json", "--poll-ms", "20", "--jitter-ms", "0", "--head-seconds", "0"];
  const key = { KEEPER_PRIVATE_KEY: scene.keys[0] ?? "", JOURNAL: ":memory:" };
  const keeper = startCli([...flags, "--state-db", join(directory, "later.sqlite")], { ...env, ...key });
  await keeper.until(/"type":"idle"/);
  // bankruptcies, then liquidations: the bids wait for the last of these prices
  const { addresses } = await readMarkets(scene.chain.client, scene.deployment);
  const administrator = scene.chain.accounts[ROLES.administrator];
  assert.ok(administrator !== undefined);
  for (const fall of [0.935, 0.915, 0.88]) {
    await scene.chain.mine([createCalls(addresses).setPrice(administrator, scene.market, scene.start * fall)]);
    await scene.byClock();
    await untilDone(keeper);
  }
  keeper.child.kill("SIGTERM");
  assert.equal((await keeper.end).code, 0);
  to = Number((await scene.chain.head()).number);
});

after(() => {
  killChildren();
  scene.remove();
  rmSync(directory, { recursive: true, force: true });
});

/** Blocks come until the keeper has nothing to do in one of them. */
async function untilDone(keeper: StartedCli): Promise<void> {
  for (let i = 0; i < 60; i++) {
    await scene.mine();
    const { number } = await scene.chain.head();
    await new Promise((resolve) => setTimeout(resolve, 250));
    if (i > 3 && new RegExp(`"type":"idle","block":${number},"waiting":0`).test(keeper.said())) return;
  }
  assert.fail(`the keeper is never done: ${keeper.said().slice(-2_000)}`);
}

type Block = {
  type: "block";
  block: number;
  happened: { event: string; market: number; account: number; lots?: string; hash: string }[];
  scores: { what: string; kind: string; account: number }[];
  markets: { name: string; prices: { ok: boolean }; plans: { kind: string; account: number }[]; skips: object[] }[];
  troubles: string[];
};
type Report = {
  type: "report";
  from: string;
  to: string;
  blocks: number;
  planned: number;
  began: string;
  hits: number;
  late: number;
  misses: number;
  unclaimed: number;
};

async function replay(args: readonly string[], given = env): Promise<{ blocks: Block[]; report: Report }> {
  const run = await runCli(["replay", "--json", ...args], given);
  assert.equal(run.code, 0, run.stderr);
  const lines = run.stdout.trimEnd().split("\n");
  const parsed = lines.map((line) => JSON.parse(line) as Block | Report);
  const report = parsed.pop();
  assert.ok(report?.type === "report");
  return { blocks: parsed as Block[], report };
}

const WORK = new Set(["Liquidated", "BankruptcySwept", "DeleverageCall"]);

test("default: agrees with what a keeper did: everything was planned before it happened, and nothing else was", async () => {
  const { blocks, report } = await replay(["--from", String(from), "--to", String(to)]);
  assert.deepEqual(
    blocks.map(({ block }) => block),
    Array.from({ length: to - from + 1 }, (_, i) => from + i),
  );
  assert.deepEqual(
    blocks.flatMap(({ troubles }) => troubles),
    [],
  );
  const calls = new Set(
    blocks.flatMap(({ happened }) => happened.flatMap(({ event, hash }) => (WORK.has(event) ? [hash] : []))),
  );
  assert.ok(calls.size >= 5, `the history has ${calls.size} calls`);
  const kinds = new Set(blocks.flatMap(({ happened }) => happened.map(({ event }) => event)));
  for (const event of ["Liquidated", "AutoDeleveraged", "DeleverageCall"])
    assert.ok(kinds.has(event), [...kinds].join());
  assert.deepEqual([report.hits, report.misses, report.late, report.unclaimed], [calls.size, 0, 0, 0]);
  assert.deepEqual([report.blocks, report.began], [to - from + 1, "snapshot"]);

  // the plan stands in the block before the one it was carried out in
  for (const { block, scores } of blocks) {
    const previous = blocks.find((one) => one.block === block - 1);
    for (const { what, kind, account } of scores) {
      assert.equal(what, "hit");
      const plans = previous?.markets.flatMap(({ plans }) => plans) ?? [];
      assert.ok(
        plans.some((plan) => plan.kind === kind && plan.account === account),
        `${kind} ${account} at ${block}`,
      );
    }
  }
  assert.deepEqual(
    blocks.at(-1)?.markets.flatMap(({ plans }) => plans),
    [],
    "nothing is left at the end",
  );
});

test("behavior: begun from what a keeper had saved before, it finds the same", async () => {
  const range = ["--from", String(from), "--to", String(to)];
  const fresh = await replay(range);
  const state = ["--state-db", join(directory, "state.sqlite")];
  const resumed = await replay([...range, ...state]);
  assert.equal(resumed.report.began, "database");
  assert.deepEqual(resumed.blocks, fresh.blocks);
  // the file is not written to: a second time is like the first
  assert.equal((await replay([...range, ...state])).report.began, "database");
  const later = await replay([...range, "--state-db", join(directory, "later.sqlite")]);
  assert.equal(later.report.began, "snapshot", "what was saved later than the first block is of no use");
  assert.deepEqual(later.blocks, fresh.blocks);
});

test("behavior: the text names plans, skips and happenings, each once, and counts at the end", async () => {
  const run = await runCli(["replay", "--from", String(from), "--to", String(to), "--market", "BTC"], env);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /^ {2}price {5}BTC 93,500$/m);
  assert.match(run.stdout, /^ {2}would {5}BTC deleverage account 4 \(long, 400 lots\)/m);
  assert.match(run.stdout, /^ {2}happened {2}BTC AutoDeleveraged account 4 against account \d+: 0\.04, tx 0x/m);
  assert.match(run.stdout, /^ {2}score {5}BTC deleverage of account 4: would have been in time$/m);
  assert.match(run.stdout, /^ {2}leaves {4}BTC account 6: market insolvent/m);
  assert.ok(!run.stdout.includes("ETH"), "another market was asked for");
  assert.match(run.stdout, /\d+ in time, 0 late, 0 missed, 0 that nobody did, \d+ that the simulation refused\n$/);
});

test("behavior: what was done in the very block of its price is missed, and what nobody did is unclaimed", async () => {
  const { chain, market } = scene;
  const { addresses } = await readMarkets(chain.client, scene.deployment);
  const calls = createCalls(addresses);
  const [administrator, stranger] = [chain.accounts[ROLES.administrator], chain.accounts[ROLES.bystander]];
  assert.ok(administrator !== undefined && stranger !== undefined);
  const bounds = {
    maxSteps: 64,
    maxCounterparties: 40,
    deadline: 0,
    minPrice: -(2n ** 127n),
    maxPrice: 2n ** 127n - 1n,
  };
  const args = [BigInt(market.id), [], { ...bounds, nominee: 0 }] as const;
  const data = encodeFunctionData({ abi: exchangeAbi, functionName: "autoDeleverage", args });
  // three are bankrupt at this price: the stranger closes one of them in its own block; then the price comes back
  const { mined, block } = await chain.mine([
    calls.setPrice(administrator, market, scene.start * 0.83),
    { from: stranger, to: addresses.exchange, data, gas: 15_000_000 },
  ]);
  assert.deepEqual(
    mined.map(({ ok }) => ok),
    [true, true],
  );
  await chain.mine([calls.setPrice(administrator, market, scene.start)]);
  for (let i = 0; i < 4; i++) await chain.mine([]);
  const { report, blocks } = await replay(["--from", String(block.number)]);
  assert.deepEqual([report.hits, report.misses, report.late, report.unclaimed], [0, 1, 0, 1]);
  assert.deepEqual(
    blocks.flatMap(({ scores }) => scores.map(({ what, kind }) => `${what} ${kind}`)),
    ["miss deleverage", "unclaimed deleverage"],
  );
});

test("error: asked for wrongly, in one line", async () => {
  const cases: [string[], RegExp][] = [
    [[], /^keeper: replay needs --from, the first block to replay\n$/],
    [["--from", "x"], /^keeper: --from must be a block number: x\n$/],
    [["--from", "9", "--to", "8"], /^keeper: --to must not be before --from: 8 < 9\n$/],
    [["--from", "999999"], /^keeper: --from 999999 is not there yet: the newest block is \d+\n$/],
    [["--from", "1"], /^keeper: --from must be later: at block 0 there was no exchange yet\n$/],
    [["--from", "40", "--market", "DOGE"], /^keeper: MARKETS: there is no market DOGE; there are BTC, ETH\n$/],
    [["--from", "40", "--state-db", "nowhere.sqlite"], /^keeper: STATE_DB nowhere.sqlite does not exist\n$/],
  ];
  await Promise.all(
    cases.map(async ([args, line]) => {
      const run = await runCli(["replay", ...args], env);
      assert.deepEqual([run.code, run.stdout], [1, ""]);
      assert.match(run.stderr, line);
    }),
  );
});

test("behavior: it only reads", async () => {
  const gate = await createGate(scene.url, () => false);
  await replay(["--from", String(from), "--to", String(from + 4)], { ...env, RPC_URL: gate.url });
  const asked = [...new Set(gate.seen())].toSorted();
  gate.close();
  const reads = ["eth_call", "eth_chainId", "eth_getBlockByNumber", "eth_getCode", "eth_getLogs"];
  assert.deepEqual(
    asked.filter((method) => !reads.includes(method)),
    [],
  );
});
