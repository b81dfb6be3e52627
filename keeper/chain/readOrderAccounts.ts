/**
 * Every account that ever gave a standing order (a top-up, a trigger) in a market. Logs say whom to ask; what is left of the orders says
 * the contract.
 */
import type { AccountId, MarketId } from "../core/types.ts";
import { exchangeAbi } from "./abi.ts";
import type { BlockRef, Chain } from "./connect.ts";
import { inRanges } from "./inRanges.ts";

export type AccountsByMarket = ReadonlyMap<MarketId, Iterable<AccountId>>;
export type OrderAccounts = { readonly topUps: AccountsByMarket; readonly triggers: AccountsByMarket };

const EVENTS = exchangeAbi.filter(
  (item): item is Extract<(typeof exchangeAbi)[number], { name: "TopUpSet" | "TriggerPlaced" }> =>
    item.type === "event" && (item.name === "TopUpSet" || item.name === "TriggerPlaced"),
);

/** @param logRange Most blocks that the endpoint searches in one request; fewer where it refuses. */
export async function readOrderAccounts(chain: Chain, block: BlockRef, logRange: number): Promise<OrderAccounts> {
  const topUps = new Map<MarketId, Set<AccountId>>();
  const triggers = new Map<MarketId, Set<AccountId>>();
  const read = (fromBlock: bigint, toBlock: bigint) =>
    chain.client.getLogs({ address: chain.deployment.exchange, events: EVENTS, strict: true, fromBlock, toBlock });
  const stretch = { from: BigInt(chain.deployment.startBlock), to: block.number, size: BigInt(logRange), read };
  for await (const logs of inRanges(stretch)) {
    for (const { eventName, args } of logs) {
      const found = eventName === "TopUpSet" ? topUps : triggers;
      const market = Number(args.market);
      found.set(market, (found.get(market) ?? new Set<AccountId>()).add(Number(args.account)));
    }
  }
  return { topUps, triggers };
}
