/**
 * What the keeper intends to do, and why it leaves the rest alone. Data only: a plan is the same for the same view.
 */
import type { AccountId, MarketId } from "./types.ts";
import type { Warning } from "./warnOf.ts";

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
  /** Of these, what the book holds within the limit after the plans before this one; missing while depth is not known. */
  readonly fillLots?: bigint;
};

/** A position below maintenance that the book cannot absorb, reduced at the mark against the head of the ADL queue. */
export type PreventivePlan = {
  readonly kind: "preventive";
  readonly market: MarketId;
  readonly account: AccountId;
  readonly isLong: boolean;
  readonly lots: bigint;
  /** Quote atoms. */
  readonly equity: bigint;
  readonly maintenance: bigint;
  /** What the window's allowance, the queue's head and the position leave to close. */
  readonly expectedLots: bigint;
};

export type TopUpPlan = {
  readonly kind: "topUp";
  readonly market: MarketId;
  readonly account: AccountId;
  readonly isLong: boolean;
  readonly lots: bigint;
  /** Quote atoms into the position. */
  readonly amount: bigint;
  /** Quote atoms to us. */
  readonly tip: bigint;
};

/** A stop-loss or take-profit that the mark has reached. */
export type TriggerPlan = {
  readonly kind: "trigger";
  readonly market: MarketId;
  readonly account: AccountId;
  readonly isLong: boolean;
  readonly lots: bigint;
  /** Its id. */
  readonly trigger: number;
  /** Worst tick of its fills. */
  readonly limit: bigint;
  /** What the contract would try to close; the book may hold less. */
  readonly expectedLots: bigint;
  /** Of these, what the book holds within the limit after the plans before this one; missing while depth is not known. */
  readonly fillLots?: bigint;
  /** Quote atoms to us, for what is filled. */
  readonly tip: bigint;
};

export type PokePlan = {
  readonly kind: "poke";
  readonly market: MarketId;
  /** Seconds since a call last accrued funding, as far as is known. */
  readonly idle: bigint;
  /** How far the funding index would move now, X16. */
  readonly delta: bigint;
};

/** Positions of a market that has ended are paid out into free collateral. */
export type SettlePlan = {
  readonly kind: "settle";
  readonly market: MarketId;
  /** In the order of their ids. */
  readonly accounts: readonly AccountId[];
};

/** About one account. */
export type AccountPlan = DeleveragePlan | LiquidatePlan | PreventivePlan | TopUpPlan | TriggerPlan;
export type Plan = AccountPlan | PokePlan | SettlePlan;

export type SkipReason =
  | "price unavailable"
  | "no positions"
  | "market insolvent: waiting for the waterfall"
  | "bankrupt: after the one planned"
  | "changed by a plan before it"
  | "topped up first"
  | "top-up beyond its order or the free collateral"
  | "the position of the trigger is gone"
  | "large: cooling down after a step"
  | "the book cannot absorb it"
  | "the book is used up by positions that are worse"
  | "the book cannot absorb it, and no counterparty is in profit";

/** `account` is missing when the reason holds for the whole market. */
export type Skip = {
  readonly market: MarketId;
  readonly account?: AccountId;
  readonly reason: SkipReason;
  readonly details?: string;
};

export type MarketPlan = {
  readonly plans: readonly Plan[];
  readonly skips: readonly Skip[];
  /** Who would be bankrupt after a further move of the price; missing when nobody would. */
  readonly warning?: Warning;
};

/** Names a piece of work, whatever its numbers are: what attempts and cool-downs are counted by. */
export function planKey(plan: Plan): string {
  if (plan.kind === "settle") return `${plan.market}:settle:${plan.accounts[0]}`;
  if (plan.kind === "deleverage" || plan.kind === "poke") return `${plan.market}:${plan.kind}`;
  const name = `${plan.market}:${plan.kind}:${plan.account}`;
  return plan.kind === "trigger" ? `${name}:${plan.trigger}` : name;
}

/** Names the work with its amount: when somebody else did part of it, the rest is new work for everybody. */
export function workOf(plan: Plan): string {
  if (plan.kind === "poke") return planKey(plan);
  if (plan.kind === "settle") return `${planKey(plan)} ${plan.accounts.join()}`;
  return `${planKey(plan)} ${plan.account} ${plan.lots}`;
}
