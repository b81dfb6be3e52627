/**
 * The end: every order is cancelled, every position closed through the book, every account withdraws all that it has, the stake is redeemed, the
 * treasury paid out.
 * What the exchange then still holds is dust, item by item.
 */
import { settle } from "../../../keeper/core/position.ts";
import { fundAbi } from "../chain/abi.ts";
import type { Call } from "../chain/connectChain.ts";
import type { Context } from "../context.ts";
import type { Catalogue } from "../invariants/catalogue.ts";
import type { Auditor } from "../invariants/createAuditor.ts";
import { ownerOf } from "../invariants/probes.ts";
import type { Totals } from "../invariants/readTotals.ts";
import { planUnwind } from "./planUnwind.ts";

export type ClosedDown = {
  /** Quote atoms that went back to accounts, and to the staker. */
  readonly withdrawn: bigint;
  readonly redeemed: bigint;
  /** … and to the administrator, of the fees. */
  readonly treasury: bigint;
  /** What is left. */
  readonly totals: Totals;
  /** Why it did not work out; empty when it did. */
  readonly problems: readonly string[];
};

/** Rounds of closing: one is enough unless somebody is dust, weak, or meets more than 64 orders. */
const MAX_ROUNDS = 40;
/** Leverage of a reduce-only order: it needs none, but the field wants a number. */
const LEVERAGE = 1;

/** @param prices The last answers, by market. The keepers have stopped. */
export async function closeEverything(
  context: Context,
  auditor: Auditor,
  catalogue: Catalogue,
  prices: readonly number[],
): Promise<ClosedDown> {
  const { chain, calls, markets, administrator, staker, addresses } = context;
  const problems: string[] = [];
  const feeds = () => markets.map((market, i) => calls.setPrice(administrator, market, prices[i] ?? 0));
  const send = async (batch: readonly Call[], what: string, time = 0) => {
    const { mined } = await chain.mine([...feeds(), ...batch], time);
    const failed = mined.filter(({ ok }) => !ok).length;
    if (failed > 0) problems.push(`${failed} of ${batch.length} calls failed: ${what}`);
    await auditor.absorb();
  };

  await send(cancels(context, auditor), "cancelling");
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const batch = unwind(context, auditor);
    if (batch.length === 0) break;
    // an order of an earlier round that did not fill must not stand in the way
    await send(cancels(context, auditor), "cancelling");
    await chain.mine([...feeds(), ...batch]);
    await auditor.absorb();
  }
  const open = auditor.replay.reduce((sum, { positions }) => sum + positions.positions.size, 0);
  if (open > 0) problems.push(`${open} positions could not be closed`);
  await send(cancels(context, auditor), "cancelling");

  const before = await auditor.inspect(true);
  const free = before.free
    .map((amount, i) => ({ amount, owner: ownerOf(context, i + 1) }))
    .filter(({ amount }) => amount > 0n);
  const { mined } = await chain.mine(free.map(({ owner, amount }) => calls.withdraw(owner, amount)));
  for (const { ok, call } of mined) catalogue.note("SOLV-5", ok ? undefined : `${call.from} could not withdraw`);
  await auditor.absorb();

  const fund = { address: addresses.insuranceFund, abi: fundAbi } as const;
  const [shares, cooldown, { timestamp }] = await Promise.all([
    chain.client.readContract({ ...fund, functionName: "balanceOf", args: [staker] }),
    chain.client.readContract({ ...fund, functionName: "COOLDOWN" }),
    chain.head(),
  ]);
  await send([calls.requestRedeem(staker, shares)], "announcing the redemption");
  const later = timestamp + Number(cooldown) + 60;
  await send([calls.redeem(staker, shares)], "redeeming the stake", later);

  const { treasury } = await auditor.inspect(false);
  if (treasury > 0n) await send([calls.withdrawTreasury(administrator, treasury)], "paying the treasury out");

  const totals = await auditor.inspect(true);
  const left = totals.free.reduce((sum, amount) => sum + amount, 0n);
  if (left > 0n) problems.push(`${left} atoms of free collateral could not be withdrawn`);
  return {
    withdrawn: free.reduce((sum, { amount }) => sum + amount, 0n) - left,
    redeemed: before.fund - totals.fund,
    treasury,
    totals,
    problems,
  };
}

function cancels(context: Context, { replay }: Auditor): Call[] {
  return replay.flatMap(({ market, orders }) => {
    const accounts = new Set([...orders.values()].map(({ account }) => account));
    return [...accounts].map((account) => context.calls.cancelAll(ownerOf(context, account), market));
  });
}

function unwind(context: Context, { replay }: Auditor): Call[] {
  return replay.flatMap(({ market, positions, prices }) => {
    if (prices === undefined) return [];
    const orders = planUnwind(
      market,
      prices.price,
      [...positions.positions.values()].map((p) => settle(p, prices.funding)),
    );
    return orders.map(({ account, isBid, tick, lots, rests }) =>
      context.calls.place(ownerOf(context, account), {
        market,
        isBid,
        tick: Number(tick),
        lots,
        leverage: LEVERAGE,
        reduceOnly: true,
        rests,
      }),
    );
  });
}
