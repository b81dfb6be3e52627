/**
 * All the money of the exchange at the newest block, read in a few calls.
 */
import { exchangeAbi, tokenAbi } from "../chain/abi.ts";
import { readMany } from "../chain/readMany.ts";
import type { Context } from "../context.ts";

export type MarketTotals = {
  readonly pot: bigint;
  readonly openInterest: bigint;
  /** Funding index as stored, and as a call made now would find it. X16. */
  readonly funding: bigint;
  readonly fundingNow: bigint;
  readonly taken: number;
};

export type Totals = {
  readonly block: bigint;
  /** Tokens that the exchange holds, quote atoms. */
  readonly tokens: bigint;
  /** Free collateral by account id, from 1. */
  readonly free: readonly bigint[];
  readonly fund: bigint;
  readonly reserve: bigint;
  readonly treasury: bigint;
  readonly markets: readonly MarketTotals[];
};

export async function readTotals(context: Context): Promise<Totals> {
  const { chain, addresses, markets, actors, keepers } = context;
  const { number: block } = await chain.head();
  const accounts = keepers.length + actors.length; // opened once, at the beginning; others never open one
  const on = { address: addresses.exchange, abi: exchangeAbi } as const;
  const one = { ...on, blockNumber: block } as const;
  const [tokens, fund, reserve, treasury, count, free, views, fundings] = await Promise.all([
    chain.client.readContract({
      address: addresses.collateral,
      abi: tokenAbi,
      functionName: "balanceOf",
      args: [addresses.exchange],
      blockNumber: block,
    }),
    chain.client.readContract({ ...one, functionName: "insuranceBalance" }),
    chain.client.readContract({ ...one, functionName: "keeperReserve" }),
    chain.client.readContract({ ...one, functionName: "treasury" }),
    chain.client.readContract({ ...one, functionName: "accountCount" }),
    readMany(
      chain,
      Array.from({ length: accounts }, (_, i) => ({
        ...on,
        functionName: "accountAt" as const,
        args: [BigInt(i + 1)] as const,
      })),
      block,
      64,
    ),
    readMany(
      chain,
      markets.map(({ id }) => ({ ...on, functionName: "marketAt" as const, args: [BigInt(id)] as const })),
      block,
      512,
    ),
    readMany(
      chain,
      markets.map(({ id }) => ({ ...on, functionName: "fundingIndexNow" as const, args: [BigInt(id)] as const })),
      block,
      32,
    ),
  ]);
  if (Number(count) !== accounts) throw new Error(`the exchange has ${count} accounts, the demo opened ${accounts}`);
  return {
    block,
    tokens,
    fund,
    reserve,
    treasury,
    free: free.map(({ free: amount }) => amount),
    markets: views.map(({ pot, openInterest, fundingIndex, taken }, i) => ({
      pot,
      openInterest,
      funding: fundingIndex,
      fundingNow: fundings[i] ?? fundingIndex,
      taken: Number(taken),
    })),
  };
}
