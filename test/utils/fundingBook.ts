/** A market with funding, its clock in the test's hands: quotes that make an impact price, and calls at a given second. */
import { ask, bid, place } from "./orders.ts";
import { GAS, type Trader, type Venue } from "./venue.ts";

/** 1,000 lots at tick 10,000, quote atoms. */
export const IMPACT = 100_000_000n;
/** P at tick 10,000, and one tick, X16. */
export const PRICE = 6_553_600_000n;
export const ONE_TICK = 655_360n;
/** What a premium of one tick moves F by in an hour. */
export const TICK_HOUR = 81_920n;

/** Quotes enough for both impact prices. */
export async function quote(v: Venue, maker: Trader, bidTick: number, askTick: number, lots = 2_000): Promise<void> {
  await place(v, maker, bid(bidTick, lots));
  await place(v, maker, ask(askTick, lots));
}

/** Quotes whose premium over tick 10,000 is `ticks`: the bid that far above it, or the ask that far below. */
export async function quoteBeyond(v: Venue, maker: Trader, ticks: number): Promise<void> {
  const near = 10_000 + ticks;
  await (ticks > 0 ? quote(v, maker, near, near + 2) : quote(v, maker, near - 2, near));
}

/** The next block's second. */
export async function at(v: Venue, second: number): Promise<void> {
  await v.connection.networkHelpers.time.setNextBlockTimestamp(second);
}

/** Pokes ten seconds from now: the interval begins at the second that this returns. */
export async function begin(v: Venue): Promise<number> {
  const second = (await v.connection.networkHelpers.time.latest()) + 10;
  await at(v, second);
  await v.exchange.poke(1, GAS);
  return second;
}

/** Pokes at a second; returns F. */
export async function pokeAt(v: Venue, second: number): Promise<bigint> {
  await at(v, second);
  await v.exchange.poke(1, GAS);
  return (await v.exchange.marketAt(1)).fundingIndex;
}
