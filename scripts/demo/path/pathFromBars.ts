/**
 * Turns price bars of BTC into a price path: the oracle answers at most every few seconds, and is silent where the bars have a gap.
 */
import { DemoError } from "../cli/demoError.ts";
import { BTC_PER_ETH, type Fact, type PathStep, type PricePath } from "./pricePath.ts";
import { createRandom } from "./random.ts";
import type { Bar } from "./readBars.ts";

/** An oracle answers no more often than this, however fine the bars are. */
const LEAST_INTERVAL = 15;
/** Longer files get fewer answers an hour: the demo is to end within minutes. */
const MOST_STEPS = 260;
/** Bars from this length on are walked through in four answers: open, the two extremes, close. */
const COARSE = 60;
/** While the oracle is silent, a block only every so many intervals. */
const SILENT_STRIDE = 4;
/** Beneath this, an index tick of ETH would be coarser than the demo's spreads. Above the other, a tick would not fit 24 bits. */
const PRICES = { least: 6, most: 5_000_000 };

/** ETH follows with a seeded beta, and some noise of its own: standard deviation of a step, and how much of it stays. */
const BETA = { low: 1.1, high: 1.4 };
const NOISE = { step: 0.0006, stays: 0.9 };

export function pathFromBars(bars: readonly Bar[], name: string, seed: number): PricePath {
  for (const bar of bars) {
    if (bar.low < PRICES.least || bar.high > PRICES.most) {
      throw new DemoError(
        `${name}: prices must lie between ${PRICES.least} and ${PRICES.most}, not ${bar.low} to ${bar.high}`,
      );
    }
  }
  const spacing = medianSpacing(bars);
  const coarse = spacing >= COARSE;
  const facts = bars.flatMap((bar) => (coarse ? walk(bar, spacing / 4) : [{ time: bar.time, price: bar.close }]));
  const start = Math.floor(facts[0]?.time ?? 0);
  const span = (facts.at(-1)?.time ?? 0) - start;
  const interval = Math.ceil(Math.max(LEAST_INTERVAL, span / MOST_STEPS, coarse ? spacing / 4 : spacing));

  const steps: PathStep[] = [];
  const eth = createFollower(facts[0]?.price ?? 0, seed);
  let next = 0;
  let silent = 0;
  for (let end = start + interval; next < facts.length; end += interval) {
    let last: Fact | undefined;
    while (next < facts.length && (facts[next]?.time ?? 0) < end) last = facts[next++];
    if (last !== undefined) {
      steps.push({ time: end, prices: { btc: last.price, eth: eth(last.price) } });
      silent = 0;
    } else if (silent++ % SILENT_STRIDE === 0) steps.push({ time: end, prices: undefined });
  }
  return { name, interval, steps };
}

/** Open, extremes, close: a bar that fell made its high first. */
function walk(bar: Bar, quarter: number): Fact[] {
  const { open, high, low, close } = bar;
  const prices = close < open ? [open, high, low, close] : [open, low, high, close];
  return prices.map((price, i) => ({ time: bar.time + i * quarter, price }));
}

function medianSpacing(bars: readonly Bar[]): number {
  const gaps = bars.slice(1).map((bar, i) => bar.time - (bars[i]?.time ?? 0));
  gaps.sort((a, b) => a - b);
  return gaps[gaps.length >> 1] ?? 1;
}

/** ETH from BTC: the same return times beta, and noise that fades. */
function createFollower(first: number, seed: number): (btc: number) => number {
  const random = createRandom(seed, "eth");
  const beta = random.between(BETA.low, BETA.high);
  let noise = 0;
  return (btc) => {
    noise = noise * NOISE.stays + NOISE.step * random.normal();
    return (first / BTC_PER_ETH) * (btc / first) ** beta * Math.exp(noise);
  };
}
