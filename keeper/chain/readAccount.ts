/**
 * The account id of an address at one block; 0 when it has none.
 */
import type { Address } from "viem";
import type { AccountId } from "../core/types.ts";
import { exchangeAbi } from "./abi.ts";
import { exchangeAt } from "./atBlock.ts";
import type { BlockRef, Chain } from "./connect.ts";

export async function readAccount(chain: Chain, block: BlockRef, owner: Address): Promise<AccountId> {
  const on = { ...exchangeAt(chain, block), abi: exchangeAbi, functionName: "accountOf" } as const;
  return Number(await chain.client.readContract({ ...on, args: [owner] }));
}
