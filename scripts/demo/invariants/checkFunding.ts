/**
 * FUND-1: funding is zero-sum but for dust, and its index never moves faster than its clamp or away from zero beyond half the price.
 */
import { abs } from "../../../keeper/core/integers.ts";
import { PIPS } from "../../../keeper/core/position.ts";
import type { LogOf } from "../replay/readLogs.ts";
import type { MarketReplay } from "../replay/replayState.ts";
import type { Catalogue } from "./catalogue.ts";

/** Seconds over which a constant premium is paid once (Funding.PERIOD). */
const PERIOD = 28_800n;

/** Before the event is applied. */
export function checkAccrual(
  one: MarketReplay,
  { args }: LogOf<"FundingAccrued">,
  label: string,
  catalogue: Catalogue,
): void {
  const { market, prices } = one;
  if (prices === undefined) throw new Error(`${label}: funding accrued before there was a price`);
  const { fundingIndex, price } = args;
  catalogue.expect(
    "FUND-1",
    price === prices.price,
    () => `${label}: accrued at ${price}, the mark is ${prices.price}`,
  );
  const most = (price * market.parameters.fundingCap * BigInt(market.maxAge)) / (PIPS * PERIOD);
  const delta = fundingIndex - prices.funding;
  catalogue.expect("FUND-1", abs(delta) <= most, () => `${label}: the index moved by ${delta}, at most ${most}`);
  const bounded = abs(fundingIndex) <= price >> 1n || abs(fundingIndex) <= abs(prices.funding);
  catalogue.expect("FUND-1", bounded, () => `${label}: the index is ${fundingIndex} at a price of ${price}`);
}

/** @param index As the contract has it. */
export function checkFunding(one: MarketReplay, index: bigint, label: string, catalogue: Catalogue): void {
  const funding = one.prices?.funding ?? 0n;
  catalogue.expect("FUND-1", index === funding, () => `${label}: the index is ${index}, the events say ${funding}`);
  const { paid, received, settlements } = one.funding;
  let dust = (paid - received) << 16n;
  for (const { lots, fundingIndex } of one.positions.positions.values()) dust += lots * (funding - fundingIndex);
  const most = BigInt(settlements) << 16n;
  catalogue.expect(
    "FUND-1",
    dust >= 0n && dust <= most,
    () => `${label}: paid ${paid}, received ${received}, dust ${dust} (× 2^16) after ${settlements} settlements`,
  );
}
