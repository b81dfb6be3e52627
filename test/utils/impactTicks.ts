/** The impact prices that a market's book shows now, from what is firm in its levels. */
import { type ImpactTicks, impactTick } from "./fundingModel.ts";
import { parametersOf, type Venue } from "./venue.ts";

/** Firm lots, best first. */
async function levels(venue: Venue, isBid: boolean, market: number): Promise<{ tick: number; lots: bigint }[]> {
  const found: { tick: number; lots: bigint }[] = [];
  let from = isBid ? 2 ** 24 - 1 : 1;
  while (from > 0) {
    const tick = Number(await venue.exchange.nextTick(market, isBid, from));
    if (tick === 0) break;
    found.push({ tick, lots: (await venue.exchange.levelAt(market, isBid, tick)).firm });
    from = isBid ? tick - 1 : tick + 1;
  }
  return found;
}

export async function impactTicks(venue: Venue, market = 1): Promise<ImpactTicks> {
  const m = parametersOf(venue, market);
  return {
    bid: impactTick(m, await levels(venue, true, market)),
    ask: impactTick(m, await levels(venue, false, market)),
  };
}
