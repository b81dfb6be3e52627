/**
 * What a call made in a block would find in a market: the price, the funding index after accrual, the circuit breaker. The contract
 * decides whether a price is usable and what funding has become of it, nobody else.
 */
import type { Touch } from "../core/absorption.ts";
import type { Level, PriceReading } from "../core/marketView.ts";
import type { AccountId, MarketId } from "../core/types.ts";
import { exchangeAbi } from "./abi.ts";
import { exchangeAt } from "./atBlock.ts";
import type { BlockRef, Chain } from "./connect.ts";
import { contractError } from "./contractError.ts";

export type ReadPricesReturnType = {
  readonly prices: PriceReading;
  readonly retired: boolean;
  /** Bankrupt account being resolved, 0 for none. */
  readonly taken: AccountId;
  readonly openInterest: bigint;
  /** Of the market's last event. */
  readonly sequence: bigint;
  readonly touch: Touch;
  readonly level: Level;
  readonly preventiveLots: bigint;
};

/** MarketStatus.Retired */
const RETIRED = 1;

export async function readPrices(chain: Chain, block: BlockRef, market: MarketId): Promise<ReadPricesReturnType> {
  const on = { ...exchangeAt(chain, block), abi: exchangeAbi, args: [BigInt(market)] } as const;
  const [mark, risk, funding, view] = await Promise.all([
    orReason(chain.client.readContract({ ...on, functionName: "markPrice" })),
    orReason(chain.client.readContract({ ...on, functionName: "riskAt" })),
    chain.client.readContract({ ...on, functionName: "fundingIndexNow" }),
    chain.client.readContract({ ...on, functionName: "marketAt" }),
  ]);
  const accrued = view.fundingIndex;
  const refused = "reason" in mark ? mark : "reason" in risk ? risk : undefined;
  const prices: PriceReading =
    "value" in mark && refused === undefined
      ? { ok: true, price: mark.value[0], funding, accrued }
      : { ok: false, reason: refused?.reason ?? "no answer" };
  return {
    prices,
    retired: view.status === RETIRED,
    // whoever is not bankrupt with the index that is stored is let go before funding accrues
    taken: funding === accrued ? Number(view.taken) : 0,
    openInterest: view.openInterest,
    sequence: view.sequence,
    touch: { bestBid: view.bestBid, bestAsk: view.bestAsk },
    level: "value" in risk ? risk.value.level : 0,
    preventiveLots: "value" in risk ? risk.value.preventiveLots : 0n,
  };
}

/** A revert is an answer, and its name the reason; anything else is the endpoint's fault. */
function orReason<T>(reading: Promise<T>): Promise<{ readonly value: T } | { readonly reason: string }> {
  return reading.then(
    (value) => ({ value }),
    (error: unknown) => {
      const revert = contractError(error);
      if (revert === undefined) throw error;
      return { reason: `${revert.name}(${revert.args.join(", ")})` };
    },
  );
}
