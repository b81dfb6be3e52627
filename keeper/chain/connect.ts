/**
 * The connection to one chain and one deployment, checked before anything else happens: the endpoint answers, it is on the expected
 * chain, and there is code at the addresses. Only reads; the dispatcher sends through the same client.
 */
import { createPublicClient, type Hash, http, type PublicClient } from "viem";
import type { Deployment } from "../config/readDeployment.ts";
import { ConfigError, TemporaryError } from "../errors.ts";
import { describeError } from "./describeError.ts";

export type ConnectParameters = {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly deployment: Deployment;
};

export type Chain = {
  readonly client: PublicClient;
  readonly chainId: number;
  readonly deployment: Deployment;
};

export type BlockRef = {
  readonly number: bigint;
  readonly hash: Hash;
  readonly parentHash: Hash;
  readonly timestamp: bigint;
};

/** Long enough for a node that estimates a heavy call, short enough that a dead one is noticed within a few blocks. */
const TIMEOUT_MS = 20_000;

export async function connect({ rpcUrl, chainId, deployment }: ConnectParameters): Promise<Chain> {
  // What is asked in one turn of the event loop travels in one request: a block's reads cost one round trip.
  const transport = http(rpcUrl, { batch: { batchSize: 100, wait: 0 }, retryCount: 2, timeout: TIMEOUT_MS });
  const client = createPublicClient({ transport, cacheTime: 0 });

  const actual = await client.getChainId().catch((cause: unknown) => {
    // Only the origin: paths and queries of endpoints hold access keys.
    throw new TemporaryError(`RPC_URL ${new URL(rpcUrl).origin} does not answer`, {
      details: describeError(cause),
      cause,
    });
  });
  if (actual !== chainId) throw new ConfigError(`RPC_URL is on chain ${actual}, CHAIN_ID is ${chainId}`);

  for (const name of ["exchange", "lens"] as const) {
    const code = await client.getCode({ address: deployment[name] });
    if (code === undefined || code === "0x") {
      throw new ConfigError(`There is no contract at ${deployment[name]} (${name}): is the deployment of this chain?`);
    }
  }
  return { client, chainId, deployment };
}
