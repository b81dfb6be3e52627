/**
 * Stage 3 under LeverageWaterfill, exactly as Waterfill.sol: the most levered counterparties are brought down towards one common leverage,
 * in one sequence of steps that every call is a piece of.
 */

import { close, deficit, shareRoundedOutward, takeShare } from "./closing.ts";
import { indexKey } from "./indexKey.ts";
import { abs } from "./integers.ts";
import { settle } from "./position.ts";
import type { ScoreParameters } from "./score.ts";
import type { AccountId, Entry, Position, Prices } from "./types.ts";
import { lotsToNextRow, wideFrom } from "./waterStep.ts";

export type WaterMember = {
  readonly account: AccountId;
  /** × 2^64, of its row before the first step. */
  readonly score: bigint;
  lots: bigint;
  pnl: bigint;
  /** Only of who was closed in full. */
  payout: bigint;
  /** Settled, as it is left; zero lots when it was closed. */
  position: Position;
};

export type Water = {
  /** In the order in which they were first touched. */
  readonly members: readonly WaterMember[];
  /** Those still open, in the order in which they come to lie in their cells. */
  readonly landed: readonly Position[];
  readonly bankrupt: Position;
  readonly cover: bigint;
  readonly steps: number;
  /** `closed`: the bankrupt position is; `dry`: nobody eligible is left; `lots`, `stopped`: see WaterLimits. */
  readonly end: "closed" | "dry" | "lots" | "stopped";
  /** Lots that the last step lacks, where `lots` cut it short. */
  readonly missing: bigint;
};

/** Where a piece of the sequence ends before the sequence does. */
export type WaterLimits = {
  /** Lots that are closed at most: the last step is cut short to them. */
  readonly lots?: bigint;
  /** Asked after each step that leaves the bankrupt position open; `left` is what the fund can still pay. */
  readonly stopsAfter?: (bankrupt: Position, left: bigint, steps: number) => boolean;
};

/** Steps of one call at most (Waterfill.sol). */
export const MAX_WATER_STEPS = 160;

type Place = { readonly member: WaterMember; readonly u: number; readonly v: number };

/**
 * Runs the sequence to its end: until the bankrupt position is closed, or nobody eligible is left; or as far as the limits let it.
 *
 * @param queue All that are eligible, by (v, u, FIFO). @param bankrupt Settled. @param budget What the fund can pay, quote atoms.
 */
export function fillWater(
  queue: readonly { readonly entry: Entry; readonly score: bigint }[],
  region: ScoreParameters,
  prices: Prices,
  bankrupt: Position,
  budget: bigint,
  limits: WaterLimits = {},
): Water {
  const run: Run = { bankrupt, budget, allowed: limits.lots ?? abs(bankrupt.lots), missing: 0n };
  const members: WaterMember[] = [];
  /** Ascending by (v, u, arrival): pushed from the back, because whoever comes down lands behind nearly all others. */
  const water: Place[] = [];
  const left: Place[] = [];
  let entered = 0;
  let steps = 0;
  let end: Water["end"] = "closed";
  while (run.bankrupt.lots !== 0n) {
    if (run.allowed === 0n) {
      end = "lots";
      break;
    }
    const next = queue[entered];
    const head = water[0];
    let place: Place;
    // who stands in its cell since before the call is ahead of whoever came down into it
    if (next !== undefined && (head === undefined || compare(next.entry, head) <= 0)) {
      entered++;
      place = { member: memberOf(next.entry, next.score, prices), u: next.entry.u, v: next.entry.v };
      members.push(place.member);
    } else if (head !== undefined) {
      water.shift();
      place = head;
    } else {
      end = "dry";
      break;
    }
    const { member } = place;
    step(run, member, place.v, region, prices);
    steps++;
    const stops = run.bankrupt.lots !== 0n && limits.stopsAfter?.(run.bankrupt, run.budget, steps) === true;
    if (stops) end = "stopped";
    if (member.position.lots === 0n) {
      member.payout = member.position.margin > 0n ? member.position.margin : 0n;
      if (stops) break;
      continue;
    }
    const landed = { member, ...indexKey(member.position, region.base) };
    // where the last step was cut short inside its cell, it stays at the head of it
    if (landed.u === place.u && landed.v === place.v) water.unshift(landed);
    else if (landed.u >= region.uLimit) left.push(landed);
    else insert(water, landed);
    if (stops) break;
  }
  return {
    members,
    landed: [...water, ...left].map(({ member }) => member.position),
    bankrupt: run.bankrupt,
    cover: budget - run.budget,
    steps,
    end,
    missing: run.missing,
  };
}

function memberOf(entry: Entry, score: bigint, prices: Prices): WaterMember {
  const { account, lots, cost, margin, fundingIndex } = entry;
  const position = settle({ account, lots, cost, margin, fundingIndex }, prices.funding);
  return { account, score, lots: 0n, pnl: 0n, payout: 0n, position };
}

/** `allowed`: lots that may still be closed. */
type Run = { bankrupt: Position; budget: bigint; allowed: bigint; missing: bigint };

/** Closes lots of a member at X, improved by the cover; margin and result stay in it. */
function step(run: Run, member: WaterMember, v: number, region: ScoreParameters, prices: Prices): void {
  const b = run.bankrupt;
  const open = abs(b.lots);
  const short = deficit(b, prices);
  const payable = short < run.budget ? short : run.budget;
  const wanted = lotsToNextRow(
    b,
    member.position,
    v,
    wideFrom(region.isLong, region.adjusted, region.base),
    region.base,
    payable,
  );
  const whole = wanted < open ? wanted : open;
  const lots = whole < run.allowed ? whole : run.allowed;
  run.allowed -= lots;
  run.missing = whole - lots;
  const cover = (payable * lots) / open;
  const traded = shareRoundedOutward(b, lots);
  run.bankrupt = takeShare(b, lots, traded).rest;
  run.budget -= cover;
  const closed = close(member.position, lots, traded);
  const margin = closed.margin + cover;
  member.lots += lots;
  member.pnl += margin - member.position.margin;
  member.position = { ...closed, margin };
}

function compare(a: { u: number; v: number }, b: { u: number; v: number }): number {
  return a.v - b.v || a.u - b.u;
}

function insert(water: Place[], place: Place): void {
  let i = water.length;
  for (let before = water[i - 1]; before !== undefined && compare(before, place) > 0; before = water[i - 1]) i--;
  water.splice(i, 0, place);
}
