import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpRequestError, numberToHex, RpcRequestError } from "viem";
import { createRpcPool, type Endpoint, type EndpointHealth } from "../../keeper/chain/createRpcPool.ts";

type Fake = Endpoint & { head: number; down: boolean; seen: string[]; reply?: (method: string) => unknown };

function endpoint(name: string, head = 100): Fake {
  const fake: Fake = {
    name,
    head,
    down: false,
    seen: [],
    request: (async ({ method }: { method: string }) => {
      fake.seen.push(method);
      if (fake.down) throw new HttpRequestError({ url: "http://x", status: 502, details: "Bad Gateway" });
      const reply = fake.reply?.(method);
      if (reply instanceof Error) throw reply;
      if (reply !== undefined) return reply;
      return method === "eth_getBlockByNumber" ? { number: numberToHex(fake.head), hash: `0x${fake.head}` } : name;
    }) as Endpoint["request"],
  };
  return fake;
}

function setUp(count: number, maxLag = 3) {
  const clock = { ms: 1 };
  const changes: EndpointHealth[] = [];
  const fakes = ["a", "b", "c", "d"].slice(0, count).map((name) => endpoint(name));
  const pool = createRpcPool(fakes, { maxLag, now: () => clock.ms, onChange: (health) => changes.push(health) });
  const request = pool.request as (args: { method: string; params?: unknown[] }) => Promise<unknown>;
  const latest = async () =>
    ((await request({ method: "eth_getBlockByNumber", params: ["latest", false] })) as { number: string }).number;
  return { pool, fakes: fakes as [Fake, Fake, Fake, Fake], clock, changes, request, latest };
}

const rpcError = (code: number, message: string, data?: string) =>
  new RpcRequestError({ body: {}, url: "http://x", error: { code, message, ...(data === undefined ? {} : { data }) } });

test("behavior: the newest head of all, and whoever lags gets nothing until it has caught up", async () => {
  const { fakes, request, latest, pool, changes } = setUp(2);
  const [a, b] = fakes;
  [a.head, b.head] = [100, 106];
  assert.equal(await latest(), numberToHex(106));
  assert.deepEqual(
    pool.health().map(({ status, lag }) => [status, lag]),
    [
      ["lagging", 6n],
      ["healthy", 0n],
    ],
  );
  for (let i = 0; i < 5; i++) assert.equal(await request({ method: "eth_call", params: [{}] }), "b");
  a.head = 105;
  await latest();
  assert.deepEqual(
    changes.map(({ name, status }) => [name, status]),
    [
      ["a", "lagging"],
      ["a", "healthy"],
    ],
  );
});

test("behavior: a lagging endpoint is better than none", async () => {
  const { fakes, request, latest } = setUp(2);
  const [a, b] = fakes;
  b.head = 200;
  await latest();
  b.down = true;
  assert.equal(await request({ method: "eth_call", params: [{}] }), "a");
  assert.equal(await latest(), numberToHex(a.head));
});

test("behavior: one that fails is left alone, longer each time, and asked again after that", async () => {
  const { fakes, request, clock, pool } = setUp(2);
  const [a] = fakes;
  a.down = true;
  const calls = async (count: number) => {
    a.seen = [];
    for (let i = 0; i < count; i++) assert.equal(await request({ method: "eth_call", params: [{}] }), "b");
    return a.seen.length;
  };
  assert.equal(await calls(5), 1);
  assert.equal(pool.health()[0]?.status, "failing");
  for (const pause of [1_000, 2_000, 4_000]) {
    clock.ms += pause - 1;
    assert.equal(await calls(2), 0, `still alone after ${pause - 1} ms`);
    clock.ms += 2;
    // b is asked first when it is as good: so only the heads ask everybody
    await request({ method: "eth_getBlockByNumber", params: ["latest", false] });
    assert.equal(a.seen.length, 1, `asked after ${pause} ms`);
  }
  a.down = false;
  clock.ms += 60_000;
  await request({ method: "eth_getBlockByNumber", params: ["latest", false] });
  assert.deepEqual([pool.health()[0]?.status, pool.health()[0]?.failing], ["healthy", 0]);
  assert.match(pool.health()[0]?.trouble ?? "", /502|Bad Gateway|HTTP request failed/);
});

test("behavior: what the chain says is not the endpoint's fault, and not asked for twice", async () => {
  const { fakes, request, pool } = setUp(2);
  const [a, b] = fakes;
  const answers = [
    rpcError(3, "execution reverted", "0x08c379a0"),
    rpcError(-32603, "Transaction nonce too low. Expected nonce to be at least 1 but got 0."),
    rpcError(-32000, "replacement transaction underpriced"),
    rpcError(-32000, "insufficient funds for gas * price + value"),
  ];
  for (const answer of answers) {
    a.reply = () => answer;
    b.seen = [];
    await assert.rejects(request({ method: "eth_sendRawTransaction", params: ["0x"] }), answer);
    assert.deepEqual([b.seen.length, pool.health()[0]?.status], [0, "healthy"], answer.details);
  }
});

test("behavior: what another endpoint may know better is asked of it", async () => {
  for (const error of [
    rpcError(-32000, "header not found"),
    rpcError(-32000, "unknown block"),
    rpcError(-32005, "limit exceeded"),
    rpcError(-32603, "Internal error"),
    rpcError(-32000, "missing trie node"),
  ]) {
    const { fakes, request } = setUp(2);
    fakes[0].reply = () => error;
    assert.equal(await request({ method: "eth_call", params: [{}] }), "b", error.details);
  }
  const { fakes, request } = setUp(2);
  fakes[0].reply = () => null;
  const block = (await request({ method: "eth_getBlockByNumber", params: ["0x5", false] })) as { number: string };
  assert.equal(block.number, numberToHex(100), "a block that the first does not have yet");
});

test("behavior: of three, one that claims to be far ahead alone is not believed", async () => {
  const { fakes, latest, pool, request } = setUp(3);
  fakes[2].head = 9_000;
  assert.equal(await latest(), numberToHex(100));
  assert.deepEqual(
    pool.health().map(({ status }) => status),
    ["healthy", "healthy", "lagging"],
  );
  for (let i = 0; i < 6; i++) assert.notEqual(await request({ method: "eth_call", params: [{}] }), "c");
});

test("behavior: whose logs were wrong is not asked for them again", async () => {
  const { request, pool } = setUp(2);
  const hash = `0x${"ab".repeat(32)}` as const;
  const logs = () => request({ method: "eth_getLogs", params: [{ blockHash: hash }] });
  const first = await logs();
  pool.reject(hash, "a log was missing");
  assert.notEqual(await logs(), first);
  assert.equal(pool.health().find(({ name }) => name === first)?.trouble, "a log was missing");
});

test("error: when all are down, the last one's error; and the first to come back is found", async () => {
  const { fakes, request, latest } = setUp(2);
  const [a, b] = fakes;
  [a.down, b.down] = [true, true];
  await assert.rejects(request({ method: "eth_call", params: [{}] }), HttpRequestError);
  await assert.rejects(latest(), HttpRequestError);
  b.down = false;
  assert.equal(await latest(), numberToHex(100), "although it is still left alone");
  assert.equal(await request({ method: "eth_call", params: [{}] }), "b");
});
