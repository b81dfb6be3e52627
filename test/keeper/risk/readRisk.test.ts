import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createPublicClient,
  custom,
  decodeFunctionData,
  encodeErrorResult,
  encodeFunctionResult,
  type Hex,
  RpcRequestError,
} from "viem";
import { exchangeAbi, lensAbi } from "../../../keeper/chain/abi.ts";
import type { Chain } from "../../../keeper/chain/connect.ts";
import { readRisk } from "../../../keeper/cli/printRisk.ts";
import { ConfigError } from "../../../keeper/errors.ts";
import { sourceAbi } from "../../../keeper/oracle/feedAbi.ts";
import { CONFIG, EMPTY_MARKET } from "../helpers/chainMarket.ts";
import { createFakeChain } from "../helpers/fakeChain.ts";
import { BASE, MARK, position } from "../helpers/market.ts";

const SETTINGS = { pageSize: 10, logRange: 1000 };
const DAY = 86_400;
/** Of the fake chain's first block. */
const TODAY = BigInt(Math.floor(1_700_000_001 / DAY));

type World = { stale: boolean; coverDay: bigint; levels: readonly { tick: bigint; lots: bigint; orders: bigint }[] };

/** The fake chain with a price, a fund, a book and a circuit breaker. */
function createChain(world: World): { chain: Chain; pages: () => number } {
  const fake = createFakeChain();
  fake.mine([position(1, 100n, 60_000_000n, 6_000_000n), position(2, -100n, 60_000_000n, 60_000_000n)]);
  let pages = 0;
  const forward = fake.chain.client.request as (args: { method: string; params?: unknown }) => Promise<unknown>;
  async function request(args: { method: string; params?: unknown }): Promise<unknown> {
    if (args.method !== "eth_call") return forward(args);
    const [{ data }] = args.params as [{ data: Hex }];
    const answer = answerTo(data);
    return answer ?? forward(args);
  }
  function answerTo(data: Hex): Hex | undefined {
    const call = decodeFunctionData({ abi: [...exchangeAbi, ...lensAbi, ...sourceAbi], data });
    const on = { abi: exchangeAbi } as const;
    switch (call.functionName) {
      case "markPrice":
        if (world.stale) {
          const error = encodeErrorResult({ abi: exchangeAbi, errorName: "StalePrice", args: [1n, 99n, 60n] });
          throw new RpcRequestError({ body: {}, url: "", error: { code: 3, message: "reverted", data: error } });
        }
        return encodeFunctionResult({ ...on, functionName: "markPrice", result: [MARK, 1n] });
      case "insuranceBalance":
        return encodeFunctionResult({ ...on, functionName: "insuranceBalance", result: 301_000_000n });
      case "fundingIndexNow":
        return encodeFunctionResult({ ...on, functionName: "fundingIndexNow", result: 0n });
      case "marketConfig": {
        const result = { ...CONFIG, dailyCoverCap: 250_000_000n };
        return encodeFunctionResult({ ...on, functionName: "marketConfig", result });
      }
      case "marketAt": {
        const cover = { coverDay: world.coverDay, coverDrawn: 150_000_000n };
        const result = { ...EMPTY_MARKET, base: BigInt(BASE), sequence: 2n, ...cover };
        return encodeFunctionResult({ ...on, functionName: "marketAt", result });
      }
      case "riskAt": {
        const variance = 10n ** 14n / 3600n;
        const limits = { ratio: 0n, calmAt: 0n, variance, initialRate: 0n, growth: 0n, preventiveLots: 0n };
        const result = { level: 0, stepped: 0, guardian: 0, ...limits };
        return encodeFunctionResult({ ...on, functionName: "riskAt", result });
      }
      case "depth": {
        pages++;
        const [, isBid, from] = call.args;
        // one level a page
        const left = isBid ? world.levels.filter(({ tick }) => from === 0n || tick <= from) : [];
        const result = [1n, left.slice(0, 1), left[1]?.tick ?? 0n] as const;
        return encodeFunctionResult({ abi: lensAbi, functionName: "depth", result });
      }
      default:
        return undefined;
    }
  }
  const client = createPublicClient({ transport: custom({ request }, { retryCount: 0 }), cacheTime: 0 });
  return { chain: { ...fake.chain, client } as Chain, pages: () => pages };
}

const BOOK = [
  { tick: 5_990_000n, lots: 50n, orders: 1n },
  { tick: 5_980_000n, lots: 20n, orders: 2n },
];

test("default: every market at the newest block, the whole book read page by page", async () => {
  const { chain, pages } = createChain({ stale: false, coverDay: 0n, levels: BOOK });
  const { report } = await readRisk(chain, SETTINGS, { market: undefined, shock: undefined });
  assert.equal(report.block, 1n);
  assert.equal(pages(), 3, "two pages of bids, one of asks");
  const [btc] = report.markets;
  assert.ok(btc !== undefined);
  assert.equal(btc.name, "BTC");
  assert.equal(btc.exposure.openInterest, 100n);
  // bids at 59.9m and 59.8m are within half a percent: 70 lots; nothing was drawn today: the cap of 250
  assert.equal(btc.ladder[0]?.depthLots, 70n);
  assert.equal(btc.adequacy.insurance, 250_000_000n);
  assert.equal(btc.frontier.down.firstBankruptcy?.price, (54_000_000n << 16n) - 1n);
  assert.equal(btc.shock, undefined);
});

test("behavior: what was drawn from the fund today is gone", async () => {
  const { chain } = createChain({ stale: false, coverDay: TODAY, levels: [] });
  const { report } = await readRisk(chain, SETTINGS, { market: "btc", shock: -200_000n });
  assert.equal(report.markets[0]?.adequacy.insurance, 100_000_000n);
  assert.deepEqual(
    report.markets[0]?.shock?.prediction.deleverages.map(({ account, cover }) => [account, cover]),
    [[1, 100_000_000n]],
  );
});

test("behavior: a market whose price the contract refuses is named with the reason", async () => {
  const { chain } = createChain({ stale: true, coverDay: 0n, levels: [] });
  const { report } = await readRisk(chain, SETTINGS, { market: "1", shock: undefined });
  assert.deepEqual(report.unavailable, [{ market: 1, name: "BTC", reason: "StalePrice(1, 99, 60)" }]);
  assert.deepEqual(report.markets, []);
  assert.equal(report.total.adequacy.band, "strong");
});

test("error: a market that is not listed", async () => {
  const { chain } = createChain({ stale: false, coverDay: 0n, levels: [] });
  await assert.rejects(
    readRisk(chain, SETTINGS, { market: "DOGE", shock: undefined }),
    (error) => error instanceof ConfigError && error.message === "--market DOGE is not listed; there are: BTC",
  );
});
