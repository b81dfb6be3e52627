/**
 * The connection to one chain and one deployment, checked before anything else happens: an endpoint answers, all that answer are on the
 * expected chain, and there is code at the addresses. Only reads; the dispatcher sends through the same client.
 */
import { createPublicClient, custom, type Hash, http, type PublicClient } from "viem";
import type { Deployment } from "../config/readDeployment.ts";
import { ConfigError, TemporaryError } from "../errors.ts";
import { createRpcPool, type Endpoint, type EndpointHealth, type RpcPool } from "./createRpcPool.ts";
import { describeError } from "./describeError.ts";

export type ConnectParameters = {
  /** One endpoint, or several with commas. */
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly deployment: Deployment;
  readonly onEndpoint?: ((health: EndpointHealth) => void) | undefined;
};

export type Chain = {
  readonly client: PublicClient;
  readonly chainId: number;
  readonly deployment: Deployment;
  /** The endpoints behind the client; missing where a test stands in for them. */
  readonly pool?: RpcPool;
};

export type BlockRef = {
  readonly number: bigint;
  readonly hash: Hash;
  readonly parentHash: Hash;
  readonly timestamp: bigint;
};

/** Long enough for a node that estimates a heavy call, short enough that a dead one is noticed within a few blocks. */
const TIMEOUT_MS = 20_000;

export async function connect({ rpcUrl, chainId, deployment, onEndpoint }: ConnectParameters): Promise<Chain> {
  const urls = rpcUrl.split(",").map((url) => url.trim());
  const endpoints = urls.map((url) => endpointAt(url, urls.length === 1));
  await Promise.all(endpoints.map((endpoint) => checkChain(endpoint, chainId, endpoints.length === 1)));
  const pool = createRpcPool(endpoints, onEndpoint === undefined ? {} : { onChange: onEndpoint });
  const client = createPublicClient({ transport: custom(pool, { retryCount: 0 }), cacheTime: 0 });
  for (const name of ["exchange", "lens"] as const) {
    const code = await client.getCode({ address: deployment[name] }).catch((cause: unknown) => {
      throw new TemporaryError("No endpoint of RPC_URL answers", { details: describeError(cause), cause });
    });
    if (code === undefined || code === "0x") {
      throw new ConfigError(`There is no contract at ${deployment[name]} (${name}): is the deployment of this chain?`);
    }
  }
  return { client, chainId, deployment, pool };
}

/** What is asked in one turn of the event loop travels in one request: a block's reads cost one round trip. */
function endpointAt(url: string, alone: boolean): Endpoint {
  // among several, the next one is the retry
  const retryCount = alone ? 2 : 0;
  const transport = http(url, { batch: { batchSize: 100, wait: 0 }, retryCount, timeout: TIMEOUT_MS })({});
  // only the origin: paths and queries of endpoints hold access keys
  return { name: new URL(url).origin, request: transport.request };
}

/** One of several may be down at the start; none may be on another chain. */
async function checkChain({ name, request }: Endpoint, chainId: number, alone: boolean): Promise<void> {
  const answer = await request({ method: "eth_chainId" }).catch((cause: unknown) => {
    if (alone) throw new TemporaryError(`RPC_URL ${name} does not answer`, { details: describeError(cause), cause });
    return undefined;
  });
  if (answer !== undefined && Number(answer) !== chainId) {
    throw new ConfigError(`RPC_URL${alone ? "" : ` ${name}`} is on chain ${Number(answer)}, CHAIN_ID is ${chainId}`);
  }
}
