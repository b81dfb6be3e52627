import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createPublicClient,
  custom,
  type Hash,
  type Hex,
  HttpRequestError,
  keccak256,
  numberToHex,
  parseTransaction,
  RpcRequestError,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { createDispatcher, SendError } from "../../keeper/exec/createDispatcher.ts";

const TO = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const NONCE = 7;

type Sent = { readonly hash: Hash; readonly nonce: number | undefined; readonly tip: bigint; readonly maxFee: bigint };
type Pool = {
  readonly sent: Sent[];
  head: number;
  /** Mines a transaction. */
  readonly mine: (sent: Sent, status?: "0x0" | "0x1") => void;
};

/** A mempool that does with each transaction what the test says; a thrown error is the endpoint's answer. */
function createPool(onSend: (sent: Sent, pool: Pool) => void) {
  const receipts = new Map<Hash, object>();
  const pool: Pool = {
    sent: [],
    head: 10,
    mine: ({ hash }, status = "0x1") => {
      pool.head++;
      const place = { blockNumber: numberToHex(pool.head), blockHash: hash, transactionIndex: "0x0" };
      receipts.set(hash, { transactionHash: hash, status, logs: [], gasUsed: "0x5208", ...place });
    },
  };
  async function request({ method, params }: { method: string; params?: unknown }): Promise<unknown> {
    const [first] = (params ?? []) as [Hex];
    if (method === "eth_getTransactionCount") return numberToHex(NONCE);
    if (method === "eth_maxPriorityFeePerGas") return numberToHex(100);
    if (method === "eth_blockNumber") return numberToHex(pool.head++); // a block for every look
    if (method === "eth_getBlockByNumber")
      return { number: numberToHex(pool.head), baseFeePerGas: numberToHex(1000), transactions: [] };
    if (method === "eth_getTransactionReceipt") return receipts.get(first) ?? null;
    if (method === "eth_sendRawTransaction") {
      const { nonce, maxPriorityFeePerGas: tip = 0n, maxFeePerGas: maxFee = 0n } = parseTransaction(first);
      const sent: Sent = { hash: keccak256(first), nonce, tip, maxFee };
      pool.sent.push(sent);
      onSend(sent, pool);
      return sent.hash;
    }
    throw new Error(`method ${method} is not there`);
  }
  const client = createPublicClient({ transport: custom({ request }, { retryCount: 0 }), cacheTime: 0 });
  const deployment = { chainId: 31337, startBlock: 0, exchange: TO, lens: TO, markets: [] } as const;
  const dispatcher = createDispatcher({
    chain: { client, chainId: 31337, deployment: { ...deployment, markets: [] } },
    account: privateKeyToAccount(`0x${"11".repeat(32)}`),
    pollMs: 1,
    signal: new AbortController().signal,
  });
  return { pool, send: () => dispatcher.send({ to: TO, data: "0x1234" }, 50_000n) };
}

const rejection = (message: string) =>
  new RpcRequestError({ body: {}, url: "http://fake", error: { code: -32000, message } });

test("default: signs with the chain's nonce, pays twice the base fee, returns the receipt", async () => {
  const { pool, send } = createPool((sent, p) => p.mine(sent));
  const receipt = await send();
  assert.equal(receipt.status, "success");
  assert.deepEqual(pool.sent, [{ hash: receipt.transactionHash, nonce: NONCE, tip: 100n, maxFee: 2100n }]);
});

test("behavior: an answer that got lost costs nothing: the same transaction is found", async () => {
  const { pool, send } = createPool((sent, p) => {
    p.mine(sent);
    throw new HttpRequestError({ url: "http://fake" });
  });
  assert.equal((await send()).status, "success");
  assert.equal(pool.sent.length, 1);
});

test("behavior: a node that mines at once and reports the revert as a failed send", async () => {
  const { send } = createPool((sent, p) => {
    p.mine(sent, "0x0");
    throw rejection("VM Exception while processing transaction: reverted with custom error");
  });
  assert.equal((await send()).status, "reverted");
});

test("behavior: what is not mined is replaced with the same nonce and at least a quarter more", async () => {
  const { pool, send } = createPool((sent, p) => {
    if (p.sent.length === 3) p.mine(sent);
  });
  const receipt = await send();
  assert.equal(receipt.transactionHash, pool.sent[2]?.hash);
  for (const [i, { nonce, tip, maxFee }] of pool.sent.entries()) {
    assert.equal(nonce, NONCE);
    const previous = pool.sent[i - 1];
    if (previous === undefined) continue;
    assert.ok(tip * 100n >= previous.tip * 125n && maxFee * 100n >= previous.maxFee * 125n);
  }
});

test("behavior: the first attempt can be the one that is mined, after its replacement was refused", async () => {
  const { pool, send } = createPool((_, p) => {
    if (p.sent.length < 2) return;
    p.mine(p.sent[0] as Sent);
    throw rejection("nonce too low");
  });
  assert.equal((await send()).transactionHash, pool.sent[0]?.hash);
});

test("error: a refused transaction, and the next one is not affected", async () => {
  let refuse = true;
  const { pool, send } = createPool((sent, p) => {
    if (refuse) throw rejection("insufficient funds for gas * price + value");
    p.mine(sent);
  });
  await assert.rejects(
    send(),
    (error) => error instanceof SendError && /refused: .*insufficient funds/.test(error.message),
  );
  refuse = false;
  assert.equal((await send()).status, "success");
  assert.deepEqual(
    pool.sent.map(({ nonce }) => nonce),
    [NONCE, NONCE],
  );
});
