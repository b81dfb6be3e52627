/**
 * Free collateral of some accounts at one block, quote atoms.
 */
import type { AccountId } from "../core/types.ts";
import { exchangeAbi } from "./abi.ts";
import { exchangeAt } from "./atBlock.ts";
import type { BlockRef, Chain } from "./connect.ts";

export async function readFree(
  chain: Chain,
  block: BlockRef,
  accounts: readonly AccountId[],
): Promise<ReadonlyMap<AccountId, bigint>> {
  const on = { ...exchangeAt(chain, block), abi: exchangeAbi, functionName: "accountAt" } as const;
  const views = await Promise.all(
    accounts.map((account) => chain.client.readContract({ ...on, args: [BigInt(account)] })),
  );
  return new Map(accounts.map((account, i) => [account, views[i]?.free ?? 0n]));
}
