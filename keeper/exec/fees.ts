/**
 * What a transaction offers for gas, and what its replacement must offer.
 */
import type { Chain } from "../chain/connect.ts";

export type Fees = { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint };

/** Twice the base fee outlasts about six full blocks of rising base fees. */
const BASE_FEE_MULTIPLE = 2n;

export async function readFees(chain: Chain): Promise<Fees> {
  const [block, maxPriorityFeePerGas] = await Promise.all([
    chain.client.getBlock({ blockTag: "latest" }),
    chain.client.estimateMaxPriorityFeePerGas(),
  ]);
  const baseFee = block.baseFeePerGas ?? 0n;
  return { maxFeePerGas: baseFee * BASE_FEE_MULTIPLE + maxPriorityFeePerGas, maxPriorityFeePerGas };
}

/** A quarter more on both fields is comfortably above the nodes' replacement minimum of 10 to 12.5 %. */
export function bumpFees(previous: Fees, fresh: Fees): Fees {
  const bump = (old: bigint, now: bigint) => {
    const least = (old * 125n) / 100n + 1n;
    return now > least ? now : least;
  };
  return {
    maxFeePerGas: bump(previous.maxFeePerGas, fresh.maxFeePerGas),
    maxPriorityFeePerGas: bump(previous.maxPriorityFeePerGas, fresh.maxPriorityFeePerGas),
  };
}
