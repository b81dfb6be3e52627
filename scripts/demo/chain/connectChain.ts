/**
 * The demo's hold on its chain: it decides when blocks are made, what time they have, and what is in them.
 *
 * Between `mine` calls automining is on, so that a keeper's transactions are mined as they come; while a block is put together it is off.
 */
import { type Address, createPublicClient, type Hex, http, type PublicClient } from "viem";
import { hardhat } from "viem/chains";
import { createRpc, type Rpc } from "./createRpc.ts";

export type Call = {
  readonly from: Address;
  readonly to: Address;
  readonly data: Hex;
  /** Gas limit. */
  readonly gas: number;
};

export type Block = { readonly number: bigint; readonly timestamp: number };

/** How a transaction of a block ended. */
export type Mined = { readonly call: Call; readonly hash: Hex; readonly ok: boolean };

export type DemoChain = {
  readonly url: string;
  readonly rpc: Rpc;
  readonly client: PublicClient;
  readonly accounts: readonly Address[];
  /** One block with these transactions in this order, at `time` or at the newest block's time, whichever is later. */
  readonly mine: (calls: readonly Call[], time?: number) => Promise<{ block: Block; mined: Mined[] }>;
  readonly head: () => Promise<Block>;
};

/** What every transaction offers: nobody competes for these blocks. The tip orders the transactions of a block. */
const MAX_FEE = 10n ** 11n;

export async function connectChain(url: string): Promise<DemoChain> {
  const rpc = createRpc(url);
  const transport = http(url, { batch: { batchSize: 400, wait: 0 }, timeout: 120_000, retryCount: 0 });
  const client: PublicClient = createPublicClient({ chain: hardhat, transport, cacheTime: 0 });
  const accounts = await rpc.request<Address[]>("eth_accounts");

  async function head(): Promise<Block> {
    const { number, timestamp } = await rpc.request<{ number: Hex; timestamp: Hex }>("eth_getBlockByNumber", [
      "latest",
      false,
    ]);
    return { number: BigInt(number), timestamp: Number(timestamp) };
  }

  async function mine(calls: readonly Call[], time = 0): Promise<{ block: Block; mined: Mined[] }> {
    await rpc.request("evm_setAutomine", [false]);
    const hashes = await send(calls);
    const { timestamp } = await head();
    await rpc.request("evm_setNextBlockTimestamp", [Math.max(time, timestamp)]);
    await rpc.request("evm_mine");
    const block = await head();
    const receipts = await rpc.batch(hashes.map((hash) => ({ method: "eth_getTransactionReceipt", params: [hash] })));
    await rpc.request("evm_setAutomine", [true]);
    const mined = calls.map((call, i) => {
      const receipt = receipts[i]?.result as { status: Hex; blockNumber: Hex } | null | undefined;
      if (!receipt || BigInt(receipt.blockNumber) !== block.number) {
        throw new Error(`transaction ${i} of ${calls.length} is not in block ${block.number}`);
      }
      return { call, hash: hashes[i] as Hex, ok: receipt.status === "0x1" };
    });
    return { block, mined };
  }

  async function send(calls: readonly Call[]): Promise<Hex[]> {
    const requests = calls.map(({ from, to, data, gas }, i) => {
      const tip = BigInt(calls.length - i);
      const fees = { maxFeePerGas: hex(MAX_FEE), maxPriorityFeePerGas: hex(tip) };
      return { method: "eth_sendTransaction", params: [{ from, to, data, gas: hex(gas), ...fees }] };
    });
    return (await rpc.batch(requests)).map(({ result, error }, i) => {
      if (error !== undefined) throw new Error(`transaction ${i} of ${calls.length} was refused: ${error.message}`);
      return result as Hex;
    });
  }

  return { url, rpc, client, accounts, mine, head };
}

function hex(value: bigint | number): Hex {
  return `0x${value.toString(16)}`;
}
