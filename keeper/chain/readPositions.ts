/**
 * All open positions of a market at one block, page by page through the Lens.
 */
import type { LinkedPosition } from "../core/fromSnapshot.ts";
import type { MarketId } from "../core/types.ts";
import { KeeperError } from "../errors.ts";
import { lensAbi } from "./abi.ts";
import { lensAt } from "./atBlock.ts";
import type { BlockRef, Chain } from "./connect.ts";

export async function readPositions(
  chain: Chain,
  block: BlockRef,
  market: MarketId,
  pageSize: number,
  visit: (position: LinkedPosition) => void,
): Promise<void> {
  let from = 0n;
  do {
    const [blockNumber, entries, nextFrom] = await chain.client.readContract({
      ...lensAt(chain, block),
      abi: lensAbi,
      functionName: "positions",
      args: [BigInt(market), from, BigInt(pageSize)],
    });
    if (blockNumber !== block.number) {
      throw new KeeperError(`The endpoint answered about block ${blockNumber} when asked about ${block.number}`);
    }
    for (const { grownAt: _grownAt, ...entry } of entries) visit(entry);
    from = nextFrom;
  } while (from !== 0n);
}
