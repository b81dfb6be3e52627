/**
 * The parameters of one market, as listed on chain. The deployment file only lends it a name.
 */
import type { Address } from "viem";
import type { MarketId, MarketParameters } from "../core/types.ts";
import { exchangeAbi } from "./abi.ts";
import { exchangeAt } from "./atBlock.ts";
import type { BlockRef, Chain } from "./connect.ts";
import { toParameters } from "./toParameters.ts";

export type ListedMarket = { readonly parameters: MarketParameters; readonly source: Address };
export type ReadMarketReturnType = ListedMarket & {
  /** Of the market's last event. */
  readonly sequence: bigint;
};

export async function readMarket(chain: Chain, block: BlockRef, id: MarketId): Promise<ReadMarketReturnType> {
  const on = { ...exchangeAt(chain, block), abi: exchangeAbi, args: [BigInt(id)] } as const;
  const [config, risk, tiers, view] = await Promise.all([
    chain.client.readContract({ ...on, functionName: "marketConfig" }),
    chain.client.readContract({ ...on, functionName: "riskConfig" }),
    chain.client.readContract({ ...on, functionName: "marketTiers" }),
    chain.client.readContract({ ...on, functionName: "marketAt" }),
  ]);
  const name = chain.deployment.markets.find((market) => market.id === id)?.name ?? `market ${id}`;
  return {
    source: config.source,
    sequence: view.sequence,
    parameters: toParameters(id, name, { config, risk, tiers, view }),
  };
}
