/**
 * A chain in memory behind a real viem client: blocks of position changes of one market, which a test extends, reorganises and hides.
 */
import {
  createPublicClient,
  custom,
  decodeFunctionData,
  encodeAbiParameters,
  encodeEventTopics,
  encodeFunctionResult,
  type Hash,
  type Hex,
  keccak256,
  numberToHex,
  RpcRequestError,
  toHex,
  zeroAddress,
} from "viem";
import { exchangeAbi, lensAbi } from "../../../keeper/chain/abi.ts";
import { addTo, emptyBloom } from "../../../keeper/chain/bloom.ts";
import type { Chain } from "../../../keeper/chain/connect.ts";
import { cellsOf, type MarketState } from "../../../keeper/core/marketState.ts";
import type { Position } from "../../../keeper/core/types.ts";
import { feedAbi, sourceAbi } from "../../../keeper/oracle/feedAbi.ts";
import { CONFIG, EMPTY_MARKET, RISK } from "./chainMarket.ts";
import { BASE, marketOf } from "./market.ts";

const EXCHANGE = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const NO_ORDERS = { orders: [], ordersBefore: [], withheld: 0, feedLogs: [] };
/** The market's price source asks this proxy. */
export const PROXY = "0x00000000000000000000000000000000000000aa";
const LENS = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512";

const GENESIS = 1_700_000_000;

type FeedLog = { readonly emitter: Hex; readonly topics: readonly Hex[]; readonly data: Hex };
type Order = { readonly account: number; readonly triggerRate: bigint; readonly maximum: bigint };
/** In a block, position changes come before top-up orders. */
type Block = {
  number: number;
  timestamp: number;
  hash: Hash;
  parentHash: Hash;
  changes: readonly Position[];
  before: readonly Position[];
  orders: readonly Order[];
  ordersBefore: readonly Order[];
  /** Logs of price feeds, after the others. */
  feedLogs: readonly FeedLog[];
  /** Logs at the block's beginning that the endpoint forgets. */
  withheld: number;
};

export type FakeLog = ReturnType<typeof logsOf>[number];

export type FakeChain = {
  readonly chain: Chain;
  /** What the client asks. */
  readonly request: (args: { method: string; params?: unknown }) => Promise<unknown>;
  /** Appends a block to the canonical chain. */
  readonly mine: (changes?: readonly Position[]) => void;
  /** Appends a block with a top-up order. */
  readonly order: (account: number, triggerRate: bigint, maximum: bigint) => void;
  /** Appends a block in which a feed answers. */
  readonly announce: (emitter: Hex, answer: bigint) => void;
  /** Puts an aggregator behind the proxy; says so in a block of its own unless it is silent. */
  readonly confirmAggregator: (aggregator: Hex, silently?: boolean) => void;
  /** Makes the endpoint forget this many logs of the next block. */
  readonly withhold: (count: number) => void;
  /** Makes the endpoint remember everything again. */
  readonly comply: () => void;
  /** Makes the chain one without bloom filters. */
  readonly leaveOutBlooms: () => void;
  /** Changes each log that the endpoint answers with. */
  readonly tamperWith: (change: (log: FakeLog) => object) => void;
  /** Drops the newest blocks. */
  readonly drop: (count: number) => void;
  /** Makes the endpoint answer as if it were this many blocks behind. */
  readonly lag: (count: number) => void;
  /** Seconds between the newest block and the ones that are mined from now on; 1 unless told. */
  readonly tick: (seconds: number) => void;
  /** The state as it is at the canonical head. */
  readonly truth: () => MarketState;
  /** How often the endpoint was asked, by method. */
  readonly asked: Map<string, number>;
};

export function createFakeChain(): FakeChain {
  let salt = 0;
  let behind = 0;
  let seconds = 1;
  let withheld = 0;
  let aggregator: Hex | undefined;
  let bloomless = false;
  let tamper: (log: FakeLog) => object = (log) => log;
  const asked = new Map<string, number>();
  const hashOf = (number: number): Hash => keccak256(toHex(`${number} ${salt++}`));
  const genesis: Block = {
    number: 0,
    timestamp: GENESIS,
    hash: hashOf(0),
    parentHash: hashOf(0),
    changes: [],
    before: [],
    ...NO_ORDERS,
  };
  const blocks: Block[] = [genesis];
  const everSeen = new Map<Hash, Block>([[genesis.hash, genesis]]);
  const head = () => blocks.at(-1) ?? genesis;

  function stateAt({ before, changes, ordersBefore, orders }: Block): MarketState {
    const state = marketOf([...before, ...changes]);
    for (const { account, triggerRate, maximum } of [...ordersBefore, ...orders]) {
      state.topUps.set(account, { triggerRate, remaining: maximum });
    }
    state.sequence = BigInt(before.length + changes.length + ordersBefore.length + orders.length);
    return state;
  }

  function mine(changes: readonly Position[] = [], orders: readonly Order[] = [], feedLogs: readonly FeedLog[] = []) {
    const parent = head();
    const number = parent.number + 1;
    const before = [...parent.before, ...parent.changes];
    const ordersBefore = [...parent.ordersBefore, ...parent.orders];
    const block = {
      number,
      timestamp: parent.timestamp + seconds,
      hash: hashOf(number),
      parentHash: parent.hash,
      changes,
      before,
      orders,
      ordersBefore,
      feedLogs,
      withheld,
    };
    withheld = 0;
    blocks.push(block);
    everSeen.set(block.hash, block);
  }

  async function request({ method, params }: { method: string; params?: unknown }): Promise<unknown> {
    asked.set(method, (asked.get(method) ?? 0) + 1);
    const [first, second] = (params ?? []) as [never, { blockHash?: Hash } | undefined];
    const visible = blocks.slice(0, blocks.length - behind);
    if (method === "eth_chainId") return numberToHex(31337);
    if (method === "eth_getBlockByNumber") {
      const block = first === "latest" ? visible.at(-1) : visible[Number(first)];
      return block === undefined ? null : { ...rawBlock(block), ...(bloomless ? { logsBloom: null } : {}) };
    }
    if (method === "eth_getLogs" && !("blockHash" in first)) {
      const { fromBlock, toBlock } = first as { fromBlock: Hex; toBlock: Hex };
      const range = blocks.filter(({ number }) => number >= Number(fromBlock) && number <= Number(toBlock));
      return range.flatMap((block) => block.orders.map((order, i) => orderLog(block, order, i)));
    }
    const hash = method === "eth_getLogs" ? (first as { blockHash: Hash }).blockHash : second?.blockHash;
    const block = hash === undefined ? undefined : everSeen.get(hash);
    if (block === undefined || !blocks.includes(block)) throw rpcError("unknown block");
    if (method === "eth_getLogs") {
      const { address } = first as { address?: readonly string[] };
      const asked = logsOf(block).filter(
        (log) => address?.some((one) => one.toLowerCase() === log.address.toLowerCase()) ?? true,
      );
      return asked.slice(block.withheld).map(tamper);
    }
    if (method === "eth_call") return answer(first as { to: Hex; data: Hex }, block, stateAt(block), aggregator);
    throw rpcError(`method ${method} is not there`);
  }

  const client = createPublicClient({ transport: custom({ request }, { retryCount: 0 }), cacheTime: 0 });
  const deployment = {
    chainId: 31337,
    startBlock: 0,
    exchange: EXCHANGE,
    lens: LENS,
    markets: [{ id: 1, name: "BTC" }],
  } as const;
  return {
    chain: { client, chainId: 31337, deployment: { ...deployment, markets: [...deployment.markets] } },
    request,
    mine,
    order: (account, triggerRate, maximum) => mine([], [{ account, triggerRate, maximum }]),
    announce(emitter, answer) {
      const topics = encodeEventTopics({
        abi: feedAbi,
        eventName: "AnswerUpdated",
        args: { current: answer, roundId: 1n },
      });
      mine([], [], [{ emitter, topics: topics as Hex[], data: encodeAbiParameters([{ type: "uint256" }], [1n]) }]);
    },
    confirmAggregator(latest, silently = false) {
      const args = { previous: aggregator ?? PROXY, latest } as const;
      const topics = encodeEventTopics({ abi: feedAbi, eventName: "AggregatorConfirmed", args }) as Hex[];
      aggregator = latest;
      mine([], [], silently ? [] : [{ emitter: PROXY, topics, data: "0x" }]);
    },
    withhold: (count) => {
      withheld = count;
    },
    comply: () => {
      for (const block of blocks) block.withheld = 0;
      tamper = (log) => log;
    },
    leaveOutBlooms: () => {
      bloomless = true;
    },
    tamperWith: (change) => {
      tamper = change;
    },
    drop: (count) => {
      blocks.splice(blocks.length - count, count);
    },
    lag: (count) => {
      behind = count;
    },
    tick: (by) => {
      seconds = by;
    },
    truth: () => stateAt(head()),
    asked,
  };
}

function rpcError(message: string, data?: Hex): RpcRequestError {
  return new RpcRequestError({ body: {}, url: "http://fake", error: { code: 3, message, ...(data ? { data } : {}) } });
}

function logsOf(block: Block) {
  const changes = block.changes.map((change, i) => rawLog(block, change, i));
  const orders = block.orders.map((order, i) => orderLog(block, order, i));
  const before = changes.length + orders.length;
  const feeds = block.feedLogs.map(({ emitter, topics, data }, i) => {
    return { topics, data, ...placeOf(block, before + i), address: emitter };
  });
  return [...changes, ...orders, ...feeds];
}

function rawBlock(block: Block) {
  const { number, hash, parentHash } = block;
  const bloom = emptyBloom();
  for (const { address, topics } of logsOf(block)) for (const item of [address, ...topics]) addTo(bloom, item as Hex);
  return {
    logsBloom: toHex(bloom),
    number: numberToHex(number),
    hash,
    parentHash,
    timestamp: numberToHex(block.timestamp),
    transactions: [],
  };
}

function rawLog(block: Block, p: Position, index: number) {
  const args = { market: 1n, account: BigInt(p.account) };
  const sequence = BigInt(block.before.length + block.ordersBefore.length + index + 1);
  const amounts = [p.lots, p.cost, p.margin, p.fundingIndex, sequence] as const;
  const types = ["int256", "uint256", "int256", "int256", "uint256"].map((type) => ({ type }));
  return {
    topics: encodeEventTopics({ abi: exchangeAbi, eventName: "PositionChanged", args }),
    data: encodeAbiParameters(types, amounts),
    ...placeOf(block, index),
  };
}

function orderLog(block: Block, { account, triggerRate, maximum }: Order, i: number) {
  const index = block.changes.length + i;
  const sequence = BigInt(block.before.length + block.ordersBefore.length + index + 1);
  const args = { market: 1n, account: BigInt(account) };
  const types = ["uint256", "uint256", "uint256"].map((type) => ({ type }));
  return {
    topics: encodeEventTopics({ abi: exchangeAbi, eventName: "TopUpSet", args }),
    data: encodeAbiParameters(types, [triggerRate, maximum, sequence]),
    ...placeOf(block, index),
  };
}

function placeOf(block: Block, index: number) {
  return {
    address: EXCHANGE,
    blockNumber: numberToHex(block.number),
    blockHash: block.hash,
    logIndex: numberToHex(index),
    transactionIndex: "0x0",
    transactionHash: block.hash,
    removed: false,
  };
}

function answer(
  { to, data }: { to: Hex; data: Hex },
  block: Block,
  state: MarketState,
  aggregator: Hex | undefined,
): Hex {
  const abi = [...exchangeAbi, ...lensAbi, ...sourceAbi] as const;
  const { functionName, args } = decodeFunctionData({ abi, data });
  if (functionName === "fundingIndexNow") return encodeFunctionResult({ abi: exchangeAbi, functionName, result: 0n });
  if (functionName === "marketCount") return encodeFunctionResult({ abi: exchangeAbi, functionName, result: 1n });
  if (functionName === "marketConfig") return encodeFunctionResult({ abi: exchangeAbi, functionName, result: CONFIG });
  if (functionName === "riskConfig") return encodeFunctionResult({ abi: exchangeAbi, functionName, result: RISK });
  if (functionName === "marketTiers") return encodeFunctionResult({ abi: exchangeAbi, functionName, result: [] });
  if (aggregator !== undefined) {
    const behind = to.toLowerCase() === PROXY ? aggregator : PROXY;
    const words = {
      aggregator: behind,
      heartbeat: 3_600n,
      decimals: 8,
      sequencerFeed: zeroAddress,
      sequencerGrace: 0n,
    };
    const word = words[functionName as keyof typeof words];
    if (word !== undefined) return encodeFunctionResult({ abi: sourceAbi, functionName, result: word } as never);
  }
  if (functionName === "topUpAt") {
    const order = state.topUps.get(Number(args[1])) ?? { triggerRate: 0n, remaining: 0n };
    return encodeFunctionResult({ abi: exchangeAbi, functionName, result: order });
  }
  if (functionName === "marketAt") {
    const result = { ...EMPTY_MARKET, base: BigInt(BASE), sequence: state.sequence };
    return encodeFunctionResult({ abi: exchangeAbi, functionName, result });
  }
  if (functionName === "positions" && to.toLowerCase() === LENS.toLowerCase()) {
    const [, from, count] = args as readonly [bigint, bigint, bigint];
    const start = from === 0n ? 1n : from;
    const all = entriesOf(state);
    const page = all.filter(({ account }) => account >= start && account < start + count);
    const more = all.some(({ account }) => account >= start + count);
    const result = [BigInt(block.number), page, more ? start + count : 0n] as const;
    return encodeFunctionResult({ abi: lensAbi, functionName, result });
  }
  throw rpcError("execution reverted", "0x12345678");
}

function entriesOf(state: MarketState) {
  return [true, false].flatMap((isLong) =>
    [...cellsOf(state, isLong).values()].flatMap((members) => {
      return members.map(({ account, lots, cost, margin, fundingIndex }, i) => {
        const [prev, next] = [members[i - 1]?.account ?? 0, members[(i + 1) % members.length]?.account ?? 0];
        return { account, lots, cost, margin, fundingIndex, grownAt: 0n, prev, next };
      });
    }),
  );
}
