/**
 * The worst that an oracle can do: one step of -60 %, then one of +150 %, with nothing in between but time to clear.
 */
import type { PathStep, PricePath, Prices } from "./pricePath.ts";

const INTERVAL = 15;
const START = Date.parse("2025-10-10T20:50:00Z") / 1000;
const BEFORE: Prices = { btc: 116_830, eth: 4_060 };

/** Steps at each level: enough for the makers to come back, and for new positions that the next step can bankrupt. */
const QUIET_STEPS = 10;

export function shockPath(): PricePath {
  const steps: PathStep[] = [];
  for (const factor of [1, 0.4, 0.4 * 2.5]) {
    const prices = { btc: BEFORE.btc * factor, eth: BEFORE.eth * factor };
    for (let i = 0; i < QUIET_STEPS; i++) steps.push({ time: START + steps.length * INTERVAL, prices });
  }
  return { name: "shock: -60 %, then +150 %", interval: INTERVAL, steps };
}
