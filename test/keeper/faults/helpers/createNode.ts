/**
 * A node in memory: accounts' nonces, a mempool with the rules of geth, blocks, receipts, reorganisations. One contract that does one thing: work
 * with a number, which succeeds once and reverts with NothingToDeleverage afterwards. Faults come from a seeded source.
 */
import {
  createPublicClient,
  custom,
  encodeAbiParameters,
  encodeErrorResult,
  encodeEventTopics,
  type Hash,
  type Hex,
  HttpRequestError,
  keccak256,
  numberToHex,
  parseTransaction,
  RpcRequestError,
  recoverTransactionAddress,
  toHex,
} from "viem";
import { exchangeAbi } from "../../../../keeper/chain/abi.ts";
import type { Chain } from "../../../../keeper/chain/connect.ts";

export const EXCHANGE = "0x5FbDB2315678afecb367f032d93F642f64180aa3";

export type Tx = {
  readonly hash: Hash;
  readonly raw: Hex;
  readonly from: string;
  readonly to: string;
  readonly data: Hex;
  readonly nonce: number;
  readonly gas: bigint;
  readonly maxFee: bigint;
  readonly tip: bigint;
};
type Mined = { readonly tx: Tx; readonly ok: boolean; readonly emits: boolean };
type Block = {
  readonly number: number;
  readonly hash: Hash;
  readonly parentHash: Hash;
  readonly txs: readonly Mined[];
};

/** What goes wrong with a request: asked before each. */
export type Fault =
  | "none"
  /** The request never arrives. */
  | "drop"
  /** It is carried out, and the answer is lost. */
  | "lostAnswer"
  | "http503"
  /** A JSON-RPC error that says nothing. */
  | "internal"
  /** Answers from some blocks ago. */
  | "stale"
  /** Takes a transaction and forgets it. */
  | "swallow"
  /** A receipt that is there is not told. */
  | "noReceipt";

export type NodeOptions = {
  readonly fault?: (method: string) => Fault;
  /** Whether the work of this account does anything; "silent" is mined without an event, "revert" passes simulation only. */
  readonly behaviour?: (account: number) => "works" | "silent" | "revert";
  readonly baseFee?: () => bigint;
  /** Work that a transaction in the mempool would do, as far as the pending block shows. */
  readonly isPending?: (account: number) => boolean;
  /** Transactions that miners leave in the mempool. */
  readonly ignores?: (tx: Tx) => boolean;
};

export type Node = ReturnType<typeof createNode>;

export function createNode(options: NodeOptions = {}) {
  let salt = 0;
  const fresh = (): Hash => keccak256(toHex(`block ${salt++}`));
  const genesis: Block = { number: 0, hash: fresh(), parentHash: fresh(), txs: [] };
  const blocks: Block[] = [genesis];
  const pool = new Map<Hash, Tx>();
  /** Everything that was ever accepted, for the checks. */
  const accepted: Tx[] = [];
  /** Work done by nobody known: the contract's state beside transactions. */
  const doneByOthers = new Set<number>();
  let balance = 10n ** 20n;
  const baseFee = () => options.baseFee?.() ?? 1_000n;

  const minedTxs = (upTo = blocks.length) => blocks.slice(0, upTo).flatMap(({ txs }) => txs);
  const nonceOf = (address: string, upTo = blocks.length) =>
    minedTxs(upTo).filter(({ tx }) => tx.from === address.toLowerCase()).length;
  const doneAt = (upTo = blocks.length) =>
    new Set([
      ...minedTxs(upTo).flatMap(({ tx, ok, emits }) => (ok && emits ? [workOf(tx.data)] : [])),
      ...doneByOthers,
    ]);

  function mine(count = 1): void {
    for (let i = 0; i < count; i++) {
      const txs: Mined[] = [];
      const parent = blocks.at(-1) ?? genesis;
      const done = doneAt();
      const nonces = new Map<string, number>();
      const ready = [...pool.values()].toSorted((a, b) => a.nonce - b.nonce || Number(b.tip - a.tip));
      for (const tx of ready) {
        const next = nonces.get(tx.from) ?? nonceOf(tx.from);
        if (tx.nonce < next) pool.delete(tx.hash);
        if (tx.nonce !== next || tx.maxFee < baseFee() || options.ignores?.(tx) === true) continue;
        const account = workOf(tx.data);
        const behaviour = options.behaviour?.(account) ?? "works";
        const isCall = tx.to === EXCHANGE.toLowerCase();
        const ok = !isCall || (behaviour !== "revert" && !done.has(account));
        const emits = isCall && ok && behaviour === "works";
        if (emits) done.add(account);
        txs.push({ tx, ok, emits });
        nonces.set(tx.from, next + 1);
        pool.delete(tx.hash);
      }
      blocks.push({ number: parent.number + 1, hash: fresh(), parentHash: parent.hash, txs });
    }
  }

  /** Takes blocks back. Their transactions go back into the mempool, unless they are forgotten. */
  function reorg(depth: number, forget = false): void {
    const taken = blocks.splice(Math.max(1, blocks.length - depth));
    if (!forget) for (const { tx } of taken.flatMap(({ txs }) => txs)) pool.set(tx.hash, tx);
    for (let i = 0; i < taken.length; i++) {
      const parent = blocks.at(-1) ?? genesis;
      blocks.push({ number: parent.number + 1, hash: fresh(), parentHash: parent.hash, txs: [] });
    }
  }

  async function accept(raw: Hex): Promise<Hash> {
    const hash = keccak256(raw);
    const from = (await recoverTransactionAddress({ serializedTransaction: raw as never })).toLowerCase();
    const parsed = parseTransaction(raw);
    const { nonce = 0, gas = 0n, maxFeePerGas: maxFee = 0n, maxPriorityFeePerGas: tip = 0n, to, data = "0x" } = parsed;
    if (nonce < nonceOf(from)) throw rpc("nonce too low");
    if (pool.has(hash)) throw rpc("already known");
    if (balance < gas * maxFee) throw rpc("insufficient funds for gas * price + value");
    const rival = [...pool.values()].find((tx) => tx.from === from && tx.nonce === nonce);
    if (rival !== undefined) {
      if (maxFee * 100n < rival.maxFee * 110n || tip * 100n < rival.tip * 110n)
        throw rpc("replacement transaction underpriced");
      pool.delete(rival.hash);
    }
    const tx = { hash, raw, from, to: (to ?? "").toLowerCase(), data, nonce, gas, maxFee, tip };
    pool.set(hash, tx);
    accepted.push(tx);
    return hash;
  }

  function call(data: Hex, upTo: number, isTaken = false): Hex {
    const account = workOf(data);
    if (isTaken || doneAt(upTo).has(account))
      throw rpc(
        "execution reverted",
        encodeErrorResult({ abi: exchangeAbi, errorName: "NotLiquidatable", args: [BigInt(account), 1n, 0n] }),
      );
    return "0x";
  }

  async function answer(method: string, params: readonly unknown[], fault: Fault): Promise<unknown> {
    const visible = fault === "stale" ? Math.max(1, blocks.length - 3) : blocks.length;
    const head = blocks[visible - 1] ?? genesis;
    const [first, second] = params as [Hex, unknown];
    switch (method) {
      case "eth_chainId":
        return numberToHex(31337);
      case "eth_blockNumber":
        return numberToHex(head.number);
      case "eth_getBlockByNumber": {
        const block = (first as string) === "latest" ? head : blocks.slice(0, visible)[Number(first)];
        return block === undefined ? null : rawBlock(block, baseFee());
      }
      case "eth_getTransactionCount":
        return numberToHex(nonceOf(first, visible));
      case "eth_getBalance":
        return numberToHex(balance);
      case "eth_maxPriorityFeePerGas":
        return numberToHex(100);
      case "eth_call": {
        const at = typeof second === "string" && second.startsWith("0x") ? Number(second) + 1 : visible;
        const { data } = first as unknown as { data: Hex };
        return call(data, at, second === "pending" && options.isPending?.(workOf(data)) === true);
      }
      case "eth_estimateGas":
        call((first as unknown as { data: Hex }).data, visible);
        return numberToHex(100_000);
      case "eth_getTransactionByHash": {
        const found = pool.get(first) ?? minedTxs(visible).find(({ tx }) => tx.hash === first)?.tx;
        return found === undefined ? null : { hash: found.hash, type: "0x2", nonce: numberToHex(found.nonce) };
      }
      case "eth_getTransactionReceipt": {
        if (fault === "noReceipt") return null;
        const block = blocks.slice(0, visible).find(({ txs }) => txs.some(({ tx }) => tx.hash === first));
        const mined = block?.txs.find(({ tx }) => tx.hash === first);
        return block === undefined || mined === undefined ? null : receiptOf(block, mined);
      }
      case "eth_sendRawTransaction":
        if (fault === "swallow") return keccak256(first);
        return accept(first);
      default:
        throw rpc(`the method ${method} does not exist`);
    }
  }

  async function request({ method, params = [] }: { method: string; params?: unknown }): Promise<unknown> {
    const fault = options.fault?.(method) ?? "none";
    if (fault === "drop" || fault === "http503") throw new HttpRequestError({ url: "http://fake", status: 503 });
    if (fault === "internal") throw rpc("internal error", undefined, -32603);
    const result = await answer(method, params as readonly unknown[], fault);
    if (fault === "lostAnswer") throw new HttpRequestError({ url: "http://fake" });
    return result;
  }

  const client = createPublicClient({ transport: custom({ request }, { retryCount: 0 }), cacheTime: 0 });
  const deployment = {
    chainId: 31337,
    startBlock: 0,
    exchange: EXCHANGE,
    lens: EXCHANGE,
    markets: [{ id: 1, name: "BTC" }],
  } as const;
  const chain: Chain = { client, chainId: 31337, deployment: { ...deployment, markets: [...deployment.markets] } };
  return {
    chain,
    blocks,
    pool,
    accepted,
    mine,
    reorg,
    accept,
    nonceOf,
    done: doneAt,
    minedTxs: () => minedTxs(),
    others: doneByOthers,
    setBalance: (wei: bigint) => {
      balance = wei;
    },
    head: () => blocks.at(-1) ?? genesis,
  };
}

/** The account that a `liquidate` is about; -1 for other calls. */
export function workOf(data: Hex): number {
  return data.length >= 138 ? Number(BigInt(`0x${data.slice(74, 138)}`)) : -1;
}

function rpc(message: string, data?: Hex, code = 3): RpcRequestError {
  return new RpcRequestError({
    body: {},
    url: "http://fake",
    error: { code, message, ...(data === undefined ? {} : { data }) },
  });
}

function rawBlock({ number, hash, parentHash }: Block, baseFee: bigint) {
  const timestamp = numberToHex(1_700_000_000 + 12 * number);
  return {
    number: numberToHex(number),
    hash,
    parentHash,
    timestamp,
    baseFeePerGas: numberToHex(baseFee),
    transactions: [],
  };
}

function receiptOf({ number, hash: blockHash }: Block, { tx, ok, emits }: Mined) {
  const place = { blockNumber: numberToHex(number), blockHash, transactionHash: tx.hash, transactionIndex: "0x0" };
  const args = { market: 1n, account: BigInt(Math.max(0, workOf(tx.data))), caller: tx.from as Hex };
  const log = {
    address: EXCHANGE,
    topics: encodeEventTopics({ abi: exchangeAbi, eventName: "Liquidated", args }),
    data: encodeAbiParameters(
      ["uint256", "uint256", "uint256", "uint256", "uint256", "uint256"].map((type) => ({ type })),
      [5n, 1n, 1n, 1n, 1n, 1n],
    ),
    logIndex: "0x0",
    removed: false,
    ...place,
  };
  return {
    ...place,
    status: ok ? "0x1" : "0x0",
    gasUsed: numberToHex(tx.to === EXCHANGE.toLowerCase() ? 60_000 : 21_000),
    effectiveGasPrice: numberToHex(1_100),
    logs: emits ? [log] : [],
    type: "0x2",
  };
}
