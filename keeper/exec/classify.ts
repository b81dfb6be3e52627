/**
 * What a revert means to the keeper. By the decoded name of the error, never by its text or code.
 *
 * outcompeted: already done, or the situation passed; quiet. stale-input: our list does not fit the contract's state; plan again.
 * not-yet: the market or the book says no for now; cool down. unexpected: a defect, ours or the contract's; loud.
 */
import type { Plan } from "../core/plan.ts";

export type RevertClass = "outcompeted" | "stale-input" | "not-yet" | "unexpected";

const CLASSES: Readonly<Record<string, RevertClass>> = {
  NothingToDeleverage: "outcompeted",
  NotLiquidatable: "outcompeted",
  NoPosition: "outcompeted",
  // Somebody else topped it up, or its owner withdrew the order.
  AboveTrigger: "outcompeted",
  NoTopUp: "outcompeted",
  // The ratio recovered, or others used the window's allowance up.
  PreventiveNotOpen: "outcompeted",
  MarketRetired: "outcompeted",
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
  LiquidationCoolingDown: "not-yet",
  InsufficientTopUp: "not-yet",
  InsufficientFreeCollateral: "not-yet",
  StalePrice: "not-yet",
  PriceUnavailable: "not-yet",
  PriceOutOfRange: "not-yet",
  PriceTooOldToTrade: "not-yet",
  PriceOutsideLimits: "not-yet",
  DeadlineExpired: "not-yet",
};

/** @param kind Of the plan: without a list of its own, there is nothing stale about nobody's being eligible. */
export function classify(errorName: string, kind: Plan["kind"] = "deleverage"): RevertClass {
  if (kind !== "deleverage" && errorName === "NoEligibleCounterparty") return "not-yet";
  return CLASSES[errorName] ?? "unexpected";
}
