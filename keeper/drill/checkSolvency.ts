/**
 * Whether the exchange is solvent at one block, by the ids of the invariant catalogue (DESIGN §14): from a fresh snapshot, and not from what the keeper
 * that was drilled makes of it.
 */
import { erc20Abi } from "viem";
import { exchangeAbi, lensAbi } from "../chain/abi.ts";
import { exchangeAt, lensAt } from "../chain/atBlock.ts";
import type { BlockRef, Chain } from "../chain/connect.ts";
import { contractError } from "../chain/contractError.ts";
import { bankruptcyCost } from "../core/closing.ts";
import { abs } from "../core/integers.ts";
import { isBankrupt, normalisedBankruptcyPrice } from "../core/position.ts";
import type { MarketState } from "../core/marketState.ts";
import type { MarketId, Prices } from "../core/types.ts";
import type { Market } from "../state/world.ts";

export type Finding = {
  readonly id: "SOLV-1" | "SOLV-2" | "SOLV-3" | "SOLV-4" | "SOLV-6";
  /** Missing where it is about all of the exchange. */
  readonly market?: MarketId;
  readonly holds: boolean;
  readonly text: string;
};

/** The lens asks the exchange, and hands its errors on. */
const healthAbi = [...lensAbi, ...exchangeAbi] as const;
/** Accounts asked for in one turn. */
const PAGE = 500;

/** @param priced The markets to judge, each with the prices to judge by. */
export async function checkSolvency(
  chain: Chain,
  block: BlockRef,
  priced: readonly { readonly market: Market; readonly prices: Prices }[],
): Promise<Finding[]> {
  const [money, ...markets] = await Promise.all([
    checkMoney(chain, block),
    ...priced.map(({ market, prices }) => checkMarket(chain, block, market, prices)),
  ]);
  return [money, ...markets.flat()];
}

async function checkMarket(
  chain: Chain,
  block: BlockRef,
  { parameters, state }: Market,
  prices: Prices,
): Promise<Finding[]> {
  const { id, name } = parameters;
  const [view, said] = await Promise.all([
    chain.client.readContract({
      ...exchangeAt(chain, block),
      abi: exchangeAbi,
      functionName: "marketAt",
      args: [BigInt(id)],
    }),
    countBankrupt(chain, block, id),
  ]);
  const sums = sumUp(state, prices);
  const dustX16 = (view.pot << 16n) - sums.claimsX16;
  const isEven = sums.longLots === sums.shortLots && view.openInterest === sums.longLots;
  const cross =
    sums.highestLong !== undefined && sums.lowestShort !== undefined && sums.highestLong >= sums.lowestShort;
  return [
    {
      id: "SOLV-4",
      market: id,
      holds: sums.bankrupt === 0 && said === 0,
      text: `${name}: ${sums.bankrupt} bankrupt; the contract says ${said}`,
    },
    {
      id: "SOLV-2",
      market: id,
      holds: dustX16 >= 0n && sums.claimsX16 === sums.keyedX16,
      text: `${name}: pot ${view.pot}, claims ${-(-sums.claimsX16 >> 16n)}, dust ${dustX16 >> 16n}`,
    },
    {
      id: "SOLV-3",
      market: id,
      holds: isEven,
      text: `${name}: ${sums.longLots} lots long, ${sums.shortLots} short, open interest ${view.openInterest}`,
    },
    {
      id: "SOLV-6",
      market: id,
      holds: !cross,
      text: `${name}: highest long b ${sums.highestLong ?? "none"}, lowest short b ${sums.lowestShort ?? "none"} (X16)`,
    },
  ];
}

/** How many positions the contract finds bankrupt, one by one; its error where it has no price. */
async function countBankrupt(chain: Chain, block: BlockRef, market: MarketId): Promise<number | string> {
  let [bankrupt, from] = [0, 0n];
  try {
    do {
      const args = [BigInt(market), from, BigInt(PAGE)] as const;
      const call = { ...lensAt(chain, block), abi: healthAbi, functionName: "health", args } as const;
      const [, entries, next] = await chain.client.readContract(call);
      bankrupt += entries.filter((entry) => entry.bankrupt).length;
      from = next;
    } while (from !== 0n);
    return bankrupt;
  } catch (error) {
    const revert = contractError(error);
    if (revert === undefined) throw error;
    return `${revert.name}(${revert.args.join(", ")})`;
  }
}

/** What a market's positions are owed in all, which no price and no funding changes as long as longs and shorts are equal. */
function sumUp({ positions }: MarketState, prices: Prices) {
  const sums = { longLots: 0n, shortLots: 0n, claimsX16: 0n, keyedX16: 0n, bankrupt: 0 };
  let [highestLong, lowestShort]: (bigint | undefined)[] = [];
  for (const p of positions.values()) {
    const side = p.lots > 0n ? 1n : -1n;
    sums.claimsX16 += ((p.margin - side * p.cost) << 16n) + p.lots * p.fundingIndex;
    sums.keyedX16 -= side * ((bankruptcyCost(p) << 16n) - p.fundingIndex * abs(p.lots));
    if (isBankrupt(p, prices)) sums.bankrupt++;
    const b = normalisedBankruptcyPrice(p);
    if (side > 0n) {
      sums.longLots += p.lots;
      if (highestLong === undefined || b > highestLong) highestLong = b;
    } else {
      sums.shortLots -= p.lots;
      if (lowestShort === undefined || b < lowestShort) lowestShort = b;
    }
  }
  return { ...sums, highestLong, lowestShort };
}

/** Tokens held against everything that is owed; what orders hold back of free collateral comes on top, and is left out. */
async function checkMoney(chain: Chain, block: BlockRef): Promise<Finding> {
  const on = { ...exchangeAt(chain, block), abi: exchangeAbi } as const;
  const read = chain.client.readContract;
  const [token, accounts, count, fund, reserve, treasury] = await Promise.all([
    read({ ...on, functionName: "collateral" }),
    read({ ...on, functionName: "accountCount" }),
    read({ ...on, functionName: "marketCount" }),
    read({ ...on, functionName: "insuranceBalance" }),
    read({ ...on, functionName: "keeperReserve" }),
    read({ ...on, functionName: "treasury" }),
  ]);
  const held = await read({
    address: token,
    blockHash: block.hash,
    abi: erc20Abi,
    functionName: "balanceOf",
    args: [chain.deployment.exchange],
  });
  let free = 0n;
  for (let from = 1; from <= Number(accounts); from += PAGE) {
    const ids = Array.from({ length: Math.min(PAGE, Number(accounts) - from + 1) }, (_, i) => BigInt(from + i));
    const page = await Promise.all(ids.map((id) => read({ ...on, functionName: "accountAt", args: [id] })));
    for (const account of page) free += account.free;
  }
  const ids = Array.from({ length: Number(count) }, (_, i) => BigInt(i + 1));
  const views = await Promise.all(ids.map((id) => read({ ...on, functionName: "marketAt", args: [id] })));
  const pots = views.reduce((sum, { pot }) => sum + pot, 0n);
  const owed = free + pots + fund + reserve + treasury;
  return {
    id: "SOLV-1",
    holds: held >= owed,
    text: `tokens ${held}, owed ${owed}: free ${free}, pots ${pots}, fund ${fund}, reserve ${reserve}, treasury ${treasury}`,
  };
}
