/**
 * ADL-4: one pending deleveraging, run in one call and in several, on snapshots of the chain: the state must be the same.
 *
 * The keepers are paused meanwhile, and never see the blocks of it.
 */
import { encodeFunctionData, type Hex, maxInt128, minInt128 } from "viem";
import { toJson } from "../../../keeper/ops/toJson.ts";
import { exchangeAbi, lensAbi } from "../chain/abi.ts";
import type { Context } from "../context.ts";
import type { DemoMarket } from "../market/market.ts";
import type { Catalogue } from "./catalogue.ts";
import { readTotals } from "./readTotals.ts";

type Ids = readonly number[];

/** Counterparties that the experiment lists: enough to be cut more than once. */
const LISTED = 6;
const GAS = 16_000_000;
const EVERYBODY = 100_000n;

/**
 * Returns whether there was anything to try: a bankrupt position and at least two counterparties.
 *
 * The sweep comes first, by a call of its own that takes no counterparty: its fees change the fund's balance, and "the same state" is meant
 * at one balance.
 */
export async function tryCuts(context: Context, market: DemoMarket, catalogue: Catalogue): Promise<boolean> {
  return onSnapshot(context, async () => {
    await call(context, market, []);
    const { number: block } = await context.chain.head();
    const [, bankrupt, , queue] = await context.chain.client.readContract({
      address: context.addresses.lens,
      abi: lensAbi,
      functionName: "adlQueue",
      args: [BigInt(market.id), 0n, BigInt(LISTED)],
    });
    const ids = queue.map(({ account }) => account);
    if (bankrupt === 0n || ids.length < 2) return false;

    const whole = await stateAfter(context, market, bankrupt, [ids]);
    const half = Math.ceil(ids.length / 2);
    const cuts = [[ids.slice(0, 1), ids.slice(1)], [ids.slice(0, half), ids.slice(half)], ids.map((id) => [id])];
    for (const cut of cuts) {
      const state = await stateAfter(context, market, bankrupt, cut);
      const text = cut.map((part) => part.length).join(" + ");
      catalogue.expect(
        "ADL-4",
        whole !== undefined && state === whole,
        () => `${market.name}, block ${block}: account ${bankrupt} closed in ${text} reverts or ends in another state`,
      );
    }
    return true;
  });
}

/** The state after these calls, one after the other, each in a block of its own but at one time. Undefined when one reverts. */
async function stateAfter(
  context: Context,
  market: DemoMarket,
  bankrupt: bigint,
  lists: readonly Ids[],
): Promise<string | undefined> {
  return onSnapshot(context, async () => {
    for (const [i, list] of lists.entries()) {
      // with this position closed, the contract would go on to the next one, and the lists mean nobody any more
      if (i > 0 && !(await isOpen(context, market, bankrupt))) break;
      if (!(await call(context, market, list))) return undefined;
    }
    return describeState(context);
  });
}

/** Whether it went through. The empty list takes nobody here: it sweeps the book, or reverts when there is nothing to sweep. */
async function call({ chain, addresses, bystander }: Context, market: DemoMarket, list: Ids): Promise<boolean> {
  const { timestamp } = await chain.head();
  const { mined } = await chain.mine(
    [{ from: bystander, to: addresses.exchange, data: encode(market, list), gas: GAS }],
    timestamp,
  );
  return mined[0]?.ok === true;
}

async function onSnapshot<T>({ chain }: Context, run: () => Promise<T>): Promise<T> {
  const snapshot = await chain.rpc.request<Hex>("evm_snapshot");
  try {
    return await run();
  } finally {
    await chain.rpc.request("evm_revert", [snapshot]);
  }
}

async function isOpen({ chain, addresses }: Context, market: DemoMarket, account: bigint): Promise<boolean> {
  const position = await chain.client.readContract({
    address: addresses.exchange,
    abi: exchangeAbi,
    functionName: "positionAt",
    args: [BigInt(market.id), account],
  });
  return position.lots !== 0n;
}

function encode(market: DemoMarket, list: Ids): Hex {
  const limits = {
    maxSteps: market.maxSteps,
    maxCounterparties: 0,
    nominee: 0,
    deadline: 0,
    minPrice: minInt128,
    maxPrice: maxInt128,
  };
  return encodeFunctionData({
    abi: exchangeAbi,
    functionName: "autoDeleverage",
    args: [BigInt(market.id), list, limits],
  });
}

/** Everything that a deleveraging can change: money, positions with their links, the book. */
async function describeState(context: Context): Promise<string> {
  const { chain, addresses, markets } = context;
  const { block, ...totals } = await readTotals(context);
  const lens = { address: addresses.lens, abi: lensAbi, blockNumber: block } as const;
  const parts = await Promise.all(
    markets.flatMap(({ id }) => {
      const market = BigInt(id);
      return [
        chain.client
          .readContract({ ...lens, functionName: "positions", args: [market, 0n, EVERYBODY] })
          .then(([, entries]) => entries),
        chain.client
          .readContract({ ...lens, functionName: "depth", args: [market, true, 0n, 500n] })
          .then(([, levels]) => levels),
        chain.client
          .readContract({ ...lens, functionName: "depth", args: [market, false, 0n, 500n] })
          .then(([, levels]) => levels),
      ] as const;
    }),
  );
  return toJson({ totals, parts });
}
