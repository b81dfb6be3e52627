/**
 * Whether our judgement of every market's price is the contract's, at one block. A difference means that the keeper does not understand a price
 * that it acts on, and is an alert.
 */
import { exchangeAbi } from "../chain/abi.ts";
import { exchangeAt } from "../chain/atBlock.ts";
import type { BlockRef, Chain } from "../chain/connect.ts";
import { contractError } from "../chain/contractError.ts";
import type { MarketId } from "../core/types.ts";
import { type JudgedMark, judgeMark, PRICE_STATUS } from "./judgePrice.ts";
import { readSource } from "./readSource.ts";
import type { Feeds } from "./resolveFeeds.ts";

/** Sentences; empty when all agree. Markets that have ended, and sources of other kinds, are left out. */
export async function checkPrices(chain: Chain, block: BlockRef, { sources }: Feeds): Promise<string[]> {
  const found = await Promise.all(
    [...sources].map(async ([market, source]) => {
      const [reading, config, said] = await Promise.all([
        readSource(chain, block, source),
        chain.client.readContract({ ...on(chain, block, market), functionName: "marketConfig" }),
        askContract(chain, block, market),
      ]);
      if (reading === undefined || said === "MarketRetired") return [];
      const { maxAge, tradeAge, lotsPerUnit } = config;
      const rules = { maxAge: BigInt(maxAge), tradeAge: BigInt(tradeAge), lotsPerUnit };
      const judged = textOf(judgeMark(reading, rules, block.timestamp));
      return judged === said ? [] : [`market ${market}: the contract says ${said}, we say ${judged}`];
    }),
  );
  return found.flat();
}

async function askContract(chain: Chain, block: BlockRef, market: MarketId): Promise<string> {
  try {
    const [price] = await chain.client.readContract({ ...on(chain, block, market), functionName: "markPrice" });
    return String(price);
  } catch (error) {
    const revert = contractError(error);
    if (revert === undefined) throw error;
    if (revert.name === "PriceUnavailable") return `PriceUnavailable ${PRICE_STATUS[Number(revert.args[1])]}`;
    return revert.name === "StalePrice" ? `StalePrice ${revert.args[1]}` : revert.name;
  }
}

function textOf(judged: JudgedMark): string {
  if (judged.ok) return String(judged.price);
  return judged.error === "StalePrice" ? `StalePrice ${judged.age}` : `PriceUnavailable ${judged.status}`;
}

function on(chain: Chain, block: BlockRef, market: MarketId) {
  return { ...exchangeAt(chain, block), abi: exchangeAbi, args: [BigInt(market)] } as const;
}
