/**
 * What the page and the API show of a market beside its positions: the book's depth, the circuit breaker, the fund. One block, one trip.
 */
import { exchangeAbi } from "../chain/abi.ts";
import { exchangeAt } from "../chain/atBlock.ts";
import type { BlockRef, Chain } from "../chain/connect.ts";
import { contractError } from "../chain/contractError.ts";
import { readDepth } from "../chain/readDepth.ts";
import type { RiskDepth, RiskFund } from "../core/risk/types.ts";
import type { MarketId } from "../core/types.ts";

const DAY = 86_400n;

/** The circuit breaker; rates and ratios in pips. */
export type Breaker = {
  readonly level: number;
  readonly stepped: number;
  readonly guardian: number;
  /** System margin ratio of the weaker side; undefined without open interest. */
  readonly ratio: bigint | undefined;
  readonly calmAt: bigint;
  readonly initialRate: bigint;
  readonly growth: bigint;
  readonly preventiveLots: bigint;
  readonly variance: bigint;
  readonly cautiousRatio: bigint;
  readonly reduceOnlyRatio: bigint;
};

export type MarketReading = {
  readonly depth: RiskDepth;
  readonly fund: RiskFund;
  readonly coverCap: bigint;
  /** Undefined while the price is not usable. */
  readonly breaker: Breaker | undefined;
  readonly pot: bigint;
  readonly openInterest: bigint;
  readonly fundingIndex: bigint;
  /** 0 active, 1 retired. */
  readonly status: number;
};

export async function readBoard(chain: Chain, block: BlockRef, market: MarketId): Promise<MarketReading> {
  const on = { ...exchangeAt(chain, block), abi: exchangeAbi } as const;
  const args = [BigInt(market)] as const;
  const [view, config, riskConfig, claim, risk, depth] = await Promise.all([
    chain.client.readContract({ ...on, args, functionName: "marketAt" }),
    chain.client.readContract({ ...on, args, functionName: "marketConfig" }),
    chain.client.readContract({ ...on, args, functionName: "riskConfig" }),
    chain.client.readContract({ ...on, functionName: "insuranceBalance" }),
    orUndefined(chain.client.readContract({ ...on, args, functionName: "riskAt" })),
    readDepth(chain, block, market),
  ]);
  const drawn = view.coverDay === block.timestamp / DAY ? view.coverDrawn : 0n;
  const coverLeft = drawn < config.dailyCoverCap ? config.dailyCoverCap - drawn : 0n;
  return {
    depth,
    fund: { claim, coverLeft },
    coverCap: config.dailyCoverCap,
    breaker: risk && {
      level: risk.level,
      stepped: risk.stepped,
      guardian: risk.guardian,
      ratio: view.openInterest === 0n ? undefined : risk.ratio,
      calmAt: risk.calmAt,
      initialRate: risk.initialRate,
      growth: risk.growth,
      preventiveLots: risk.preventiveLots,
      variance: risk.variance,
      cautiousRatio: BigInt(riskConfig.cautiousRatio),
      reduceOnlyRatio: BigInt(riskConfig.reduceOnlyRatio),
    },
    pot: view.pot,
    openInterest: view.openInterest,
    fundingIndex: view.fundingIndex,
    status: view.status,
  };
}

/** A revert is the answer that there is none; anything else is the endpoint's fault. */
function orUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: unknown) => {
    if (contractError(error) === undefined) throw error;
    return undefined;
  });
}
