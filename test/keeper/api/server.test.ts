/**
 * The API over real HTTP, on a port that the system chose.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import * as schemas from "../../../keeper/api/schemas.ts";
import { collectAssets } from "../../../keeper/api/servePage.ts";
import { stepSchema } from "../../../keeper/api/stepSchema.ts";
import { checkCall, type Evidence } from "../../../keeper/page/check/checkCall.ts";
import { MARK, position } from "../helpers/market.ts";
import { createFakeMarket } from "./helpers/fakeMarket.ts";

type Fake = Awaited<ReturnType<typeof createFakeMarket>>;
type Body<T> = { block: { number: number; hash: string; timestamp: number }; data: T };

const X = 68_000_000n << 16n;
// X of account 1 is 68m a lot: solvent at 70m, bankrupt at the mark of 60m
const LONG = position(1, 10n, 70_000_000n, 2_000_000n);
const SHORTS = [
  position(2, -4n, 70_000_000n, 3_000_000n),
  position(3, -4n, 70_000_000n, 9_000_000n),
  position(4, -4n, 70_000_000n, 30_000_000n),
];
const LONG2 = position(5, 2n, 50_000_000n, 20_000_000n);

describe("API", () => {
  let fake: Fake;
  before(async () => {
    fake = await createFakeMarket([LONG, ...SHORTS, LONG2], { corsOrigins: ["https://example.org"] });
  });
  after(() => fake.server.stop());

  async function data<T>(path: string): Promise<T> {
    const { response, body } = await fake.get(path);
    assert.equal(response.status, 200, JSON.stringify(body));
    const { block } = body as Body<T>;
    const { number, hash, timestamp } = fake.head();
    assert.deepEqual(block, { number: Number(number), hash, timestamp: Number(timestamp) });
    return (body as Body<T>).data;
  }

  it("every answer carries the block, and fits its schema", async () => {
    const cases = [
      ["/api/markets", schemas.marketSchema.array()],
      ["/api/markets/BTC", schemas.marketSchema],
      ["/api/markets/1", schemas.marketSchema],
      ["/api/markets/btc/depth", schemas.depthSchema],
      ["/api/markets/BTC/positions/3", schemas.positionSchema],
      ["/api/markets/BTC/prices", schemas.pricesSchema],
      ["/api/risk", schemas.totalRiskSchema],
      ["/api/markets/BTC/risk?points=5&range=100000", schemas.riskSchema],
      ["/api/markets/BTC/ladder?moves=-100000,100000", schemas.rungSchema.array()],
      ["/api/markets/BTC/at-risk?direction=up", schemas.positionSchema.array()],
      ["/api/markets/BTC/predict?move=-10000", schemas.predictionSchema],
      ["/api/markets/BTC/adl/ranks/2", schemas.ccxtRankSchema],
      ["/api/adl/ranks?account=2", schemas.ccxtRankSchema.array()],
      ["/api/markets/BTC/waterfall", schemas.waterfallSchema],
      ["/api/markets/BTC/steps", stepSchema.array()],
    ] as const;
    for (const [path, schema] of cases) schema.parse(await data(path));
  });

  it("a market: mark, insurance, breaker as the chain has them", async () => {
    const market = await data<Record<string, unknown>>("/api/markets/BTC");
    assert.equal(market["price"], MARK.toString());
    assert.equal(market["positions"], 5);
    // the fund pays all but its last unit
    assert.equal(market["insurance"], "49000000");
    assert.equal((market["breaker"] as { ratio: string }).ratio, "20000");
    // √(3600 · 1e10 / 1e18) = 0.6 %
    assert.equal(market["volatility"], "6000");
  });

  it("positions, page by page", async () => {
    const first = await data<{ positions: { account: number }[]; total: number; next: number }>(
      "/api/markets/BTC/positions?limit=2",
    );
    assert.deepEqual([first.positions.map(({ account }) => account), first.total, first.next], [[1, 2], 5, 3]);
    const last = await data<{ positions: { account: number }[]; next?: number }>(
      "/api/markets/BTC/positions?limit=3&from=3",
    );
    assert.deepEqual([last.positions.map(({ account }) => account), last.next], [[3, 4, 5], undefined]);
  });

  it("the risk curve has the moves asked for, and none is below zero", async () => {
    const { curve } = await data<{ curve: { move: string; total: string }[] }>(
      "/api/markets/BTC/risk?points=5&range=100000",
    );
    assert.deepEqual(
      curve.map(({ move }) => move),
      ["-100000", "-50000", "0", "50000", "100000"],
    );
    // at the mark account 1 is short of 8m a lot on 10 lots, and at −5 % of 11m
    assert.ok(BigInt(curve[2]?.total ?? 0) >= 80_000_000n);
    assert.ok(BigInt(curve[1]?.total ?? 0) - BigInt(curve[2]?.total ?? 0) >= 30_000_000n);
  });

  it("ADL ranks in ccxt's shape; the queue has them in order", async () => {
    const queue = await data<{ queued: number; ranks: { account: number; rating: number }[] }>(
      "/api/markets/BTC/adl/queue?side=short",
    );
    assert.equal(queue.queued, 3);
    assert.deepEqual(
      queue.ranks.map(({ account, rating }) => [account, rating]),
      [
        [2, 5],
        [3, 4],
        [4, 2],
      ],
    );
    const rank = await data<Record<string, unknown>>("/api/markets/BTC/adl/ranks/3");
    assert.deepEqual(
      [rank["symbol"], rank["rank"], rank["rating"], rank["percentage"]],
      ["BTC/USDC:USDC", 2, "4", 66.66],
    );
    assert.equal(rank["datetime"], new Date(Number(rank["timestamp"])).toISOString());
    assert.deepEqual(await data("/api/adl/ranks?account=77"), []);
  });

  it("error: bad input is 400 and named, what is not there is 404", async () => {
    for (const [path, status, pattern] of [
      ["/api/markets/BTC/positions?limit=0", 400, /^limit: must be a whole number between 1 and 1000$/],
      ["/api/markets/BTC/positions?from=x", 400, /^from: must be a whole number/],
      ["/api/markets/BTC/at-risk?direction=left", 400, /^direction: must be down or up$/],
      ["/api/markets/BTC/at-risk", 400, /^direction: must be down or up|^direction: Required/],
      ["/api/markets/BTC/predict?move=-1000000", 400, /^move: must be a whole number between -999999/],
      ["/api/markets/BTC/ladder?moves=1,zz", 400, /^moves: "zz" must be/],
      ["/api/markets/BTC/events?type=party", 400, /^type: must be one of liquidation, /],
      ["/api/markets/BTC/adl/ranks/0", 400, /^account: must be/],
      ["/api/markets/DOGE", 404, /^There is no market DOGE; there are BTC$/],
      ["/api/markets/BTC/positions/99", 404, /^Account 99 has no position in BTC$/],
      ["/api/markets/BTC/deleverages/99999", 404, /^There is no deleveraging call 99999/],
      ["/api/nothing", 404, /^There is nothing at/],
    ] as const) {
      const { response, body } = await fake.get(path);
      assert.equal(response.status, status, path);
      assert.match((body as { error: string }).error, pattern, path);
    }
    assert.equal((await fetch(`${fake.server.url}/api/markets`, { method: "POST" })).status, 404);
  });

  it("other origins: only those that are allowed", async () => {
    const ask = (origin: string) => fetch(`${fake.server.url}/api/markets`, { headers: { origin } });
    assert.equal((await ask("https://example.org")).headers.get("access-control-allow-origin"), "https://example.org");
    assert.equal((await ask("https://elsewhere.org")).headers.get("access-control-allow-origin"), null);
  });

  it("the OpenAPI document names every route that answers", async () => {
    const { body } = await fake.get("/api/openapi.json");
    const { openapi, paths } = body as { openapi: string; paths: Record<string, { get: { responses: object } }> };
    assert.equal(openapi, "3.1.0");
    assert.deepEqual(
      Object.keys(paths)
        .map((path) => path.replace("/api", "").replace("/markets/{market}", ""))
        .sort(),
      [
        ...["", "/adl/queue", "/adl/ranks", "/adl/ranks/{account}", "/at-risk", "/deleverages/{sequence}", "/depth"],
        ...["/events", "/health", "/ladder", "/markets", "/positions", "/positions/{account}", "/predict", "/prices"],
        ...["/risk", "/risk", "/steps", "/waterfall"],
      ],
    );
    for (const [path, { get }] of Object.entries(paths)) assert.ok("200" in get.responses, path);
  });

  it("a deleveraging call: in the history, with evidence that the check finds right", async () => {
    const queue = await data<{ ranks: { account: number; score: string }[] }>("/api/markets/BTC/adl/queue?side=short");
    const close = (account: number, rank: number) => ({
      ...{ bankrupt: 1n, counterparty: BigInt(account), rank: BigInt(rank), price: X, lots: 4n, pnl: 8n, payout: 9n },
      left: 0n,
      score: BigInt(queue.ranks.find((entry) => entry.account === account)?.score ?? 0),
      sequence: fake.next(),
    });
    const parent = fake.head();
    await fake.mine([
      { eventName: "AutoDeleveraged", args: close(2, 1) },
      { eventName: "AutoDeleveraged", args: close(3, 2) },
      {
        eventName: "DeleverageCall",
        args: {
          ...{ bankrupt: 1n, caller: `0x${"11".repeat(20)}`, lots: 8n, price: X, mark: MARK, cover: 0n, reward: 0n },
          sequence: fake.next(),
        },
      },
    ]);
    const { events } = await data<{ events: { type: string; sequence: string }[] }>("/api/markets/BTC/events");
    assert.equal(events.length, 1);
    schemas.eventSchema.parse(events[0]);
    const found = await data<Evidence & { before: { block: { number: number; hash: string } } }>(
      `/api/markets/BTC/deleverages/${events[0]?.sequence}`,
    );
    schemas.evidenceSchema.parse(found);
    assert.deepEqual(found.before.block, { number: Number(parent.number), hash: parent.hash });
    assert.deepEqual(
      found.before.positions.map(({ account }) => account),
      [1, 2, 3, 4, 5],
    );
    assert.deepEqual(checkCall(found).findings, []);
    const waterfall = await data<{ stages: { happened: number; lots: string }[] }>("/api/markets/BTC/waterfall");
    assert.deepEqual(
      waterfall.stages.map(({ happened, lots }) => [happened, lots]),
      [
        [0, "0"],
        [0, "0"],
        [2, "8"],
        [0, "0"],
      ],
    );
  });

  it("a reorganisation takes it out of the history, and its positions back", async () => {
    await fake.reorganise(SHORTS.slice(0, 2));
    const { events } = await data<{ events: unknown[] }>("/api/markets/BTC/events");
    assert.deepEqual(events, []);
    const { total } = await data<{ total: number }>("/api/markets/BTC/positions");
    assert.equal(total, 5);
    const prices = await data<{ block: number }[]>("/api/markets/BTC/prices");
    assert.deepEqual(
      prices.map(({ block }) => block),
      [100, 101],
    );
  });

  it("the stream sends the block that is published, and the next one", async () => {
    const abort = new AbortController();
    const response = await fetch(`${fake.server.url}/api/stream`, { signal: abort.signal });
    assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const until = async (pattern: RegExp) => {
      while (!pattern.test(text)) text += (await reader?.read())?.value ?? "";
    };
    await until(new RegExp(`event: block[^]*${fake.head().hash}[^]*\n\n`));
    await fake.mine([]);
    await until(new RegExp(`id: ${fake.head().hash}\n`));
    abort.abort();
  });

  it("health is good while blocks come", async () => {
    const { response, body } = await fake.get("/api/health");
    assert.equal(response.status, 200);
    assert.equal((body as { ok: boolean; block: { number: number } }).block.number, Number(fake.head().number));
  });
});

describe("API limits", () => {
  it("more requests than allowed: 429, and the page is still served", async () => {
    const fake = await createFakeMarket([LONG, ...SHORTS], { rateLimit: 3 });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await fake.get("/api/markets")).response.status);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    assert.equal((await fake.get("/api/markets")).response.headers.get("retry-after"), "20");
    assert.equal((await fetch(fake.server.url)).status, 200);
    await fake.server.stop();
  });
});

describe("API memory", () => {
  it("what is older than the limits is forgotten, and said to be", async (t) => {
    const fake = await createFakeMarket([LONG, ...SHORTS], { limits: { records: 30, prices: 20, changes: 10 } });
    t.after(() => fake.server.stop());
    const call = () => ({
      ...{ bankrupt: 1n, caller: `0x${"11".repeat(20)}`, lots: 0n, price: X, mark: MARK, cover: 0n, reward: 0n },
      sequence: fake.next(),
    });
    for (let i = 0; i < 40; i++) {
      await fake.mine([
        { eventName: "PositionChanged", args: { ...LONG2, account: 5n, sequence: fake.next() } },
        { eventName: "DeleverageCall", args: call() },
      ]);
    }
    const { body } = await fake.get("/api/markets/BTC/events?limit=500");
    const { events } = (body as Body<{ events: { sequence: string }[] }>).data;
    assert.ok(events.length >= 30 && events.length <= 33, `${events.length} records`);
    const prices = ((await fake.get("/api/markets/BTC/prices")).body as Body<unknown[]>).data;
    assert.ok(prices.length >= 20 && prices.length <= 22, `${prices.length} prices`);
    const newest = await fake.get(`/api/markets/BTC/deleverages/${events[0]?.sequence}`);
    assert.equal(newest.response.status, 200);
    const oldest = await fake.get(`/api/markets/BTC/deleverages/${events.at(-1)?.sequence}`);
    assert.equal(oldest.response.status, 404);
    assert.match((oldest.body as { error: string }).error, /no longer kept/);
  });
});

describe("page files", () => {
  it("are all there, with a strict policy, and less than 250 kB on the wire", async () => {
    const fake = await createFakeMarket([LONG, ...SHORTS]);
    let total = 0;
    for (const [path, asset] of collectAssets()) {
      const response = await fetch(`${fake.server.url}${path}`);
      assert.equal(response.status, 200, path);
      assert.equal(response.headers.get("content-encoding"), "gzip");
      const policy = response.headers.get("content-security-policy") ?? "";
      assert.match(policy, /default-src 'none'/);
      assert.doesNotMatch(policy, /unsafe|\*|https?:/);
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), asset.raw);
      total += asset.zipped.length;
    }
    // what the page checks with is what the audit and the keeper run, not a copy
    assert.ok(collectAssets().has("/audit/judgeCall.ts") && collectAssets().has("/core/score.ts"));
    assert.ok(![...collectAssets().keys()].some((path) => path.startsWith("/exec") || path.startsWith("/config")));
    for (const path of ["/api/markets/1/risk?points=301", "/api/markets/1/events", "/api/markets/1/positions"]) {
      total += gzipSync(await (await fetch(`${fake.server.url}${path}`)).text()).length;
    }
    assert.ok(total < 250_000, `${total} bytes`);
    await fake.server.stop();
  });
});
