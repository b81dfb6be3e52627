/**
 * A world from nothing: every market, every open position, every standing top-up order and every trigger at one block.
 */
import { exchangeAbi } from "../chain/abi.ts";
import { exchangeAt } from "../chain/atBlock.ts";
import type { BlockRef, Chain } from "../chain/connect.ts";
import { readMarket } from "../chain/readMarket.ts";
import { readPositions } from "../chain/readPositions.ts";
import { type OrderAccounts, readOrderAccounts } from "../chain/readOrderAccounts.ts";
import { readTopUps } from "../chain/readTopUps.ts";
import { readTriggers } from "../chain/readTriggers.ts";
import { createSnapshotBuilder } from "../core/fromSnapshot.ts";
import { resolveFeeds } from "../oracle/resolveFeeds.ts";
import type { Market, World } from "./world.ts";

export type SnapshotOptions = {
  /** Accounts that the lens reads in one call. */
  readonly pageSize: number;
  /** Blocks that the endpoint searches for logs in one request. */
  readonly logRange: number;
};

/** @param known Who ever gave a standing order, when that is known: it saves the search for them. */
export async function takeSnapshot(
  chain: Chain,
  block: BlockRef,
  { pageSize, logRange }: SnapshotOptions,
  known?: OrderAccounts,
): Promise<World> {
  const ordered = known ?? (await readOrderAccounts(chain, block, logRange));
  const at = exchangeAt(chain, block);
  const count = Number(await chain.client.readContract({ ...at, abi: exchangeAbi, functionName: "marketCount" }));
  const markets = await Promise.all(
    Array.from({ length: count }, async (_, i): Promise<Market> => {
      const id = i + 1;
      const [{ sequence, ...listed }, topUps, triggers] = await Promise.all([
        readMarket(chain, block, id),
        readTopUps(chain, block, id, ordered.topUps.get(id) ?? []),
        readTriggers(chain, block, id, ordered.triggers.get(id) ?? []),
      ]);
      // page by page into the state: a million positions are never there as objects
      const builder = createSnapshotBuilder(listed.parameters.base);
      await readPositions(chain, block, id, pageSize, builder.add);
      const state = builder.finish();
      state.sequence = sequence;
      for (const [account, order] of topUps) state.topUps.set(account, order);
      for (const [account, orders] of triggers) state.triggers.set(account, orders);
      return { ...listed, state };
    }),
  );
  return {
    markets: new Map(markets.map((market) => [market.parameters.id, market])),
    feeds: await resolveFeeds(chain, block, markets),
    frames: [{ block, undos: [] }],
  };
}
