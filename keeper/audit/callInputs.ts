/**
 * What a call had to answer to beside the ranking: whom the contract had to resolve, what the fund could pay, what the book took. From events.
 */
import { pickBankrupt } from "../core/pickBankrupt.ts";
import { isBankrupt, settle } from "../core/position.ts";
import { CLAIM_FLOOR } from "../core/risk/insuranceFor.ts";
import type { AccountId, Entry, Prices } from "../core/types.ts";
import { AuditError } from "./AuditError.ts";
import type { AuditMarket, AuditParameters, AuditWorld } from "./types.ts";
import { type SweepStep, type Swept, walkSweep } from "./walkSweep.ts";

/** `lots` is what the book took. */
export type SweptInBook = Swept & { readonly lots: bigint };

const DAY = 86_400n;

export function parametersOf({ parameters, id }: AuditMarket): AuditParameters {
  if (parameters === undefined) throw new AuditError(`Market ${id}: its parameters are not in the logs`);
  return parameters;
}

/** The contract picks whom it resolves: furthest past bankruptcy first. Inside the mark's own cell, whoever was named. */
export function choiceFindings({ state, taken }: AuditMarket, prices: Prices, entry: Entry): string[] {
  const pick = pickBankrupt(state, prices, taken);
  if (pick?.entry.account === entry.account) return [];
  if (pick?.cause === "boundary" && pick.entry.v === entry.v && isBankrupt(entry, prices)) return [];
  const turn = pick === undefined ? "and nobody should have been" : `it was account ${pick.entry.account}'s turn`;
  return [`Account ${entry.account} was resolved, ${turn}`];
}

/** What the fund could pay for this account at a second, quote atoms: nothing for what grew a short while ago. */
export function fundFor(world: AuditWorld, market: AuditMarket, account: AccountId, timestamp: bigint): bigint {
  const { maturity, dailyCoverCap } = parametersOf(market);
  if (timestamp - (market.grownAt.get(account) ?? 0n) < maturity) return 0n;
  const drawn = drawnToday(market, timestamp);
  const left = drawn < dailyCoverCap ? dailyCoverCap - drawn : 0n;
  const payable = world.insurance > CLAIM_FLOOR ? world.insurance - CLAIM_FLOOR : 0n;
  return payable < left ? payable : left;
}

/** What a call leaves for the next ones: whom the contract has begun to resolve, and what the fund paid today. */
export function noteCall(market: AuditMarket, resolving: AccountId, cover: bigint, timestamp: bigint): void {
  market.taken = resolving;
  market.cover = { day: timestamp / DAY, drawn: drawnToday(market, timestamp) + cover };
}

function drawnToday({ cover }: AuditMarket, timestamp: bigint): bigint {
  return cover.day === timestamp / DAY ? cover.drawn : 0n;
}

/** Walks the sweep again; what does not fit is added to the findings. */
export function sweepOf(
  market: AuditMarket,
  prices: Prices,
  entry: Entry,
  available: bigint,
  steps: readonly SweepStep[],
  findings: string[],
): SweptInBook {
  const bankrupt = settle(entry, prices.funding);
  const check = (_: string, holds: boolean, text: () => string) => {
    if (!holds) findings.push(`The book: ${text()}`);
  };
  const walked = walkSweep({ bankrupt, parameters: parametersOf(market), prices, available, steps, check });
  const lots = steps.reduce((sum, one) => sum + ("fill" in one ? one.fill.lots : 0n), 0n);
  return { ...walked, lots };
}
