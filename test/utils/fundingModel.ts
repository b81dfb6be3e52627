/**
 * The funding index a second time, from DESIGN §6: second by second, which impact prices each side of the book showed, and what that makes of F.
 * Exact integers, for tests only, nothing shared with the contracts or the keeper.
 */
import type { MarketParameters } from "../../scripts/lib/markets.ts";
import { abs, X16 } from "./model.ts";

/** Seconds in which a constant premium is paid once. */
const EIGHT_HOURS = 28_800n;
const MILLION = 1_000_000n;

/** Impact ticks of the book; 0 for a side without the depth. */
export interface ImpactTicks {
  bid: number;
  ask: number;
}

/** The tick at which a side's levels, best first, reach the impact notional; 0 when all of them do not. */
export function impactTick(m: MarketParameters, levels: readonly { tick: number; lots: bigint }[]): number {
  let depth = 0n;
  for (const { tick, lots } of levels) {
    depth += lots * BigInt(tick) * BigInt(m.tickValue);
    if (depth >= m.impactNotional) return tick;
  }
  return 0;
}

export interface FundingModel {
  /** F, X16. */
  readonly funding: bigint;
  /** The book was as given from the last call until `time` (seconds). */
  hold(ticks: ImpactTicks, time: number): void;
  /** A priced call at the last `time`, in a solvent market, at the mark `price` (X16). */
  accrue(price: bigint): bigint;
  /** A priced call at the last `time`, at the mark `price` (X16), that found somebody bankrupt. */
  discard(price: bigint): void;
}

/** @param price The mark at which funding accrued last, at `startedAt`, X16. */
export function createFundingModel(m: MarketParameters, startedAt: number, price: bigint, start = 0n): FundingModel {
  let funding = start;
  /** How far from a mark anything may fill, pips. */
  const [least, most] = [MILLION - BigInt(m.bandRate), MILLION + BigInt(m.bandRate)];
  const unit = BigInt(m.tickValue) * X16;
  let mark = price;
  const isInside = (tick: number) => {
    const quoted = BigInt(tick) * unit * MILLION;
    return quoted >= mark * least && quoted <= mark * most;
  };
  let time = startedAt;
  let accruedAt = startedAt;
  /** Runs of seconds with depth, a side. */
  let bids: { seconds: bigint; tick: bigint }[] = [];
  let asks: { seconds: bigint; tick: bigint }[] = [];
  const restart = (price: bigint) => {
    [bids, asks] = [[], []];
    mark = price;
    accruedAt = time;
  };
  return {
    get funding() {
      return funding;
    },
    hold({ bid, ask }, until) {
      const seconds = BigInt(until - time);
      // judged by the band as it was when funding last accrued
      if (bid !== 0 && isInside(bid)) bids.push({ seconds, tick: BigInt(bid) });
      if (ask !== 0 && isInside(ask)) asks.push({ seconds, tick: BigInt(ask) });
      time = until;
    },
    accrue(price) {
      const elapsed = BigInt(time - accruedAt);
      if (elapsed === 0n) return funding;
      // what the bid was above P on average, less what the ask was below it; a side's seconds without depth do not count for it
      const overP = (side: typeof bids) => side.reduce((sum, q) => sum + q.seconds * (q.tick * unit - price), 0n);
      const secondsOf = (side: typeof bids) => side.reduce((sum, q) => sum + q.seconds, 0n);
      let [above, below] = [overP(bids), -overP(asks)];
      // a mean outside the band around this price is none
      if (above * MILLION > secondsOf(bids) * price * BigInt(m.bandRate)) above = 0n;
      if (below * MILLION > secondsOf(asks) * price * BigInt(m.bandRate)) below = 0n;
      let premium = (above > 0n ? above : 0n) - (below > 0n ? below : 0n);
      const valid = elapsed < BigInt(m.maxAge) ? elapsed : BigInt(m.maxAge);
      // towards zero, as all divisions of bigint
      if (valid < elapsed) premium = (premium * valid) / elapsed;
      const cap = (price * BigInt(m.fundingCap) * valid) / (MILLION * EIGHT_HOURS);
      let change = premium / EIGHT_HOURS;
      if (abs(change) > cap) change = change > 0n ? cap : -cap;
      const outwards = change > 0n === funding + change > 0n;
      const limit = price / 2n;
      if (abs(funding + change) > limit && outwards) {
        // never beyond half the price; what is already there stays
        const edge = funding + change > 0n ? limit : -limit;
        funding = abs(funding) > limit && funding > 0n === change > 0n ? funding : edge;
      } else funding += change;
      restart(price);
      return funding;
    },
    discard: restart,
  };
}
