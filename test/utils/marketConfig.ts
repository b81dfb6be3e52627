import { parametersOf, type Venue } from "./venue.ts";

/** A market's configuration as it was listed, in the form that `updateMarket` takes. */
export function marketConfig(venue: Venue, market = 1) {
  const { risk: _, tiers, ...config } = parametersOf(venue, market);
  const listed = venue.deployed.markets[market - 1];
  if (!listed) throw new Error(`no market ${market}`);
  return { source: listed.source, extraTiers: tiers.length, ...config };
}
