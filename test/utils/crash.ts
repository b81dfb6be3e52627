/**
 * The crash that most tests of the waterfall begin with, on either side of the market.
 *
 * A `victim` holds 10,000 lots (1,000 quote units) entered at tick 10,000 with 50x: its bankruptcy price X is 9,800 for a long and
 * 10,200 for a short. Five counterparties hold 2,000 lots each, entered at the same tick with 40x, 20x, 10x, 5x and 2x: that is their
 * rank. The crash moves the mark 5 % against the victim.
 */

import { place } from "./orders.ts";
import { LIMITS } from "./randomMarket.ts";
import { GAS, setTick, type Trader, trader, type Venue } from "./venue.ts";

export const ENTRY = 10_000;
export const LEVERAGES = [40, 20, 10, 5, 2] as const;

export interface Crash {
  venue: Venue;
  isLong: boolean;
  victim: Trader;
  /** In rank order. */
  counterparties: Trader[];
  /** Traders without a position. */
  others: Trader[];
  /** Bankruptcy price of the victim, in ticks. */
  x: number;
  /** The mark after the crash, in ticks. */
  crashed: number;
}

export type Side = "long" | "short";

/** Mirrors a tick around the entry for shorts. */
export const mirrored = (side: Side, tick: number): number => (side === "long" ? tick : 2 * ENTRY - tick);

export async function openCrash(venue: Venue, side: Side): Promise<Crash> {
  const isLong = side === "long";
  const victim = trader(venue, 0);
  const counterparties = LEVERAGES.map((_, i) => trader(venue, i + 1));
  await setTick(venue, ENTRY);
  for (const [i, leverage] of LEVERAGES.entries()) {
    await place(venue, trader(venue, i + 1), { isBid: !isLong, tick: ENTRY, lots: 2_000, leverage });
  }
  const { filled } = await place(venue, victim, { isBid: isLong, tick: ENTRY, lots: 10_000, leverage: 50, ioc: true });
  if (filled !== 10_000n) throw new Error(`the victim got ${filled} lots`);
  // positions mature: what grew just now has no claim on insurance or rewards
  await venue.connection.networkHelpers.time.increase(3_600);
  await setTick(venue, ENTRY);
  return {
    venue,
    isLong,
    victim,
    counterparties,
    others: venue.traders.slice(LEVERAGES.length + 1),
    x: mirrored(side, 9_800),
    crashed: mirrored(side, 9_500),
  };
}

export function accountsOf(traders: readonly Trader[]): number[] {
  return traders.map((t) => t.account);
}

/** Calls as the venue's deployer, who has no account and takes no reward. */
export function deleverage(venue: Venue, list: readonly number[], limits: Partial<typeof LIMITS> = {}, market = 1) {
  return venue.exchange.autoDeleverage(market, [...list], { ...LIMITS, ...limits }, GAS);
}
