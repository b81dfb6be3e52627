/**
 * What a revert means to the keeper. By the decoded name of the error, never by its text or code.
 *
 * outcompeted: already done, or the situation passed; quiet. stale-input: our list does not fit the contract's state; plan again.
 * not-yet: the market or the book says no for now; cool down. unexpected: a defect, ours or the contract's; loud.
 */

export type RevertClass = "outcompeted" | "stale-input" | "not-yet" | "unexpected";

const CLASSES: Readonly<Record<string, RevertClass>> = {
  NothingToDeleverage: "outcompeted",
  NotLiquidatable: "outcompeted",
  NoPosition: "outcompeted",
  // Between plan and call the price moved: another plan fits now.
  PositionBankrupt: "outcompeted",
  MarketInsolvent: "outcompeted",

  RankingIncomplete: "stale-input",
  RankingUnsorted: "stale-input",
  RankingNotFifo: "stale-input",
  DuplicateCounterparty: "stale-input",
  WrongSide: "stale-input",
  NoEligibleCounterparty: "stale-input",
  UnknownAccount: "stale-input",

  BookCannotAbsorb: "not-yet",
  StalePrice: "not-yet",
  PriceUnavailable: "not-yet",
  PriceOutOfRange: "not-yet",
  PriceTooOldToTrade: "not-yet",
  PriceOutsideLimits: "not-yet",
  DeadlineExpired: "not-yet",
};

export function classify(errorName: string): RevertClass {
  return CLASSES[errorName] ?? "unexpected";
}
