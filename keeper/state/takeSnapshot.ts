/**
 * A world from nothing: every market and every open position at one block.
 */
import { exchangeAbi } from "../chain/abi.ts";
import { readAggregators } from "../chain/aggregators.ts";
import { exchangeAt } from "../chain/atBlock.ts";
import type { BlockRef, Chain } from "../chain/connect.ts";
import { readMarket } from "../chain/readMarket.ts";
import { readPositions } from "../chain/readPositions.ts";
import { fromSnapshot } from "../core/fromSnapshot.ts";
import type { Market, World } from "./world.ts";

export async function takeSnapshot(chain: Chain, block: BlockRef, pageSize: number): Promise<World> {
  const at = exchangeAt(chain, block);
  const count = Number(await chain.client.readContract({ ...at, abi: exchangeAbi, functionName: "marketCount" }));
  const markets = await Promise.all(
    Array.from({ length: count }, async (_, i): Promise<Market> => {
      const [listed, positions] = await Promise.all([
        readMarket(chain, block, i + 1),
        readPositions(chain, block, i + 1, pageSize),
      ]);
      return { ...listed, state: fromSnapshot(listed.parameters.base, positions) };
    }),
  );
  return {
    markets: new Map(markets.map((market) => [market.parameters.id, market])),
    aggregators: await readAggregators(chain, block, markets),
    frames: [{ block, undos: [] }],
  };
}
