/**
 * Every account that ever gave a top-up order in a market, and what its order is at one block. Logs say whom to ask, the contract what is
 * left of the order.
 */
import type { TopUpOrder } from "../core/topUp.ts";
import type { AccountId, MarketId } from "../core/types.ts";
import { exchangeAbi } from "./abi.ts";
import { exchangeAt } from "./atBlock.ts";
import type { BlockRef, Chain } from "./connect.ts";

export type TopUpOrders = Map<AccountId, TopUpOrder>;

/** @param logRange Most blocks that the endpoint searches in one request. */
export async function readTopUpAccounts(
  chain: Chain,
  block: BlockRef,
  logRange: number,
): Promise<ReadonlyMap<MarketId, ReadonlySet<AccountId>>> {
  const found = new Map<MarketId, Set<AccountId>>();
  for (let from = BigInt(chain.deployment.startBlock); from <= block.number; from += BigInt(logRange)) {
    const last = from + BigInt(logRange) - 1n;
    const logs = await chain.client.getContractEvents({
      address: chain.deployment.exchange,
      abi: exchangeAbi,
      eventName: "TopUpSet",
      strict: true,
      fromBlock: from,
      toBlock: last < block.number ? last : block.number,
    });
    for (const { args } of logs) {
      const market = Number(args.market);
      found.set(market, (found.get(market) ?? new Set<AccountId>()).add(Number(args.account)));
    }
  }
  return found;
}

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
