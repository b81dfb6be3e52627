/**
 * What a position of some size needs at a price, over the market's margin tiers (Margin.sol): exact, in quote atoms × 2^16 × 1e6.
 *
 * Tiers are marginal: each rate holds for its own slice of notional, so that a gain alone never makes a position liquidatable.
 */
import { tickWidth } from "./grid.ts";
import { abs, ceilDiv } from "./integers.ts";
import type { MarketParameters, Prices, Tier } from "./types.ts";

/** Slack of the corridor's clause (i), quote atoms a lot (Margin.CORRIDOR_ATOMS). */
const CORRIDOR_ATOMS = 64n;
const PIPS_X16 = 1_000_000n << 16n;

type Rate = "initialRate" | "maintenanceRate";

/** Initial margin of `lots`, exact. */
export function initialX16Pips(parameters: MarketParameters, lots: bigint, price: bigint): bigint {
  return overTiers(parameters, lots * price, "initialRate");
}

/** Maintenance margin of `lots`, exact. */
export function maintenanceX16Pips(parameters: MarketParameters, lots: bigint, price: bigint): bigint {
  return overTiers(parameters, lots * price, "maintenanceRate");
}

/** What a partial liquidation restores: the target rate of the highest tier that `lots` reach, pips. */
export function targetRate({ targetRate: first, tiers }: MarketParameters, lots: bigint, price: bigint): bigint {
  const reached = tiers.findLast(({ from }) => lots * price > from << 16n);
  return reached?.targetRate ?? first;
}

/**
 * Equity that a position needs to have been topped up to: initial margin, the market's minimum, and two index ticks at P' plus 64 atoms
 * a lot. Quote atoms, rounded up. (Margin.openRequirement for lots none of which is fresh.)
 */
export function standingRequirement(parameters: MarketParameters, lots: bigint, { price, funding }: Prices): bigint {
  const initial = ceilDiv(initialX16Pips(parameters, lots, price), PIPS_X16);
  const perLot = 2n * tickWidth(abs(price - funding), parameters.base) + (CORRIDOR_ATOMS << 16n);
  const corridor = ceilDiv(lots * perLot, 1n << 16n);
  return [initial, corridor, parameters.minMargin].reduce((most, one) => (one > most ? one : most));
}

function overTiers(parameters: MarketParameters, notional: bigint, rate: Rate): bigint {
  let sum = notional * parameters[rate];
  let below: Pick<Tier, Rate> = parameters;
  for (const tier of parameters.tiers) {
    const from = tier.from << 16n;
    if (notional <= from) break;
    sum += (notional - from) * (tier[rate] - below[rate]);
    below = tier;
  }
  return sum;
}
