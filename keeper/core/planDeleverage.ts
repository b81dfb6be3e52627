/**
 * Plans the next call of `autoDeleverage` for the bankrupt account that the contract will pick.
 */
import { eligibility } from "./eligibility.ts";
import { fillWater } from "./fillWater.ts";
import { abs } from "./integers.ts";
import type { MarketView } from "./marketView.ts";
import type { BankruptPick } from "./pickBankrupt.ts";
import type { DeleveragePlan } from "./plan.ts";
import { bankruptcyPriceAt, settle } from "./position.ts";
import { rankByLeverage } from "./rankByLeverage.ts";
import { rankCounterparties } from "./rankCounterparties.ts";
import type { ScoreParameters } from "./score.ts";
import type { AccountId, Entry, Prices } from "./types.ts";

/** More than this pays nothing: the list is long enough for most positions, and a call of it stays far below the gas cap. */
export const MAX_COUNTERPARTIES = 40;

/** @param maxCounterparties Longest list, at most MAX_COUNTERPARTIES. 0 asks for the empty list: the contract picks. */
export function planDeleverage(
  view: MarketView,
  prices: Prices,
  pick: BankruptPick,
  maxCounterparties: number,
): DeleveragePlan {
  const { entry, cause } = pick;
  const lots = abs(entry.lots);
  const price = bankruptcyPriceAt(entry, prices.funding);
  const region = eligibility(entry.isLong, price, prices, view.state.base);
  const entries = Math.min(maxCounterparties, MAX_COUNTERPARTIES);
  return {
    kind: "deleverage",
    market: view.parameters.id,
    account: entry.account,
    isLong: entry.isLong,
    lots,
    price,
    cause,
    nominee: cause === "boundary" ? entry.account : 0,
    counterparties: counterpartiesOf(view, prices, entry, region, entries),
  };
}

/** Under the waterfill those whom the sequence reaches without the fund: what is listed beyond them does no harm, and a call goes on. */
function counterpartiesOf(
  view: MarketView,
  prices: Prices,
  bankrupt: Entry,
  region: ScoreParameters,
  entries: number,
): AccountId[] {
  if (view.parameters.rankPolicy === "leverageWaterfill") {
    if (entries === 0) return [];
    const queue = rankByLeverage(view.state, region);
    const { members } = fillWater(queue, region, prices, settle(bankrupt, prices.funding), 0n);
    return members.slice(0, entries).map(({ account }) => account);
  }
  const limits = { lots: abs(bankrupt.lots), entries };
  return rankCounterparties(view.state, region, limits).map((ranked) => ranked.entry.account);
}
