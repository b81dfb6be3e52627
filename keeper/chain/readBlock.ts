/**
 * One block's place in the chain; the newest when no number is given.
 */
import type { BlockRef, Chain } from "./connect.ts";

export async function readBlock(chain: Chain, blockNumber?: bigint): Promise<BlockRef> {
  const block = await chain.client.getBlock(blockNumber === undefined ? { blockTag: "latest" } : { blockNumber });
  const { number, hash, parentHash, timestamp } = block;
  return { number, hash, parentHash, timestamp };
}
