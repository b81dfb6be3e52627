/**
 * The triggers of some accounts in a market at one block, as the contract has them.
 */
import type { TriggerOrder, TriggerOrders } from "../core/trigger.ts";
import type { AccountId, MarketId } from "../core/types.ts";
import { exchangeAbi } from "./abi.ts";
import { exchangeAt } from "./atBlock.ts";
import type { BlockRef, Chain } from "./connect.ts";

/** TriggerKind.StopLoss */
export const STOP_LOSS = 0;

export async function readTriggers(
  chain: Chain,
  block: BlockRef,
  market: MarketId,
  accounts: Iterable<AccountId>,
): Promise<TriggerOrders> {
  const on = { ...exchangeAt(chain, block), abi: exchangeAbi, functionName: "triggersAt" } as const;
  const entries = await Promise.all(
    [...accounts].map(async (account): Promise<[AccountId, TriggerOrder[]]> => {
      const found = await chain.client.readContract({ ...on, args: [BigInt(market), BigInt(account)] });
      const orders = found.map(({ triggerId, kind, ...rest }) => ({
        id: Number(triggerId),
        isStopLoss: kind === STOP_LOSS,
        ...rest,
      }));
      return [account, orders];
    }),
  );
  return new Map(entries);
}
