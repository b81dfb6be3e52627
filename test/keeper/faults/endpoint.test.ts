/**
 * What endpoints limit, and chains whose blocks come as they like, against a chain in memory.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPublicClient, custom, type Hex, HttpRequestError, RpcRequestError } from "viem";
import type { Chain } from "../../../keeper/chain/connect.ts";
import { createRpcPool, type Endpoint } from "../../../keeper/chain/createRpcPool.ts";
import { compareWorlds } from "../../../keeper/state/compareWorlds.ts";
import { createFollower } from "../../../keeper/state/createFollower.ts";
import { tipOf } from "../../../keeper/state/world.ts";
import { createFakeChain, type FakeChain } from "../helpers/fakeChain.ts";
import { position } from "../helpers/market.ts";
import { createRandom } from "../helpers/random.ts";

const RANGE = 10_000;
const rpcError = (code: number, message: string) =>
  new RpcRequestError({ body: {}, url: "http://x", error: { code, message } });
const httpError = (status: number, details: string) => new HttpRequestError({ url: "http://x", status, details });

/** As they are worded. The first limit blocks, the others what is found in them. */
const REFUSALS: Record<string, Error> = {
  "geth and erigon": rpcError(-32005, "query returned more than 10000 results"),
  Alchemy: rpcError(
    -32602,
    "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range",
  ),
  Infura: rpcError(-32005, "query returned more than 10000 results. Try with this block range [0x1, 0x2]"),
  QuickNode: rpcError(-32614, "eth_getLogs is limited to a 10,000 range"),
  Ankr: rpcError(-32600, "block range is too wide"),
  reth: rpcError(-32602, "query exceeds max block range 100000"),
  nethermind: rpcError(-32603, "internal error: response is too big"),
  "a gateway": httpError(413, "Payload Too Large"),
  "a proxy's patience": httpError(504, "Gateway Timeout"),
};

/** Everything through a pool of one, as connect() makes it. */
function throughPool(fake: FakeChain, limit: (from: number, to: number) => Error | undefined) {
  const asked: [number, number][] = [];
  const request = async (args: { method: string; params?: unknown }) => {
    const [filter] = (args.params ?? []) as [{ fromBlock?: Hex; toBlock?: Hex }];
    if (args.method === "eth_getLogs" && filter.fromBlock !== undefined) {
      const range: [number, number] = [Number(filter.fromBlock), Number(filter.toBlock)];
      asked.push(range);
      const refusal = limit(...range);
      if (refusal !== undefined) throw refusal;
    }
    return fake.request(args);
  };
  const pool = createRpcPool([{ name: "http://x", request: request as Endpoint["request"] }]);
  const chain: Chain = {
    ...fake.chain,
    client: createPublicClient({ transport: custom(pool, { retryCount: 0 }), cacheTime: 0 }),
    pool,
  };
  return { chain, asked };
}

function withOrders(count: number): FakeChain {
  const fake = createFakeChain();
  for (let i = 1; i <= count; i++) {
    fake.mine([position(i, 10n, 50_000_000n, 4_000_000n)]);
    fake.order(i, 20_000n, 100n);
  }
  return fake;
}

for (const [who, refusal] of Object.entries(REFUSALS)) {
  test(`behavior: R10: a range that ${who} refuses is asked for in halves: every order is found`, async () => {
    const fake = withOrders(20);
    const { chain, asked } = throughPool(fake, (from, to) => (to - from >= 7 ? refusal : undefined));
    const follower = createFollower(chain, { pageSize: 500, logRange: RANGE });
    const { world } = await follower.advance();
    const market = world.markets.get(1) ?? assert.fail();
    assert.equal(market.state.topUps.size, 20);
    const truth = { ...world, markets: new Map([[1, { ...market, state: fake.truth() }]]) };
    assert.deepEqual(compareWorlds(world, truth), []);
    const served = asked.filter(([from, to]) => to - from < 7);
    assert.deepEqual(
      served.map(([from]) => from),
      [0, ...served.slice(0, -1).map(([, to]) => to + 1)],
      "no gap, none twice",
    );
    assert.ok(asked.length < served.length + 5, `${asked.length} requests: what was refused once is not tried again`);
  });
}

test("behavior: R10: a response that is too big in some places only", async () => {
  const fake = withOrders(20);
  const { chain } = throughPool(fake, (from, to) => {
    // the logs are all in one stretch
    const logs = Math.max(0, Math.min(to, 30) - Math.max(from, 20));
    return logs > 2 ? rpcError(-32005, "query returned more than 2 results") : undefined;
  });
  const { world } = await createFollower(chain, { pageSize: 500, logRange: RANGE }).advance();
  assert.equal(world.markets.get(1)?.state.topUps.size, 20);
});

test("error: R10: a single block that is refused, and an endpoint that is not there, are the endpoint's errors", async () => {
  for (const [refusal, most] of [
    [rpcError(-32005, "query returned more than 10000 results"), 10],
    [new HttpRequestError({ url: "http://x", details: "connect ECONNREFUSED" }), 1],
    [httpError(429, "slow down"), 1],
  ] as const) {
    const fake = withOrders(20);
    const { chain, asked } = throughPool(fake, () => refusal);
    await assert.rejects(createFollower(chain, { pageSize: 500, logRange: RANGE }).advance());
    assert.ok(asked.length <= most, `${asked.length} requests`);
  }
});

test("behavior: R30: bursts of blocks, none for long, the same timestamp twice: no block is missed, and each is applied once", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = createRandom(seed);
    const fake = createFakeChain();
    const follower = createFollower(fake.chain, { pageSize: 5, logRange: 100 });
    await follower.advance();
    let height = 0;
    for (let look = 0; look < 40; look++) {
      // most looks find nothing, some a block or two, a few a hundred: what one look brings is planned once
      const burst = [0, 0, 1, 2, 100][random.below(5)] ?? 0;
      for (let i = 0; i < burst; i++) {
        const standsStill = random.below(2) === 0;
        fake.tick(standsStill ? 0 : ([1, 60][random.below(2)] ?? 1));
        const account = random.below(30) + 1;
        fake.mine([position(account, random.below(2) === 0 ? 10n : -10n, 50_000_000n, 4_000_000n)]);
      }
      height += burst;
      const { blocks, world, snapshot } = await follower.advance();
      assert.deepEqual([snapshot, blocks.length, Number(tipOf(world).number)], [false, burst, height], `seed ${seed}`);
      const market = world.markets.get(1) ?? assert.fail();
      const truth = { ...world, markets: new Map([[1, { ...market, state: fake.truth() }]]) };
      assert.deepEqual(compareWorlds(world, truth), [], `seed ${seed}, look ${look}`);
    }
  }
});

test("behavior: R29 R30: thousands of blocks behind, as after a sleep of the machine: a snapshot, not thousands of requests", async () => {
  const fake = withOrders(3);
  const follower = createFollower(fake.chain, { pageSize: 5, logRange: RANGE });
  await follower.advance();
  for (let i = 0; i < 2_500; i++) fake.mine();
  fake.asked.clear();
  const { snapshot, world } = await follower.advance();
  assert.ok(snapshot);
  assert.equal(Number(tipOf(world).number), 2_506);
  assert.ok((fake.asked.get("eth_getBlockByNumber") ?? 0) < 10);
});
