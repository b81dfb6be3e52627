/**
 * What is left of some accounts' top-up orders in a market at one block.
 */
import type { TopUpOrder } from "../core/topUp.ts";
import type { AccountId, MarketId } from "../core/types.ts";
import { exchangeAbi } from "./abi.ts";
import { exchangeAt } from "./atBlock.ts";
import type { BlockRef, Chain } from "./connect.ts";

export type TopUpOrders = Map<AccountId, TopUpOrder>;

export async function readTopUps(
  chain: Chain,
  block: BlockRef,
  market: MarketId,
  accounts: Iterable<AccountId>,
): Promise<TopUpOrders> {
  const on = { ...exchangeAt(chain, block), abi: exchangeAbi, functionName: "topUpAt" } as const;
  const entries = await Promise.all(
    [...accounts].map(async (account): Promise<[AccountId, TopUpOrder]> => {
      const order = await chain.client.readContract({ ...on, args: [BigInt(market), BigInt(account)] });
      return [account, { triggerRate: order.triggerRate, remaining: order.remaining }];
    }),
  );
  return new Map(entries);
}
