/**
 * Calls that are only tried: what would the exchange say?
 */
import type { Address, Hex } from "viem";
import { contractError } from "../../../keeper/chain/contractError.ts";
import type { Context } from "../context.ts";

/** @returns The name of the error that the exchange reverts with; undefined when it would go through. */
export async function simulate(
  { chain }: Context,
  call: { readonly from: Address; readonly to: Address; readonly data: Hex },
  blockNumber?: bigint,
): Promise<string | undefined> {
  try {
    await chain.client.call({
      account: call.from,
      to: call.to,
      data: call.data,
      ...(blockNumber === undefined ? {} : { blockNumber }),
    });
    return undefined;
  } catch (error) {
    const revert = contractError(error);
    if (revert === undefined) throw error;
    return revert.name;
  }
}
