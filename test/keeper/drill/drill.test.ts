/**
 * The command `drill` as a process, on a real node with the contracts: what it finds, and that it leaves nothing behind.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createScene, type Scene } from "../../../scripts/bench/keeper/createScene.ts";
import { killChildren } from "../../../scripts/demo/chain/children.ts";
import { runCli, startCli } from "../helpers/runCli.ts";
import { startAnvil } from "../helpers/startAnvil.ts";
import { createGate, fingerprint } from "./helpers.ts";

let scene: Scene;
let env: Record<string, string>;

before(async () => {
  // longs with 5 % to 20 % of margin: at -12 % five of them are bankrupt and two are below maintenance
  scene = await createScene({ pairs: 12, keepers: 1 });
  await scene.awaitPrice(scene.start * 0.88);
  // grown long ago: everybody has a claim on the fund
  const { timestamp } = await scene.chain.head();
  await scene.chain.mine([], timestamp + 600);
  env = { RPC_URL: scene.url, DEPLOYMENT: scene.deployment };
});

after(() => {
  killChildren();
  scene.remove();
});

type Stage = { accounts: number; closed: number; counterparties: number; lots: string };
type Report = {
  block: number;
  ended: string;
  cleared: boolean;
  blocks: number;
  lastEffect: number;
  chainSeconds: number;
  markets: {
    name: string;
    before: string;
    after: string;
    positions: number;
    shocked: { liquidatable: number; bankrupt: number; deficit: string };
    end: { liquidatable: number; bankrupt: number; deficit: string };
    tally: Record<"liquidation" | "sweep" | "deleverage" | "principal" | "preventive", Stage> & { cover: string };
  }[];
  left: { account: number; what: string; reason: string; meaning?: string }[];
  insurance: { before: string; after: string; drawn: string };
  gas: { used: string; wasted: string };
  calls: { kind: string; outcome: string; gas: string; lots: string }[];
  findings: { id: string; holds: boolean; text: string }[];
};

async function drill(args: readonly string[], code: number, given = env): Promise<Report> {
  const run = await runCli(["drill", "--json", ...args], given);
  assert.equal(run.code, code, run.stdout + run.stderr);
  return JSON.parse(run.stdout) as Report;
}

test("default: a crash liquidates and deleverages, is cleared, and the chain is as it was", async () => {
  const untouched = await fingerprint(scene);
  const report = await drill(["--shock", "BTC=-12%"], 0);
  assert.deepEqual(await fingerprint(scene), untouched);

  assert.deepEqual([report.cleared, report.ended, report.left.length], [true, "cleared", 0]);
  assert.equal(report.block, Number(untouched.block.number));
  assert.equal(report.markets.length, 1, "ETH was not shocked");
  const [btc] = report.markets;
  assert.ok(btc !== undefined);
  assert.equal(BigInt(btc.after), (BigInt(btc.before) * 88n) / 100n);
  assert.deepEqual([btc.shocked.liquidatable, btc.shocked.bankrupt], [2, 5]);
  assert.ok(BigInt(btc.shocked.deficit) > 0n);
  assert.deepEqual(btc.end, { liquidatable: 0, bankrupt: 0, deficit: "0" });
  const { liquidation, sweep, deleverage, principal, preventive } = btc.tally;
  assert.deepEqual([liquidation.accounts, liquidation.closed], [2, 2]);
  // the bids rest below the mark, where the fund would have to pay more than what is missing: counterparties in profit are closed instead
  assert.deepEqual([deleverage.accounts, deleverage.closed, deleverage.counterparties], [5, 5, 5]);
  assert.deepEqual([sweep.lots, principal.lots, preventive.lots], ["0", "0", "0"]);
  assert.equal(deleverage.lots, "2000");
  // mature positions: the fund pays what they lack at the mark
  assert.equal(btc.tally.cover, report.insurance.drawn);
  assert.equal(report.insurance.drawn, btc.shocked.deficit);
  assert.ok(BigInt(report.insurance.after) < BigInt(report.insurance.before));
  assert.deepEqual(
    report.calls.map(({ kind, outcome }) => `${kind} ${outcome}`),
    [...Array(5).fill("deleverage effective"), ...Array(2).fill("liquidate effective")],
  );
  assert.deepEqual([report.blocks, report.lastEffect, report.chainSeconds], [7, 7, 84]);
  assert.equal(report.gas.wasted, "0");
  assert.equal(
    BigInt(report.gas.used),
    report.calls.reduce((sum, { gas }) => sum + BigInt(gas), 0n),
  );
  assert.deepEqual(
    report.findings.map(({ id, holds }) => [id, holds]),
    ["SOLV-1", "SOLV-4", "SOLV-2", "SOLV-3", "SOLV-6"].map((id) => [id, true]),
  );
});

test("behavior: without a shock, as many accounts as asked for are made bankrupt by as little as that takes", async () => {
  const two = await drill(["--bankrupt", "2", "--block-seconds", "1"], 0);
  assert.deepEqual([two.markets[0]?.shocked.bankrupt, two.markets.length], [2, 1]);
  assert.equal(two.chainSeconds, two.blocks);
  const [btc] = two.markets;
  const factor = Number(btc?.after) / Number(btc?.before) + 0.0001;
  // the second one is then below maintenance, and no bid is near enough to liquidate it
  const less = await drill(["--shock", `BTC=x${factor.toFixed(6)}`], 1);
  assert.deepEqual([less.markets[0]?.shocked.bankrupt, less.markets[0]?.end.liquidatable], [1, 1]);
});

test("behavior: bids above the mark take the bankrupt with the fund's cover: stage 2", async () => {
  await scene.awaitPrice(scene.start * 0.885);
  const untouched = await fingerprint(scene);
  const run = await runCli(["drill", "--shock", "BTC=88000"], env);
  assert.equal(run.code, 0, run.stdout + run.stderr);
  assert.match(run.stdout, /^BTC {2}100,000 → 88,000, -12.00 %$/m);
  assert.match(
    run.stdout,
    /^underwater {2}2 below maintenance, 5 bankrupt \(deficit [\d.]+\); at the end 0 below maintenance, 0 bankrupt/m,
  );
  assert.match(run.stdout, /^2 book and insurance +5 +5 +0 +0.2$/m);
  assert.match(run.stdout, /^3 deleveraging +0 +0 +0 +0$/m);
  assert.match(
    run.stdout,
    /^CLEARED: everything that was due was done, the exchange is solvent\. The chain is as it was\.$/m,
  );
  assert.match(run.stderr, /evm_revert 0x\w+ puts the chain back/);
  assert.deepEqual(await fingerprint(scene), untouched);
});

test("error: not cleared within the blocks: what is left, why, and exit code 1", async () => {
  const untouched = await fingerprint(scene);
  const report = await drill(["--shock", "-12%", "--max-blocks", "1"], 1);
  assert.deepEqual([report.cleared, report.ended, report.blocks], [false, "blocks", 1]);
  assert.equal(report.calls.length, 1);
  assert.deepEqual(
    report.left.map(({ what }) => what),
    [...Array(4).fill("bankrupt"), ...Array(2).fill("liquidatable")],
  );
  assert.match(report.left[0]?.reason ?? "", /planned, and not come to/);
  assert.match(report.left[5]?.reason ?? "", /^market insolvent: waiting for the waterfall$/);
  const broken = report.findings.filter(({ holds }) => !holds);
  assert.deepEqual(
    broken.map(({ id, text }) => [id, text]),
    [["SOLV-4", "BTC: 4 bankrupt; the contract says 4"]],
  );
  assert.deepEqual(await fingerprint(scene), untouched);
});

test("error: a price that is too old clears nothing: the contract's reason, in words", async () => {
  const untouched = await fingerprint(scene);
  const report = await drill(["--shock", "BTC=-12%", "--feed-age", "64000"], 1);
  assert.deepEqual([report.ended, report.calls.length, report.left.length], ["stalled", 0, 7]);
  for (const { reason, meaning } of report.left) {
    assert.match(reason, /^StalePrice\(1, 64000, \d+\)$/);
    assert.match(meaning ?? "", /older than the market's maxAge/);
  }
  assert.match(
    report.findings.find(({ holds }) => !holds)?.text ?? "",
    /BTC: 5 bankrupt; the contract says StalePrice/,
  );
  assert.deepEqual(await fingerprint(scene), untouched);
});

test("error: what the book cannot take is left with the contract's refusal", async () => {
  // two accounts are below maintenance, nobody is bankrupt, and no bid is within the limit
  const report = await drill(["--shock", "BTC=-4.3%"], 1);
  assert.deepEqual([report.markets[0]?.shocked.bankrupt, report.ended], [0, "stalled"]);
  assert.ok((report.markets[0]?.shocked.liquidatable ?? 0) > 0);
  assert.equal(report.left.length, report.markets[0]?.shocked.liquidatable);
  for (const { what, reason } of report.left) {
    assert.equal(what, "liquidatable");
    assert.match(reason, /book cannot absorb/);
  }
  assert.ok(
    report.findings.every(({ holds }) => holds),
    "solvent all the same",
  );
});

test("error: a node without snapshots is refused in one line, before anything is changed", async () => {
  const untouched = await fingerprint(scene);
  const gate = await createGate(scene.url, (method) => method === "evm_snapshot");
  const run = await runCli(["drill", "--shock", "-12%"], { ...env, RPC_URL: gate.url });
  assert.deepEqual([run.code, run.stdout], [1, ""]);
  assert.match(run.stderr, /^keeper: drill needs a node that can take its chain back \(evm_snapshot: .*\n$/);
  assert.equal(run.stderr.trimEnd().split("\n").length, 1);
  assert.ok(!gate.seen().some((method) => /^(evm_mine|hardhat_|anvil_|eth_send)/.test(method)));
  gate.close();
  assert.deepEqual(await fingerprint(scene), untouched);
});

test("error: what fails in the middle fails with the chain put back", async () => {
  const untouched = await fingerprint(scene);
  const gate = await createGate(scene.url, (method) => method.endsWith("_setCode"));
  const run = await runCli(["drill", "--shock", "-12%"], { ...env, RPC_URL: gate.url });
  assert.equal(run.code, 1);
  assert.match(run.stderr, /does not support hardhat_setCode/);
  assert.ok(gate.seen().includes("evm_revert"));
  gate.close();
  assert.deepEqual(await fingerprint(scene), untouched);
});

test("behavior: interrupted, it puts the chain back and says how far it came", async () => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    const untouched = await fingerprint(scene);
    const { child, until, end } = startCli(["drill", "--shock", "BTC=-12%", "--feed-age", "64000", "--json"], env);
    await until(/"type":"idle"/);
    child.kill(signal);
    child.kill(signal);
    const run = await end;
    assert.equal(run.code, 1, run.stderr);
    assert.equal((JSON.parse(run.stdout) as Report).ended, "interrupted");
    assert.deepEqual(await fingerprint(scene), untouched);
  }
});

test("error: asked for wrongly, in one line", async () => {
  const cases: [string[], RegExp][] = [
    [["--shock", "DOGE=-10%"], /^keeper: --shock: there is no market DOGE; there are BTC, ETH$/],
    [["--shock", "down"], /^keeper: --shock must be like -30%/],
    [["--shock", "-10%", "--shock", "-20%"], /^keeper: --shock is given twice for one market$/],
    [["--rpc-url", `${scene.url},${scene.url}`], /^keeper: drill needs one endpoint/],
  ];
  for (const [args, line] of cases) {
    const untouched = await fingerprint(scene);
    const run = await runCli(["drill", ...args], env);
    assert.equal(run.code, 1);
    assert.match(run.stderr.trimEnd().split("\n").at(-1) ?? "", line);
    assert.deepEqual(await fingerprint(scene), untouched);
  }
});

test("behavior: a claim on the fund that begins between estimate and block costs no call", async () => {
  const young = await createScene({ pairs: 4, keepers: 1 });
  try {
    // bids that only the fund's cover reaches. Positions are entitled to it after 30 s: the third block after the last trade is the first
    await young.awaitPrice(young.start * 0.9);
    const report = await drill(["--shock", "BTC=-10.5%"], 0, { RPC_URL: young.url, DEPLOYMENT: young.deployment });
    const [btc] = report.markets;
    assert.ok((btc?.tally.deleverage.accounts ?? 0) > 0 && (btc?.tally.sweep.accounts ?? 0) > 0, "before and after");
    assert.equal(report.gas.wasted, "0");
    assert.ok(report.calls.every(({ outcome }) => outcome === "effective"));
  } finally {
    young.remove();
  }
});

test("behavior: on anvil, forked from the other node, as of any live chain", async (t) => {
  const anvil = await startAnvil(["--fork-url", scene.url, "--hardfork", "osaka"]);
  if (anvil === undefined) return t.skip("anvil is not installed");
  try {
    const heightOf = async () => {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_getBlockByNumber", params: ["latest", false] });
      const headers = { "content-type": "application/json" };
      return (
        (await (await fetch(anvil.url, { method: "POST", headers, body })).json()) as { result: { hash: string } }
      ).result.hash;
    };
    const untouched = await heightOf();
    const report = await drill(["--shock", "BTC=-12%"], 0, { ...env, RPC_URL: anvil.url });
    assert.deepEqual([report.markets[0]?.shocked.bankrupt, report.markets[0]?.end.bankrupt], [5, 0]);
    assert.equal(await heightOf(), untouched);
  } finally {
    anvil.stop();
  }
});
