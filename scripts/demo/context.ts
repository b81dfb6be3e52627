/**
 * What every part of a run works with. Built once, after the chain is up; owns nothing that changes.
 */
import type { Address } from "viem";
import type { DemoChain } from "./chain/connectChain.ts";
import type { DemoMarket } from "./market/market.ts";
import type { Addresses } from "./market/readMarkets.ts";
import type { Calls } from "./traders/calls.ts";
import type { Trader } from "./traders/population.ts";

/** One of the population, with its address on the chain. */
export type Actor = Trader & { readonly address: Address };

export type Context = {
  readonly chain: DemoChain;
  readonly addresses: Addresses;
  readonly markets: readonly DemoMarket[];
  readonly calls: Calls;
  readonly administrator: Address;
  readonly staker: Address;
  readonly keepers: readonly Address[];
  /** Has neither collateral nor an account: for calls that must not change anything for anybody else. */
  readonly bystander: Address;
  readonly actors: readonly Actor[];
};
