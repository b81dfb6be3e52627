/**
 * What a drill reads of the exchange before and after: prices to shock, prices to judge by, the fund.
 */
import { exchangeAbi } from "../chain/abi.ts";
import { exchangeAt } from "../chain/atBlock.ts";
import type { BlockRef, Chain } from "../chain/connect.ts";
import { readPrices } from "../chain/readPrices.ts";
import type { SettingValues } from "../config/settings.ts";
import type { MarketId, Prices } from "../core/types.ts";
import { takeSnapshot } from "../state/takeSnapshot.ts";
import type { FallbackPrices } from "./findLeft.ts";
import type { DrillOptions } from "./options.ts";
import { type MarketShock, planShocks } from "./shock.ts";

/** What each market's price is to become. Throws ConfigError. */
export async function readShocks(
  chain: Chain,
  block: BlockRef,
  settings: SettingValues,
  { shocks, bankrupt }: DrillOptions,
): Promise<readonly MarketShock[]> {
  const world = await takeSnapshot(chain, block, settings, { topUps: new Map(), triggers: new Map() });
  const markets = await Promise.all(
    [...world.markets.values()].map(async (market) => {
      const { prices } = await readPrices(chain, block, market.parameters.id);
      return { ...market, prices };
    }),
  );
  return planShocks(markets, shocks, bankrupt);
}

/** What positions are judged by where the contract refuses the shocked price. */
export async function fallbackPrices(
  chain: Chain,
  block: BlockRef,
  shocks: readonly MarketShock[],
): Promise<FallbackPrices> {
  const found = await Promise.all(
    shocks.map(async ({ market, after }) => {
      const call = { ...exchangeAt(chain, block), abi: exchangeAbi, functionName: "fundingIndexNow" } as const;
      const funding = await chain.client.readContract({ ...call, args: [BigInt(market)] });
      return [market, { price: after, funding }] as const;
    }),
  );
  const prices = new Map<MarketId, Prices>(found);
  return (market) => prices.get(market) ?? { price: 0n, funding: 0n };
}

/** The fund's claim, quote atoms. */
export function readInsurance(chain: Chain, block: BlockRef): Promise<bigint> {
  return chain.client.readContract({ ...exchangeAt(chain, block), abi: exchangeAbi, functionName: "insuranceBalance" });
}
