/** A venue's chain as the keeper connects to one. */
import { createPublicClient, custom } from "viem";
import type { Chain } from "../../keeper/chain/connect.ts";
import type { Venue } from "./venue.ts";

export async function keeperChain(v: Venue): Promise<Chain> {
  const provider = v.connection.provider as Parameters<typeof custom>[0];
  const client = createPublicClient({ transport: custom(provider, { retryCount: 0 }), cacheTime: 0 });
  const [exchange, lens] = [await v.exchange.getAddress(), await v.lens.getAddress()] as [`0x${string}`, `0x${string}`];
  const markets = v.deployed.markets.map(({ id, name }) => ({ id, name }));
  const chainId = await client.getChainId();
  return { client, chainId, deployment: { chainId, startBlock: 0, exchange, lens, markets } };
}
