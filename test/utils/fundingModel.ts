/**
 * The funding index a second time, from DESIGN §6: second by second, which impact prices the book showed, and what that makes of F.
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

/** The tick at which the best levels (best first) reach the impact notional; 0 when the first four do not. */
export function impactTick(m: MarketParameters, levels: readonly { tick: number; lots: bigint }[]): number {
  let depth = 0n;
  for (const { tick, lots } of levels.slice(0, 4)) {
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
  /** A priced call at the last `time` that found somebody bankrupt. */
  discard(): void;
}

export function createFundingModel(m: MarketParameters, startedAt: number, start = 0n): FundingModel {
  let funding = start;
  let time = startedAt;
  let accruedAt = startedAt;
  /** Runs of seconds with depth on both sides. */
  let quoted: { seconds: bigint; ticks: bigint }[] = [];
  const restart = () => {
    quoted = [];
    accruedAt = time;
  };
  return {
    get funding() {
      return funding;
    },
    hold({ bid, ask }, until) {
      if (bid !== 0 && ask !== 0) quoted.push({ seconds: BigInt(until - time), ticks: BigInt(bid + ask) });
      time = until;
    },
    accrue(price) {
      const elapsed = BigInt(time - accruedAt);
      if (elapsed === 0n) return funding;
      // (mid − P) · seconds with mid = (bid + ask)/2 ticks; seconds without depth have no premium
      let premium = 0n;
      for (const q of quoted) premium += q.seconds * ((q.ticks * BigInt(m.tickValue) * X16) / 2n - price);
      const valid = elapsed < BigInt(m.maxAge) ? elapsed : BigInt(m.maxAge);
      // towards zero, as all divisions of bigint
      if (valid < elapsed) premium = (premium * valid) / elapsed;
      const most = (price * BigInt(m.fundingCap) * valid) / (MILLION * EIGHT_HOURS);
      let change = premium / EIGHT_HOURS;
      if (abs(change) > most) change = change > 0n ? most : -most;
      const outwards = change > 0n === funding + change > 0n;
      const limit = price / 2n;
      if (abs(funding + change) > limit && outwards) {
        // never beyond half the price; what is already there stays
        const edge = funding + change > 0n ? limit : -limit;
        funding = abs(funding) > limit && funding > 0n === change > 0n ? funding : edge;
      } else funding += change;
      restart();
      return funding;
    },
    discard: restart,
  };
}
