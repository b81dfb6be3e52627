/**
 * A chain as it was: whoever asks for the newest block, or for the state now, is answered as of the block that it is moved to. So the follower, the plans
 * and the simulation run on the past as they are.
 */
import { createPublicClient, custom, type EIP1193RequestFn, toHex } from "viem";
import type { Chain } from "../chain/connect.ts";

export type PastChain = {
  readonly chain: Chain;
  readonly moveTo: (block: bigint) => void;
};

type Request = { readonly method: string; readonly params?: unknown };

/** What a node would take for now. */
const NOW: ReadonlySet<unknown> = new Set(["latest", "pending", "safe", "finalized"]);

export function createPastChain(chain: Chain, block: bigint): PastChain {
  let height = block;
  const request = async (args: Request): Promise<unknown> => {
    if (args.method === "eth_blockNumber") return toHex(height);
    const { params } = args;
    const pinned = Array.isArray(params)
      ? { ...args, params: params.map((one: unknown) => (NOW.has(one) ? toHex(height) : one)) }
      : args;
    return chain.client.request(pinned as never);
  };
  const transport = custom({ request: request as EIP1193RequestFn }, { retryCount: 0 });
  return {
    chain: { ...chain, client: createPublicClient({ transport, cacheTime: 0 }) },
    moveTo: (to) => {
      height = to;
    },
  };
}
