import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readDeployment } from "../../keeper/config/readDeployment.ts";
import { readSettings } from "../../keeper/config/readSettings.ts";
import { usage } from "../../keeper/config/usage.ts";
import { ConfigError } from "../../keeper/errors.ts";

const KEY = `0x${"ab".repeat(32)}`;

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.ok(!error.message.includes("\n"), "one line");
    return error.message;
  }
  throw new Error("nothing was thrown");
}

test("default: observes a local node", () => {
  const { values, positionals } = readSettings([], {});
  assert.deepEqual(
    [values.mode, values.chainId, values.rpcUrl, values.pollMs, values.json, values.privateKey, positionals],
    ["observe", 31337, "http://127.0.0.1:8545", 500, false, undefined, []],
  );
});

test("behavior: flags win over the environment, empty variables count as unset", () => {
  const environment = { POLL_MS: "50", CHAIN_ID: "", KEEPER_MODE: "armed", KEEPER_PRIVATE_KEY: KEY };
  const { values, positionals } = readSettings(["plan", "--poll-ms", "20", "--json"], environment);
  assert.deepEqual([values.pollMs, values.chainId, values.mode, values.json], [20, 31337, "armed", true]);
  assert.deepEqual(positionals, ["plan"]);
});

test("behavior: nothing is served unless a port is given; origins are a list", () => {
  const quiet = readSettings([], {}).values;
  assert.deepEqual(
    [quiet.httpPort, quiet.httpHost, quiet.corsOrigins, quiet.rateLimit],
    [undefined, "127.0.0.1", [], 2_400],
  );
  const { values } = readSettings(["--http-port", "0"], { CORS_ORIGINS: "https://a.org, http://b.org:81" });
  assert.deepEqual([values.httpPort, values.corsOrigins], [0, ["https://a.org", "http://b.org:81"]]);
});

test("error: each names what is wrong in one line", () => {
  const cases: [string[], Record<string, string>, RegExp][] = [
    [["--http-port", "65536"], {}, /^--http-port must lie between 0 and 65535/],
    [[], { HTTP_PORT: "http" }, /^HTTP_PORT must be a whole number/],
    [[], { CORS_ORIGINS: "example.org" }, /^CORS_ORIGINS must be origins like/],
    [[], { RPC_URL: "localhost" }, /^RPC_URL must be an http or https URL/],
    [[], { RPC_URL: "ws://localhost" }, /^RPC_URL must be an http or https URL/],
    [[], { CHAIN_ID: "mainnet" }, /^CHAIN_ID must be a whole number/],
    [["--poll-ms", "1"], {}, /^--poll-ms must lie between 5 and/],
    [[], { MAX_COUNTERPARTIES: "41" }, /^MAX_COUNTERPARTIES must lie between 1 and 40/],
    [["--mode", "yolo"], {}, /^--mode must be observe or armed/],
    [[], { KEEPER_MODE: "armed" }, /^KEEPER_PRIVATE_KEY must be set/],
    [[], { LOG_JSON: "yes" }, /^LOG_JSON must be true or false/],
    [["--no-such-flag"], {}, /--no-such-flag/],
    [["--private-key", KEY], {}, /--private-key/],
  ];
  for (const [args, environment, expected] of cases)
    assert.match(
      messageOf(() => readSettings(args, environment)),
      expected,
    );
});

test("error: a bad key is refused without being repeated", () => {
  const secret = "0xdeadbeefdeadbeef";
  const message = messageOf(() => readSettings([], { KEEPER_PRIVATE_KEY: secret }));
  assert.match(message, /^KEEPER_PRIVATE_KEY must be 0x and 64/);
  assert.ok(!message.includes(secret));
});

test("behavior: the help names every setting, and no secret has a flag", () => {
  const text = usage();
  for (const name of ["RPC_URL", "CHAIN_ID", "DEPLOYMENT", "KEEPER_MODE", "POLL_MS", "--poll-ms"])
    assert.ok(text.includes(name));
  assert.ok(text.includes("KEEPER_PRIVATE_KEY") && !text.includes("--private-key"));
});

const directory = mkdtempSync(join(tmpdir(), "plimsoll-keeper-"));
const DEPLOYMENT = {
  chainId: 31337,
  startBlock: 3,
  exchange: "0x5FbDB2315678afecb367f032d93F642f64180aa3",
  lens: "0xe7f1725e7734ce288f8367e1bb143e90bb3f0512",
  markets: [{ id: 1, name: "BTC", source: "0x00", config: {} }],
};

function fileOf(content: unknown): string {
  const path = join(directory, `${Math.random()}.json`);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

test("default: deployment files keep only what the keeper needs", () => {
  const { markets, ...rest } = readDeployment(fileOf(DEPLOYMENT), 31337);
  assert.deepEqual(markets, [{ id: 1, name: "BTC" }]);
  assert.equal(rest.startBlock, 3);
});

test("error: deployment files that are missing, broken, incomplete or of another chain", () => {
  const { lens: _lens, ...incomplete } = DEPLOYMENT;
  assert.match(
    messageOf(() => readDeployment(join(directory, "none.json"), 31337)),
    /cannot be read .*DEPLOYMENT/,
  );
  assert.match(
    messageOf(() => readDeployment(fileOf("{"), 31337)),
    /is not JSON/,
  );
  assert.match(
    messageOf(() => readDeployment(fileOf(incomplete), 31337)),
    /lens/,
  );
  assert.match(
    messageOf(() => readDeployment(fileOf({ ...DEPLOYMENT, exchange: "0x12" }), 31337)),
    /exchange must be an address/,
  );
  assert.match(
    messageOf(() => readDeployment(fileOf(DEPLOYMENT), 1)),
    /is for chain 31337, CHAIN_ID is 1/,
  );
});
