/**
 * The command `adl:audit` against an endpoint that answers what it is told to: one line for each thing that can be wrong.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { encodeAbiParameters, encodeEventTopics } from "viem";
import { exchangeAbi } from "../../../keeper/chain/abi.ts";

const EXCHANGE = "0x00000000000000000000000000000000000000e1";
const [KNOWN, UNKNOWN, REVERTED] = ["a", "b", "c"].map((digit) => `0x${digit.repeat(64)}`) as [string, string, string];
const BLOCK = `0x${"d".repeat(64)}`;
let url = "";
let logs: object[] = [];

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    const asked = JSON.parse(body) as Call | Call[];
    const answers = [asked]
      .flat()
      .map(({ id, method, params = [] }) => ({ jsonrpc: "2.0", id, result: answer(method, params) }));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(Array.isArray(asked) ? answers : answers[0]));
  });
});
type Call = { readonly id: number; readonly method: string; readonly params?: readonly unknown[] };

function answer(method: string, [first]: readonly unknown[]): unknown {
  switch (method) {
    case "eth_chainId":
      return "0x7a69";
    case "eth_blockNumber":
      return "0x5";
    case "eth_getLogs":
      return logs;
    case "eth_getTransactionReceipt":
      return first === UNKNOWN ? null : receipt(String(first));
    default:
      return null;
  }
}

function receipt(hash: string) {
  const zero = `0x${"0".repeat(40)}`;
  return {
    transactionHash: hash,
    blockHash: BLOCK,
    blockNumber: "0x5",
    transactionIndex: "0x0",
    from: zero,
    to: EXCHANGE,
    status: hash === REVERTED ? "0x0" : "0x1",
    logs: [],
    logsBloom: "0x",
    cumulativeGasUsed: "0x1",
    gasUsed: "0x1",
    effectiveGasPrice: "0x1",
    contractAddress: null,
    type: "0x2",
  };
}

/** MarketTotals: the smallest event with a number. */
function totals(sequence: bigint, transactionHash = KNOWN) {
  const inputs = [{ type: "uint256" }, { type: "uint256" }, { type: "uint256" }] as const;
  return {
    address: EXCHANGE,
    topics: encodeEventTopics({ abi: exchangeAbi, eventName: "MarketTotals", args: { market: 1n } }),
    data: encodeAbiParameters(inputs, [1n, 0n, sequence]),
    ...place(transactionHash),
  };
}

function listed() {
  const inputs = [{ type: "address" }, { type: "uint256" }, { type: "uint256" }] as const;
  return {
    address: EXCHANGE,
    topics: encodeEventTopics({ abi: exchangeAbi, eventName: "MarketListed", args: { market: 1n } }),
    data: encodeAbiParameters(inputs, [EXCHANGE, 30n, 1n]),
    ...place(KNOWN),
  };
}

function place(transactionHash: string) {
  const at = { blockHash: BLOCK, blockNumber: "0x5", blockTimestamp: "0x64", removed: false };
  return { ...at, transactionHash, transactionIndex: "0x0", logIndex: "0x0" };
}

const folder = mkdtempSync(join(tmpdir(), "plimsoll-audit-"));
const deployment = join(folder, "31337.json");
const broken = join(folder, "broken.json");

function audit(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["scripts/audit/main.ts", ...args], {
      env: { PATH: process.env["PATH"] ?? "" },
    });
    const out = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (out.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (out.stderr += chunk.toString()));
    child.on("close", (code) => resolve({ code, ...out }));
  });
}

describe("adl:audit", () => {
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const market = { id: 1, name: "BTC" };
    writeFileSync(
      deployment,
      JSON.stringify({ chainId: 31337, startBlock: 0, exchange: EXCHANGE, lens: EXCHANGE, markets: [market] }),
    );
    writeFileSync(broken, "{");
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (...args: string[]) => audit("--rpc", url, "--deployment", deployment, ...args);
  const complains = async (call: Promise<{ code: number | null; stderr: string }>, line: RegExp) => {
    const { code, stderr } = await call;
    assert.equal(code, 1);
    assert.match(stderr, line);
    assert.equal(stderr.trimEnd().split("\n").length, 1, "one line");
  };

  it("error: what is asked for is not clear", async () => {
    await complains(at(), /^adl:audit: --tx HASH or --all is needed/);
    await complains(at("--tx", "0x12"), /^adl:audit: --tx must be a transaction hash, 0x and 64 hex digits: 0x12/);
    await complains(at("--tx", KNOWN, "--all"), /exclude each other/);
    await complains(at("--all", "--range", "0"), /--range must be a positive whole number: 0/);
    await complains(at("--nonsense"), /Unknown option '--nonsense'/);
  });

  it("error: a transaction that is not there, and one that was reverted", async () => {
    await complains(at("--tx", UNKNOWN), new RegExp(`^adl:audit: There is no transaction ${UNKNOWN} on this chain`));
    await complains(at("--tx", REVERTED), /was reverted: it deleveraged nobody/);
  });

  it("error: a transaction without a deleveraging call", async () => {
    logs = [listed(), totals(2n)];
    await complains(
      at("--tx", KNOWN),
      new RegExp(`^adl:audit: Transaction ${KNOWN} has no deleveraging call of the exchange`),
    );
  });

  it("error: the endpoint has not kept the beginning, or left something out", async () => {
    logs = [totals(57n)];
    await complains(
      at("--tx", KNOWN),
      /^adl:audit: Market 1: its listing is not in the logs: the endpoint does not have the whole history/,
    );
    logs = [listed(), totals(3n)];
    await complains(at("--all"), /^adl:audit: Market 1: event 1 is followed by event 3/);
  });

  it("error: no deployment file, a broken one, nobody at the endpoint", async () => {
    await complains(audit("--rpc", url, "--all", "--deployment", join(folder, "none.json")), /cannot be read/);
    await complains(audit("--rpc", url, "--all", "--deployment", broken), /is not JSON/);
    await complains(
      audit("--rpc", "http://127.0.0.1:1/key", "--all"),
      /^adl:audit: http:\/\/127.0.0.1:1 does not answer/,
    );
    await complains(audit("--rpc", "ws://x", "--all"), /--rpc must be an http or https URL/);
  });

  it("behavior: a whole history without a call is correct; help is help", async () => {
    logs = [listed(), totals(2n)];
    assert.deepEqual(await at("--all"), { code: 0, stdout: "0 of 0 calls: correct\n", stderr: "" });
    assert.deepEqual(JSON.parse((await at("--all", "--json")).stdout), { verdicts: [] });
    assert.match((await audit("--help")).stdout, /--tx HASH/);
  });
});
