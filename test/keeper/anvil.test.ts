import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Address, encodeAbiParameters, encodeEventTopics, type Hex } from "viem";
import { exchangeAbi } from "../../keeper/chain/abi.ts";
import { type Chain, connect } from "../../keeper/chain/connect.ts";
import { readSettings } from "../../keeper/config/readSettings.ts";
import { runKeeper } from "../../keeper/runKeeper.ts";
import { createFollower } from "../../keeper/state/createFollower.ts";
import { DeepReorgError } from "../../keeper/state/DeepReorgError.ts";
import { tipOf } from "../../keeper/state/world.ts";
import { createRandom } from "./helpers/random.ts";
import { startAnvil } from "./helpers/startAnvil.ts";

/**
 * Stands at the exchange's address: long calldata becomes a log of three topics and five words, everything else is answered with a zero
 * (no markets). So heads, logs and bloom filters are a real node's.
 */
const LOGGER = "0x366064106 00c5760206000f35b60a06060600037604035602035600035 60a06000a300".replaceAll(" ", "") as Hex;
const EXCHANGE = "0x00000000000000000000000000000000000000e1";
const LENS = "0x00000000000000000000000000000000000000e2";

const anvil = await startAnvil();
after(() => anvil?.stop());
const options = anvil === undefined ? { skip: "anvil is not installed" } : {};

async function setUp() {
  const deployment = { chainId: 31337, startBlock: 0, exchange: EXCHANGE, lens: LENS, markets: [] } as const;
  const rpcUrl = anvil?.url ?? "";
  const ask = async (method: string, params: unknown[] = []) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const headers = { "content-type": "application/json" };
    const answer = (await (await fetch(rpcUrl, { method: "POST", body, headers })).json()) as {
      result?: unknown;
      error?: unknown;
    };
    if (answer.error !== undefined) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
    return answer.result;
  };
  for (const address of [EXCHANGE, LENS]) await ask("anvil_setCode", [address, LOGGER]);
  const [from] = (await ask("eth_accounts")) as Address[];
  let sequence = 0n;
  const emit = async () => {
    const args = { market: 1n, account: ++sequence };
    const topics = encodeEventTopics({ abi: exchangeAbi, eventName: "PositionChanged", args }) as Hex[];
    const words = encodeAbiParameters(Array(5).fill({ type: "uint256" }), [1n, 2n, 3n, 4n, sequence]);
    await ask("eth_sendTransaction", [
      { from, to: EXCHANGE, data: `0x${[...topics, words].map((part) => part.slice(2)).join("")}` },
    ]);
  };
  const mine = async (events = 0) => {
    for (let i = 0; i < events; i++) await emit();
    await ask("evm_mine");
  };
  const chain = await connect({ rpcUrl, chainId: 31337, deployment: { ...deployment, markets: [] } });
  return { chain, ask, mine };
}

/** What the follower has told of, with what was taken back taken out. */
function createListener(chain: Chain, maxReorg?: number) {
  const follower = createFollower(chain, {
    pageSize: 10,
    logRange: 1_000,
    ...(maxReorg === undefined ? {} : { maxReorg }),
  });
  let seen: { hash: Hex; number: bigint; events: number }[] = [];
  return {
    async look() {
      const { world, blocks, events, rolledBack, snapshot } = await follower.advance();
      seen = snapshot ? [] : seen.slice(0, seen.length - rolledBack);
      for (const { hash, number } of blocks) {
        seen.push({ hash, number, events: events.filter((event) => event.blockHash === hash).length });
      }
      return { tip: tipOf(world), rolledBack, snapshot };
    },
    /** Block by block what the node says now. */
    async check(label: string) {
      for (const { number, hash, events } of seen) {
        const block = await chain.client.getBlock({ blockNumber: number });
        assert.equal(block.hash, hash, `${label}: block ${number}`);
        const logs = await chain.client.getLogs({ blockHash: hash, address: EXCHANGE });
        assert.equal(logs.length, events, `${label}: logs of block ${number}`);
      }
      return seen.reduce((sum, { events }) => sum + events, 0);
    },
  };
}

test("behavior: follows a real node through anvil_reorg and through snapshots that are reverted", options, async () => {
  const { chain, ask, mine } = await setUp();
  const random = createRandom(9);
  const listener = createListener(chain);
  await listener.look();
  // deeper than any reorganisation below: what parts before the first block known is answered with a snapshot
  for (let i = 0; i < 4; i++) await mine(1);
  await listener.look();
  const counted = { reorgs: 0, events: 0 };
  for (let round = 0; round < 20; round++) {
    const fork = (await ask("evm_snapshot")) as Hex;
    for (let i = random.below(4) + 1; i > 0; i--) await mine(random.below(4));
    await listener.look();
    counted.events += await listener.check(`round ${round}`);
    const kind = random.below(3);
    if (kind === 0) await ask("anvil_reorg", [random.below(3) + 1, []]);
    if (kind === 1) {
      await ask("evm_revert", [fork]);
      for (let i = random.below(4) + 1; i > 0; i--) await mine(random.below(4));
    }
    const { rolledBack, snapshot, tip } = await listener.look();
    assert.equal(snapshot, false);
    assert.equal(tip.number, await chain.client.getBlockNumber());
    if (rolledBack > 0) counted.reorgs++;
    await listener.check(`round ${round}, after`);
  }
  assert.ok(counted.reorgs >= 5 && counted.events > 20, JSON.stringify(counted));
});

test("error: refuses a reorganisation of a real node that is deeper than the limit", options, async () => {
  const { chain, ask, mine } = await setUp();
  const listener = createListener(chain, 4);
  await listener.look();
  for (let i = 0; i < 8; i++) await mine(1);
  await listener.look();
  await ask("anvil_reorg", [4, []]);
  assert.equal((await listener.look()).rolledBack, 4);
  await ask("anvil_reorg", [5, []]);
  await assert.rejects(listener.look(), DeepReorgError);
});

test(
  "behavior: the whole process: a dead endpoint beside a live one, a socket for a hint, and a restart from the file",
  options,
  async () => {
    const { ask, mine } = await setUp();
    const folder = mkdtempSync(join(tmpdir(), "plimsoll-run-"));
    const url = anvil?.url ?? "";
    // looks only every ten minutes by itself: what it sees in time, the socket told it to look for
    const flags = [
      "--rpc-url",
      `http://127.0.0.1:1,${url}`,
      "--ws-url",
      url.replace("http", "ws"),
      "--poll-ms",
      "600000",
    ];
    const { values: settings } = readSettings([...flags, "--state-db", join(folder, "state.sqlite"), "--json"], {});
    const deployment = { chainId: 31337, startBlock: 0, exchange: EXCHANGE, lens: LENS, markets: [] } as const;
    const run = async (work: (said: () => string[]) => Promise<void>) => {
      const lines: { type: string; block?: number; status?: string }[] = [];
      const stop = new AbortController();
      const write = (line: string) => lines.push(JSON.parse(line));
      const done = runKeeper({ settings, deployment: { ...deployment, markets: [] }, signal: stop.signal, write });
      await work(() => lines.map(({ type, block, status }) => [type, status ?? block].join(" ").trim()));
      stop.abort();
      await done;
      return lines.map(({ type }) => type);
    };
    const until = async (holds: () => boolean) => {
      for (let i = 0; i < 600 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
      assert.ok(holds());
    };
    const first = await run(async (said) => {
      await until(() => said().some((line) => line.startsWith("idle")));
      const height = Number(await ask("eth_blockNumber"));
      // the socket takes a moment to be subscribed
      await new Promise((resolve) => setTimeout(resolve, 500));
      await mine(1);
      await until(() => said().includes(`idle ${height + 1}`));
      assert.ok(said().includes("endpoint failing"), said().join());
    });
    assert.deepEqual(
      first.filter((type) => ["snapshot", "resumed", "stopped"].includes(type)),
      ["snapshot", "stopped"],
    );
    await mine(2);
    const second = await run(async (said) => until(() => said().some((line) => line.startsWith("idle"))));
    assert.deepEqual(
      second.filter((type) => ["snapshot", "resumed", "stopped"].includes(type)),
      ["resumed", "stopped"],
    );
    await ask("anvil_reorg", [4, []]);
    const third = await run(async (said) => until(() => said().some((line) => line.startsWith("idle"))));
    assert.deepEqual(
      third.filter((type) => ["snapshot", "resumed", "stopped"].includes(type)),
      ["snapshot", "stopped"],
    );
    rmSync(folder, { recursive: true });
  },
);
