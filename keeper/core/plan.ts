/**
 * What the keeper intends to do, and why it leaves the rest alone. Data only: a plan is the same for the same view.
 */
import type { AccountId, MarketId } from "./types.ts";

export type DeleveragePlan = {
  readonly kind: "deleverage";
  readonly market: MarketId;
  /** The bankrupt account that the contract is expected to pick. */
  readonly account: AccountId;
  readonly isLong: boolean;
  readonly lots: bigint;
  /** Bankruptcy price X before the book is swept, X16. */
  readonly price: bigint;
  readonly cause: "taken" | "past" | "boundary";
  /** Account to name to the contract; 0 unless the cause is boundary. */
  readonly nominee: AccountId;
  /** Best rank first; empty lets the contract pick, which is also how the principal stage is called. */
  readonly counterparties: readonly AccountId[];
};

export type LiquidatePlan = {
  readonly kind: "liquidate";
  readonly market: MarketId;
  readonly account: AccountId;
  readonly isLong: boolean;
  readonly lots: bigint;
  /** Quote atoms. */
  readonly equity: bigint;
  readonly maintenance: bigint;
  /** What the contract would try to close; the book may hold less. */
  readonly expectedLots: bigint;
};

export type Plan = DeleveragePlan | LiquidatePlan;

export type SkipReason =
  | "price unavailable"
  | "price out of range"
  | "no positions"
  | "healthy"
  | "market insolvent: waiting for the waterfall"
  | "bankrupt: after the one planned";

/** `account` is missing when the reason holds for the whole market. */
export type Skip = {
  readonly market: MarketId;
  readonly account?: AccountId;
  readonly reason: SkipReason;
  readonly details?: string;
};

export type MarketPlan = { readonly plans: readonly Plan[]; readonly skips: readonly Skip[] };

/** Names a piece of work, whatever its numbers are: what attempts and cool-downs are counted by. */
export function planKey(plan: Plan): string {
  return plan.kind === "deleverage" ? `${plan.market}:deleverage` : `${plan.market}:liquidate:${plan.account}`;
}
