/**
 * What a check of a clearing call needs from the chain beside the events: the fund and the bankrupt position's age, one block earlier.
 */

import { exchangeAbi } from "../chain/abi.ts";
import type { Context } from "../context.ts";
import type { DemoMarket } from "../market/market.ts";

export type ClearingState = {
  /** Quote atoms that the fund could pay to this market, its daily cap included. */
  readonly coverAvailable: bigint;
  /** Whether the position has a claim on it. */
  readonly mature: boolean;
  /** Account being resolved, 0 for none. */
  readonly taken: number;
};

const DAY = 86_400n;
/** What always stays of the fund's claim (Ledger.CLAIM_FLOOR). */
const CLAIM_FLOOR = 1_000_000n;

/** @param block Of the call; the state is read at the one before, the time is this one's. */
export async function readClearingState(
  { chain, addresses }: Context,
  market: DemoMarket,
  account: bigint,
  block: bigint,
): Promise<ClearingState> {
  const before = { address: addresses.exchange, abi: exchangeAbi, blockNumber: block - 1n } as const;
  const [insurance, view, position, { timestamp }] = await Promise.all([
    chain.client.readContract({ ...before, functionName: "insuranceBalance" }),
    chain.client.readContract({ ...before, functionName: "marketAt", args: [BigInt(market.id)] }),
    chain.client.readContract({ ...before, functionName: "positionAt", args: [BigInt(market.id), account] }),
    chain.client.getBlock({ blockNumber: block }),
  ]);
  const drawn = view.coverDay === timestamp / DAY ? view.coverDrawn : 0n;
  const left = drawn < market.dailyCoverCap ? market.dailyCoverCap - drawn : 0n;
  return {
    coverAvailable: min(insurance > CLAIM_FLOOR ? insurance - CLAIM_FLOOR : 0n, left),
    mature: timestamp - position.grownAt >= BigInt(market.maturity),
    taken: Number(view.taken),
  };
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
