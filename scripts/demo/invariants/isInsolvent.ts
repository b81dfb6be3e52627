/**
 * Whether the exchange would say, at a block, that a position of the market is bankrupt: what `poke` answers. Undefined without a price.
 */

import { contractError } from "../../../keeper/chain/contractError.ts";
import { exchangeAbi } from "../chain/abi.ts";
import type { Context } from "../context.ts";

export async function isInsolvent(
  { chain, addresses, bystander }: Context,
  market: number,
  blockNumber?: bigint,
): Promise<boolean | undefined> {
  try {
    const { result } = await chain.client.simulateContract({
      address: addresses.exchange,
      abi: exchangeAbi,
      functionName: "poke",
      args: [BigInt(market)],
      account: bystander,
      ...(blockNumber === undefined ? {} : { blockNumber }),
    });
    return result;
  } catch (error) {
    if (contractError(error) === undefined) throw error;
    return undefined;
  }
}
