/**
 * Plans the next call of `autoDeleverage` for the bankrupt account that the contract will pick.
 */
import { eligibility } from "./eligibility.ts";
import { abs } from "./integers.ts";
import type { MarketView } from "./marketView.ts";
import type { BankruptPick } from "./pickBankrupt.ts";
import type { DeleveragePlan } from "./plan.ts";
import { bankruptcyPriceAt } from "./position.ts";
import { rankCounterparties } from "./rankCounterparties.ts";
import type { Prices } from "./types.ts";

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
    counterparties: rankCounterparties(view.state, region, { lots, entries }).map((ranked) => ranked.entry.account),
  };
}
