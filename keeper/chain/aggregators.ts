/**
 * Which contracts announce a market's price. Their logs are a hint that a price moved; the price itself is always read from the
 * exchange. A Chainlink feed is a proxy, and the aggregator behind it, which emits the logs, can be exchanged.
 */
import { type Address, parseAbi } from "viem";
import type { MarketId } from "../core/types.ts";
import { exchangeAt } from "./atBlock.ts";
import type { BlockRef, Chain } from "./connect.ts";
import { contractError } from "./contractError.ts";
import type { ListedMarket } from "./readMarket.ts";

export const aggregatorAbi = parseAbi([
  "function aggregator() view returns (address)",
  "event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt)",
]);

/** Markets by the (lower case) address that emits `AnswerUpdated` for them. Sources of another kind are left out. */
export type Aggregators = ReadonlyMap<string, readonly MarketId[]>;

export async function readAggregators(
  chain: Chain,
  block: BlockRef,
  markets: readonly ListedMarket[],
): Promise<Aggregators> {
  const found = new Map<string, MarketId[]>();
  for (const { source, parameters } of markets) {
    const proxy = await aggregatorOf(chain, block, source);
    if (proxy === undefined) continue;
    const emitter = ((await aggregatorOf(chain, block, proxy)) ?? proxy).toLowerCase();
    found.set(emitter, [...(found.get(emitter) ?? []), parameters.id]);
  }
  return found;
}

async function aggregatorOf(chain: Chain, block: BlockRef, address: Address): Promise<Address | undefined> {
  const at = { ...exchangeAt(chain, block), address };
  return chain.client
    .readContract({ ...at, abi: aggregatorAbi, functionName: "aggregator" })
    .catch((error: unknown) => {
      if (contractError(error) === undefined && !hasNoSuchFunction(error)) throw error;
      return undefined;
    });
}

function hasNoSuchFunction(error: unknown): boolean {
  return (
    error instanceof Error && error.name === "ContractFunctionExecutionError" && /returned no data/.test(error.message)
  );
}
