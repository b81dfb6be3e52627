/**
 * Questions to the exchange in the middle of things, none of which changes anything: SOLV-5, the first half of LIQ-1, and how a stale oracle
 * behaves.
 */
import { type Address, encodeFunctionData, type Hex, maxInt128, minInt128 } from "viem";
import { marginHealth } from "../../../keeper/core/marginHealth.ts";
import { PIPS } from "../../../keeper/core/position.ts";
import { exchangeAbi } from "../chain/abi.ts";
import type { Context } from "../context.ts";
import type { Replay } from "../replay/replayState.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Totals } from "./readTotals.ts";
import { simulate } from "./simulate.ts";

/** Accounts asked at a time. */
const SAMPLE = 3;

/** The first of the exchange's accounts belong to the keepers, the others to the actors, in order. */
export function ownerOf({ keepers, actors }: Context, account: number): Address {
  const owner = keepers[account - 1] ?? actors[account - 1 - keepers.length]?.address;
  if (owner === undefined) throw new Error(`account ${account} has no owner`);
  return owner;
}

/** SOLV-5: accounts without position and order, a few of them by turns, can withdraw all that they have. */
export async function probeWithdrawals(
  context: Context,
  replay: Replay,
  totals: Totals,
  turn: number,
  catalogue: Catalogue,
): Promise<void> {
  const idle = totals.free
    .map((free, i) => ({ account: i + 1, free }))
    .filter(({ account, free }) => free > 0n && replay.every((one) => !isActive(one, account)));
  for (let i = 0; i < Math.min(SAMPLE, idle.length); i++) {
    const { account, free } = idle[(turn * SAMPLE + i) % idle.length] ?? { account: 0, free: 0n };
    const from = ownerOf(context, account);
    const data = encodeFunctionData({ abi: exchangeAbi, functionName: "withdraw", args: [free, from] });
    const error = await simulate(context, { from, to: context.addresses.exchange, data });
    catalogue.note("SOLV-5", error === undefined ? undefined : `account ${account} cannot withdraw ${free}: ${error}`);
  }
}

function isActive({ positions, orders }: Replay[number], account: number): boolean {
  if (positions.positions.has(account)) return true;
  for (const order of orders.values()) if (order.account === account) return true;
  return false;
}

/** LIQ-1: the position that is nearest to maintenance margin from above cannot be liquidated. */
export async function probeLiquidation(
  context: Context,
  replay: Replay,
  totals: Totals,
  catalogue: Catalogue,
): Promise<void> {
  for (const [i, one] of replay.entries()) {
    if (one.prices === undefined) continue;
    const { market, positions } = one;
    const prices = { price: one.prices.price, funding: totals.markets[i]?.fundingNow ?? 0n };
    let nearest: { account: number; ratio: bigint } | undefined;
    for (const entry of positions.positions.values()) {
      const { status, equityX16, maintenanceX16Pips } = marginHealth(entry, prices, market.parameters);
      if (status !== "healthy") continue;
      const ratio = (equityX16 * PIPS * 1_000_000n) / maintenanceX16Pips;
      if (nearest === undefined || ratio < nearest.ratio) nearest = { account: entry.account, ratio };
    }
    if (nearest === undefined) continue;
    const error = await simulate(context, clearingCalls(context, market.id, nearest.account).liquidate);
    catalogue.expect(
      "LIQ-1",
      error === "NotLiquidatable",
      () => `${market.name}: healthy account ${nearest.account} would be liquidated (${error ?? "accepted"})`,
    );
  }
}

export type StaleProbe = { readonly call: string; readonly expected: string; readonly answer: string };

/** With a stale price, what must be refused and what must go on. */
export async function probeStale(context: Context, replay: Replay, totals: Totals): Promise<StaleProbe[]> {
  const probes: StaleProbe[] = [];
  for (const { market, positions } of replay) {
    const [somebody] = positions.positions.keys();
    const account = somebody ?? 1;
    const from = ownerOf(context, account);
    const calls = clearingCalls(context, market.id, account);
    const mine = { market, lots: 100n * BigInt(market.ticksPerPrice), tick: 1, isBid: true, leverage: 1, rests: true };
    const attempts: readonly [string, { from: Address; to: Address; data: Hex }, string][] = [
      ["placeOrder", context.calls.place(from, mine), "StalePrice"],
      ["liquidate", calls.liquidate, "StalePrice"],
      ["autoDeleverage", calls.deleverage, "StalePrice"],
      ["cancelAll", context.calls.cancelAll(from, market), "accepted"],
    ];
    for (const [name, call, expected] of attempts) {
      probes.push({ call: `${market.name} ${name}`, expected, answer: (await simulate(context, call)) ?? "accepted" });
    }
  }
  const rich = totals.free.findIndex((free) => free > 0n) + 1;
  if (rich > 0) {
    const from = ownerOf(context, rich);
    const free = totals.free[rich - 1] ?? 0n;
    probes.push({
      call: "withdraw",
      expected: "accepted",
      answer: (await simulate(context, context.calls.withdraw(from, free))) ?? "accepted",
    });
  }
  return probes;
}

function clearingCalls({ addresses, bystander }: Context, market: number, account: number) {
  const common = { from: bystander, to: addresses.exchange };
  const limits = {
    maxSteps: 64,
    maxCounterparties: 1,
    nominee: 0,
    deadline: 0,
    minPrice: minInt128,
    maxPrice: maxInt128,
  };
  return {
    liquidate: {
      ...common,
      data: encodeFunctionData({
        abi: exchangeAbi,
        functionName: "liquidate",
        args: [BigInt(market), BigInt(account), 64n],
      }),
    },
    deleverage: {
      ...common,
      data: encodeFunctionData({
        abi: exchangeAbi,
        functionName: "autoDeleverage",
        args: [BigInt(market), [], limits],
      }),
    },
  };
}
