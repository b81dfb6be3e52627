/**
 * What the contract would use as the price of a market at one block. The contract decides whether a price is usable, nobody else.
 */
import type { PriceReading } from "../core/marketView.ts";
import type { AccountId, MarketId } from "../core/types.ts";
import { exchangeAbi } from "./abi.ts";
import { exchangeAt } from "./atBlock.ts";
import type { BlockRef, Chain } from "./connect.ts";
import { contractError } from "./contractError.ts";

export type ReadPricesReturnType = {
  readonly prices: PriceReading;
  /** Bankrupt account being resolved, 0 for none. */
  readonly taken: AccountId;
  readonly openInterest: bigint;
};

export async function readPrices(chain: Chain, block: BlockRef, market: MarketId): Promise<ReadPricesReturnType> {
  const at = exchangeAt(chain, block);
  const args = [BigInt(market)] as const;
  const mark = chain.client
    .readContract({ ...at, abi: exchangeAbi, functionName: "markPrice", args })
    .then(([price]) => ({ price }))
    .catch((error: unknown) => {
      const revert = contractError(error);
      if (revert === undefined) throw error;
      return { reason: `${revert.name}(${revert.args.join(", ")})` };
    });
  const [reading, view] = await Promise.all([
    mark,
    chain.client.readContract({ ...at, abi: exchangeAbi, functionName: "marketAt", args }),
  ]);
  const prices: PriceReading =
    "price" in reading
      ? { ok: true, price: reading.price, funding: view.fundingIndex }
      : { ok: false, reason: reading.reason };
  return { prices, taken: Number(view.taken), openInterest: view.openInterest };
}
