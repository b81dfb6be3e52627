/**
 * Reads what the risk engine needs beside the positions: price and funding, the whole book, the fund, the variance. All at one block.
 */
import { exchangeAbi, lensAbi } from "../chain/abi.ts";
import { exchangeAt, lensAt } from "../chain/atBlock.ts";
import type { BlockRef, Chain } from "../chain/connect.ts";
import { readPrices } from "../chain/readPrices.ts";
import { riskInputOf } from "../core/risk/riskInputOf.ts";
import type { RiskLevel, RiskMarketInput } from "../core/risk/types.ts";
import type { MarketId } from "../core/types.ts";
import type { Market } from "../state/world.ts";

export type RiskReading =
  | { readonly ok: true; readonly input: RiskMarketInput }
  /** The contract refuses its own price: `reason` is its error. */
  | { readonly ok: false; readonly reason: string };

const DAY = 86_400n;

export async function readRiskInput(
  chain: Chain,
  block: BlockRef,
  market: Market,
  claim: bigint,
): Promise<RiskReading> {
  const { parameters, state } = market;
  const on = { ...exchangeAt(chain, block), abi: exchangeAbi, args: [BigInt(parameters.id)] } as const;
  const { prices, taken } = await readPrices(chain, block, parameters.id);
  if (!prices.ok) return prices;
  const [config, view, risk, bids, asks] = await Promise.all([
    chain.client.readContract({ ...on, functionName: "marketConfig" }),
    chain.client.readContract({ ...on, functionName: "marketAt" }),
    chain.client.readContract({ ...on, functionName: "riskAt" }),
    readDepth(chain, block, parameters.id, true),
    readDepth(chain, block, parameters.id, false),
  ]);
  const drawn = view.coverDay === block.timestamp / DAY ? view.coverDrawn : 0n;
  const coverLeft = drawn < config.dailyCoverCap ? config.dailyCoverCap - drawn : 0n;
  const depth = { bids, asks };
  const fund = { claim, coverLeft };
  const { variance } = risk;
  const now = block.timestamp;
  return { ok: true, input: riskInputOf({ parameters, state, prices, taken, depth, fund, variance, now }) };
}

/** Levels a page. */
const PAGE = 256n;

export async function readDepth(chain: Chain, block: BlockRef, market: MarketId, isBid: boolean): Promise<RiskLevel[]> {
  const found: RiskLevel[] = [];
  let from = 0n;
  do {
    const [, levels, next] = await chain.client.readContract({
      ...lensAt(chain, block),
      abi: lensAbi,
      functionName: "depth",
      args: [BigInt(market), isBid, from, PAGE],
    });
    for (const { tick, lots } of levels) found.push({ tick: Number(tick), lots });
    from = next;
  } while (from !== 0n);
  return found;
}

/** The insurance fund's claim, quote atoms. */
export async function readClaim(chain: Chain, block: BlockRef): Promise<bigint> {
  return chain.client.readContract({ ...exchangeAt(chain, block), abi: exchangeAbi, functionName: "insuranceBalance" });
}
