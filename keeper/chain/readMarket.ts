/**
 * The parameters of one market, as listed on chain. The deployment file only lends it a name.
 */
import type { Address } from "viem";
import type { MarketId, MarketParameters } from "../core/types.ts";
import { exchangeAbi } from "./abi.ts";
import { exchangeAt } from "./atBlock.ts";
import type { BlockRef, Chain } from "./connect.ts";

export type ListedMarket = { readonly parameters: MarketParameters; readonly source: Address };

export async function readMarket(chain: Chain, block: BlockRef, id: MarketId): Promise<ListedMarket> {
  const at = exchangeAt(chain, block);
  const args = [BigInt(id)] as const;
  const [config, view] = await Promise.all([
    chain.client.readContract({ ...at, abi: exchangeAbi, functionName: "marketConfig", args }),
    chain.client.readContract({ ...at, abi: exchangeAbi, functionName: "marketAt", args }),
  ]);
  return {
    source: config.source,
    parameters: {
      id,
      name: chain.deployment.markets.find((market) => market.id === id)?.name ?? `market ${id}`,
      base: Number(view.base),
      lotsPerUnit: config.lotsPerUnit,
      maintenanceRate: BigInt(config.maintenanceRate),
      targetRate: BigInt(config.targetRate),
      slippageRate: BigInt(config.slippageRate),
      liquidationFeeRate: BigInt(config.liquidationFeeRate),
      minNotional: config.minNotional,
      maxSteps: config.maxSteps,
    },
  };
}
