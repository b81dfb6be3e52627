/**
 * Gives everybody collateral: mints it, approves it, deposits it, and stakes the insurance fund.
 */
import type { Call } from "../chain/connectChain.ts";
import type { Context } from "../context.ts";
import { atoms } from "../market/market.ts";

/** A keeper needs an account to be paid its reward; this opens it. */
const KEEPER_DEPOSIT = 10;

/** @param stake Dollars that the staker puts into the insurance fund. */
export async function fundAccounts(context: Context, stake: number): Promise<void> {
  const { chain, calls, addresses, actors, keepers, staker } = context;
  const deposit = (address: `0x${string}`, dollars: number): Call[] => [
    calls.mint(address, address, atoms(dollars)),
    calls.approve(address, addresses.exchange, atoms(dollars)),
    calls.deposit(address, atoms(dollars)),
  ];
  const { mined } = await chain.mine([
    ...keepers.flatMap((keeper) => deposit(keeper, KEEPER_DEPOSIT)),
    calls.mint(staker, staker, atoms(stake)),
    calls.approve(staker, addresses.insuranceFund, atoms(stake)),
    calls.stake(staker, atoms(stake)),
    ...actors.flatMap(({ address, collateral }) => deposit(address, collateral)),
  ]);
  const failed = mined.filter(({ ok }) => !ok).length;
  if (failed > 0) throw new Error(`${failed} of ${mined.length} transactions that fund the accounts failed`);
}
