/**
 * From a feed's announcement to the plan, at a hundred thousand positions: the block's logs are validated, decoded and applied, and the market
 * is planned at the new price and funding index. What the endpoint takes to answer is not in it.
 *
 * The price walks, and jumps now and then. Whoever a plan is about is closed afterwards and replaced, as if the keeper and the market had acted.
 */
import { encodeAbiParameters, encodeEventTopics, type Hex, numberToHex, type RpcLog, toHex } from "viem";
import { addTo, emptyBloom } from "../../../keeper/chain/bloom.ts";
import { decodeLogs } from "../../../keeper/chain/readEvents.ts";
import { validateLogs } from "../../../keeper/chain/validateLogs.ts";
import { applyChange } from "../../../keeper/core/applyChange.ts";
import type { MarketView } from "../../../keeper/core/marketView.ts";
import { planMarket, screenMarket } from "../../../keeper/core/planMarket.ts";
import { feedAbi } from "../../../keeper/oracle/feedAbi.ts";
import { applyBlock } from "../../../keeper/state/applyBlock.ts";
import type { World } from "../../../keeper/state/world.ts";
import { createRandom } from "../random.ts";
import { levels, position } from "../risk/createPopulation.ts";
import { createMarket, FUNDING, MARK, MARKET } from "./createMarket.ts";
import { stopwatch } from "./stopwatch.ts";
import { summary } from "./summary.ts";

const FEED = "0x9fe46736679d2d9a65f0992f2272de9f3c7fa6e0";
const OPTIONS = { warnMove: 20_000n, maxCounterparties: 40, maxSteps: 64 };
/** Ticks before the measurement, for the compiler. */
const WARM = 60;

export function measurePlan(size: number, ticks: number) {
  const { uniform, normal } = createRandom(31);
  const state = createMarket(size, uniform);
  const hash = numberToHex(1, { size: 32 });
  const world: World = {
    markets: new Map([[1, { parameters: MARKET, source: FEED, state }]]),
    feeds: { sources: new Map(), emitters: new Map([[FEED, [1]]]) },
    frames: [{ block: { number: 0n, hash, parentHash: hash, timestamp: 0n }, undos: [] }],
  };
  const taken: ReturnType<ReturnType<typeof stopwatch>>[] = [];
  const planned = { liquidate: 0, deleverage: 0, gated: 0 };
  let [move, parentHash] = [0, hash];
  for (let tick = 1; tick <= ticks + WARM; tick++) {
    // a block's move, pulled back to where everybody entered; and every fiftieth a jump
    move += 0.0015 * normal() - 0.05 * move + (tick % 50 === 0 ? 0.03 * Math.sign(normal()) : 0);
    const price = (MARK * BigInt(Math.round((1 + move) * 1e6))) / 1_000_000n;
    const prices = { price, funding: FUNDING + BigInt(tick) };
    const { header, logs } = announcement(tick, parentHash, price);
    const mark = Number(price / (MARKET.tickValue << 16n));
    const depth = { bids: around(mark, -1), asks: around(mark, 1) };
    const reading = { taken: 0, level: 0, preventiveLots: 0n, now: BigInt(tick), free: new Map() };
    const touch = { bestBid: BigInt(mark - 1), bestAsk: BigInt(mark + 1) };
    const stop = stopwatch();
    validateLogs(header, logs, new Set([FEED]));
    applyBlock(world, header, decodeLogs(logs));
    const screening = screenMarket({ state, parameters: MARKET }, prices, OPTIONS);
    const view: MarketView = {
      parameters: MARKET,
      state,
      prices: { ok: true, ...prices, accrued: FUNDING },
      ...reading,
      touch,
      ...(screening.below.length > 0 ? { depth } : {}),
    };
    const plan = planMarket(view, OPTIONS, screening);
    if (tick > WARM) taken.push(stop());
    parentHash = header.hash;
    if (plan.plans.some(({ kind }) => kind === "deleverage")) planned.gated++;
    for (const item of plan.plans) {
      if (item.kind === "liquidate" || item.kind === "deleverage") planned[item.kind]++;
    }
    const about = [...plan.plans, ...plan.skips].flatMap((item) => ("account" in item && item.account) || []);
    for (const account of about) replace(account);
  }
  if (planned.liquidate < ticks / 10 || planned.deleverage === 0)
    throw new Error(`the price moved nobody: ${JSON.stringify(planned)}`);
  const { median, p99 } = summary(taken.map(({ ms }) => ms));
  const cpu = summary(taken.map(({ cpuMs }) => cpuMs));
  return {
    [`oracleToPlan${size / 1000}kPositionsMs`]: p99,
    [`oracleToPlan${size / 1000}kPositionsMedianMs`]: median,
    [`oracleToPlan${size / 1000}kPositionsCpuMs`]: cpu.p99,
    oracleToPlanLiquidations: planned.liquidate,
    oracleToPlanDeleverages: planned.deleverage,
  };

  /** Somebody else of the same side, opened at the mark of the start. */
  function replace(account: number): void {
    const { lots, cost, margin, fundingIndex } = position(
      account,
      (state.positions.get(account)?.lots ?? 1n) > 0n,
      uniform,
    );
    applyChange(state, { account, lots, cost, margin, fundingIndex });
  }

  function around(mark: number, side: -1 | 1) {
    return levels(side, uniform).map((level, i) => ({ ...level, tick: mark + side * (i + 1) }));
  }
}

function announcement(tick: number, parentHash: Hex, price: bigint) {
  const hash = numberToHex(tick + 1, { size: 32 });
  const args = { current: price, roundId: BigInt(tick) };
  const log = {
    address: FEED,
    topics: encodeEventTopics({ abi: feedAbi, eventName: "AnswerUpdated", args }),
    data: encodeAbiParameters([{ type: "uint256" }], [BigInt(tick)]),
    blockHash: hash,
    blockNumber: numberToHex(tick),
    logIndex: "0x0",
    transactionIndex: "0x0",
    transactionHash: hash,
    removed: false,
  } as RpcLog;
  const bloom = emptyBloom();
  for (const item of [log.address, ...log.topics]) addTo(bloom, item);
  const header = { number: BigInt(tick), hash, parentHash, timestamp: BigInt(tick), logsBloom: toHex(bloom) };
  return { header, logs: [log] };
}
