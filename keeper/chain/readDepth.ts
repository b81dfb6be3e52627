/**
 * The levels of a market's book at one block, best first.
 */
import type { RiskDepth } from "../core/risk/types.ts";
import type { MarketId } from "../core/types.ts";
import { lensAbi } from "./abi.ts";
import { lensAt } from "./atBlock.ts";
import type { BlockRef, Chain } from "./connect.ts";

/** Levels a side that are read. Most of a crash is decided within the band, which is narrower. */
export const DEPTH_LEVELS = 256;

export async function readDepth(chain: Chain, block: BlockRef, market: MarketId): Promise<RiskDepth> {
  const [bids, asks] = await Promise.all([levels(true), levels(false)]);
  return { bids, asks };

  async function levels(isBid: boolean) {
    const [, found] = await chain.client.readContract({
      ...lensAt(chain, block),
      abi: lensAbi,
      functionName: "depth",
      args: [BigInt(market), isBid, 0n, BigInt(DEPTH_LEVELS)],
    });
    return found.map(({ tick, lots }) => ({ tick: Number(tick), lots }));
  }
}
