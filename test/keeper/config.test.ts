import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { configCommand } from "../../keeper/cli/configCommand.ts";
import { decryptKeystore } from "../../keeper/config/decryptKeystore.ts";
import { readDeployment } from "../../keeper/config/readDeployment.ts";
import { readKey } from "../../keeper/config/readKey.ts";
import { readSettings } from "../../keeper/config/readSettings.ts";
import { settingsTable } from "../../keeper/config/settingsTable.ts";
import { usage } from "../../keeper/config/usage.ts";
import { ConfigError } from "../../keeper/errors.ts";
import { glossary } from "../../keeper/ops/glossary.ts";

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
    [["--mode", "yolo"], {}, /^--mode must be observe, shadow or armed/],
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

test("behavior: flags win over the environment, that over the file", () => {
  const path = fileOf({ pollMs: 40, markets: ["BTC", "ETH"], json: true, txBudget: "0.25" });
  const first = readSettings(["--config", path], {});
  assert.deepEqual(
    [first.values.pollMs, first.values.markets, first.values.json, first.values.txBudget],
    [40, ["BTC", "ETH"], true, 25n * 10n ** 16n],
  );
  assert.equal(readSettings([], { KEEPER_CONFIG: path, POLL_MS: "50" }).values.pollMs, 50);
  assert.equal(readSettings(["--poll-ms", "60"], { KEEPER_CONFIG: path, POLL_MS: "50" }).values.pollMs, 60);
  assert.equal(first.sources.pollMs, `${path}: pollMs`);
  assert.equal(first.sources.chainId, "default");
});

test("error: R34: configuration files say where they are wrong", () => {
  const cases: [unknown, RegExp][] = [
    ["{", /is not JSON/],
    [[], /must hold one JSON object/],
    [{ poll_ms: 5 }, /there is no setting poll_ms; did you mean pollMs\?/],
    [{ privateKey: KEY }, /privateKey is a secret: set KEEPER_PRIVATE_KEY/],
    [{ pollMs: 1 }, /pollMs must lie between 5 and/],
    [{ pollMs: { a: 1 } }, /pollMs must be a text, a number/],
  ];
  for (const [content, expected] of cases) {
    const path = fileOf(content);
    const message = messageOf(() => readSettings(["--config", path], {}));
    assert.match(message, expected);
    assert.ok(message.includes(path) && !message.includes(KEY));
  }
  assert.match(
    messageOf(() => readSettings(["--config", "/no/such/file"], {})),
    /cannot be read/,
  );
});

test("error: a key from two places", () => {
  assert.match(
    messageOf(() => readSettings([], { KEEPER_PRIVATE_KEY: KEY, KEEPER_KEY_FILE: "somewhere" })),
    /only one may be set/,
  );
});

/** The vectors of the format's definition. */
const SECRET = "0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
const PBKDF2 = {
  version: 3,
  crypto: {
    cipher: "aes-128-ctr",
    cipherparams: { iv: "6087dab2f9fdbbfaddc31a909735c1e6" },
    ciphertext: "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
    kdf: "pbkdf2",
    kdfparams: {
      c: 262144,
      dklen: 32,
      prf: "hmac-sha256",
      salt: "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
    },
    mac: "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
  },
};
/** One of geth's: its key has 31 bytes, which is told only after scrypt and the checksum. Password "foo". */
const SCRYPT = {
  version: 3,
  crypto: {
    cipher: "aes-128-ctr",
    cipherparams: { iv: "e0c41130a323adc1446fc82f724bca2f" },
    ciphertext: "9517cd5bdbe69076f9bf5057248c6c050141e970efa36ce53692d5d59a3984",
    kdf: "scrypt",
    kdfparams: {
      dklen: 32,
      n: 2,
      r: 8,
      p: 1,
      salt: "711f816911c92d649fb4c84b047915679933555030b3552c1212609b38208c63",
    },
    mac: "d5e116151c6aa71470e67a7d42c9620c75c4d23229847dcc127794f0732b0db5",
  },
};

test("default: keystores of both kinds are opened", () => {
  assert.equal(decryptKeystore("file", JSON.stringify(PBKDF2), "testpassword"), SECRET);
  assert.match(
    messageOf(() => decryptKeystore("file", JSON.stringify(SCRYPT), "foo")),
    /does not hold a key of 32 bytes/,
  );
});

test("error: keystores with a wrong password, of another version, damaged", () => {
  const open = (store: unknown, password = "testpassword") =>
    messageOf(() => decryptKeystore("file", JSON.stringify(store), password));
  assert.match(open(PBKDF2, "wrong"), /the password is wrong/);
  assert.match(open({ ...PBKDF2, version: 1 }), /version/);
  assert.match(
    messageOf(() => decryptKeystore("file", "{", "x")),
    /is not JSON/,
  );
});

test("behavior: the key comes from the variable, a file, or a keystore whose password is in a file", () => {
  const none = {
    privateKey: undefined,
    keyFile: undefined,
    keystore: undefined,
    keystorePassword: undefined,
    keystorePasswordFile: undefined,
  };
  const key = SECRET as `0x${string}`;
  const expected = "0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b";
  assert.equal(readKey({ ...none, privateKey: key })?.account.address, expected);
  assert.equal(readKey({ ...none, keyFile: fileOf(`${SECRET.slice(2)}\n`) })?.account.address, expected);
  const keystorePasswordFile = fileOf("testpassword\n");
  assert.equal(readKey({ ...none, keystore: fileOf(PBKDF2), keystorePasswordFile })?.account.address, expected);
  assert.equal(readKey(none), undefined);
  const message = messageOf(() => readKey({ ...none, keyFile: fileOf("0xdeadbeefdeadbeef") }));
  assert.match(message, /must hold 64 hexadecimal digits/);
  assert.ok(!message.includes("deadbeef"));
});

test("default: config print shows where values come from, and no secret", () => {
  const read = readSettings(["--poll-ms", "20"], {
    KEEPER_PRIVATE_KEY: KEY,
    RPC_URL: "https://rpc.example/v3/averylongaccesskey",
  });
  const text = configCommand(["print"], read);
  assert.match(text, /pollMs +POLL_MS +20 +--poll-ms/);
  assert.match(text, /privateKey +KEEPER_PRIVATE_KEY +\(set\)/);
  assert.ok(!text.includes(KEY) && !text.includes("averylongaccesskey"));
});

test("behavior: docs/keeper.md has the current table of settings and the current glossary of errors", () => {
  const docs = readFileSync(new URL("../../docs/keeper.md", import.meta.url), "utf8");
  assert.ok(docs.includes(settingsTable()), "npm run keeper -- config docs, and put it into docs/keeper.md");
  assert.ok(docs.includes(glossary()), "npm run keeper -- config docs, and put it into docs/keeper.md");
});
