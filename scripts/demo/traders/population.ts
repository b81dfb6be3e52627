/**
 * Who trades: seeded, pure. Amounts in dollars, times as shares of the path.
 *
 *   maker    quotes both sides of both markets, a few levels around the mark, and withdraws when the price runs
 *   bidder   leaves orders far from the mark, for prices that nobody expects
 *   trader   opens a position before the path begins, long or short, and waits
 *   late     buys (or sells) what has just fallen, at high leverage, while the path goes on
 */
import { createRandom, type Random } from "../path/random.ts";

export type Role = "maker" | "bidder" | "trader" | "late";

/** A position that somebody wants. */
export type Intent = {
  /** Index of the market. */
  readonly market: number;
  readonly isLong: boolean;
  readonly leverage: number;
  /** Dollars. */
  readonly notional: number;
  /** When: a round of the opening, or a share of the path for those who come late. */
  readonly when: number;
  /** Leaves a resting order for others to hit, instead of hitting one. */
  readonly patient: boolean;
};

export type Trader = {
  readonly role: Role;
  /** Dollars of collateral. */
  readonly collateral: number;
  readonly intents: readonly Intent[];
  /** Dollars that anybody may move into each of the positions when it gets thin; 0 for those who rather watch themselves. */
  readonly topUp: number;
};

export const MARKET_COUNT = 2;
/** The opening: the price comes down to the path's first price in this many rounds. */
export const ROUNDS = 8;

const MAKER_COLLATERAL = 4_000_000;
const BIDDER_COLLATERAL = 60_000;
/** Share of the accounts, by role; the rest are traders. At most this many makers: each one costs two transactions a step. */
const SHARES = { maker: 0.03, bidder: 0.04, late: 0.1 };
const MAX_MAKERS = 6;

/** Leverages, how many choose them, and the dollars of their positions: the higher, the smaller. */
const LEVERAGES: readonly {
  readonly leverage: number;
  readonly weight: number;
  readonly notional: readonly [number, number];
}[] = [
  { leverage: 1, weight: 4, notional: [4_000, 60_000] },
  { leverage: 2, weight: 6, notional: [4_000, 80_000] },
  { leverage: 3, weight: 8, notional: [4_000, 80_000] },
  { leverage: 5, weight: 14, notional: [4_000, 90_000] },
  { leverage: 8, weight: 12, notional: [4_000, 90_000] },
  { leverage: 10, weight: 16, notional: [3_000, 90_000] },
  { leverage: 15, weight: 14, notional: [3_000, 120_000] },
  { leverage: 20, weight: 12, notional: [3_000, 120_000] },
  { leverage: 25, weight: 8, notional: [2_000, 100_000] },
  { leverage: 40, weight: 5, notional: [2_000, 60_000] },
  { leverage: 50, weight: 5, notional: [2_000, 40_000] },
];

/** On top of the margin: fees, and what a position gets when the fill rule asks for more than the leverage says. */
const HEADROOM = 1.35;
/** Share of the traders who leave a top-up order, and how much they keep for it, as a share of their margins. */
const CAREFUL = 0.15;
const RESERVE = 0.5;

export function createPopulation(accounts: number, seed: number): Trader[] {
  const random = createRandom(seed, "population");
  const makers = Math.min(MAX_MAKERS, Math.max(2, Math.round(accounts * SHARES.maker)));
  const bidders = Math.max(2, Math.round(accounts * SHARES.bidder));
  const late = Math.max(2, Math.round(accounts * SHARES.late));
  return Array.from({ length: accounts }, (_, i) => {
    if (i < makers) return { role: "maker", collateral: MAKER_COLLATERAL, intents: [], topUp: 0 };
    if (i < makers + bidders) return { role: "bidder", collateral: BIDDER_COLLATERAL, intents: [], topUp: 0 };
    return i < makers + bidders + late ? lateTrader(random) : trader(random);
  });
}

function trader(random: Random): Trader {
  const first = random.below(MARKET_COUNT);
  const markets = random.chance(0.2) ? [first, 1 - first] : [first];
  const intents = markets.map((market) => opening(random, market));
  return withCollateral("trader", intents, random.chance(CAREFUL) ? RESERVE : 0);
}

function opening(random: Random, market: number): Intent {
  const isLong = random.chance(0.52);
  const { leverage, notional } = weighted(random);
  // the price falls during the opening: who buys early needs the margin to see the end of it
  const first = isLong && leverage > 10 ? ROUNDS - (leverage > 25 ? 1 : 2) : 0;
  return {
    market,
    isLong,
    leverage,
    // the few large ones are long: that is what the evening was like
    notional: random.logBetween(...notional) * (isLong ? 1.5 : 1),
    when: first + random.below(ROUNDS - first),
    patient: random.chance(0.25),
  };
}

function lateTrader(random: Random): Trader {
  const isLong = random.chance(0.7);
  const leverage = random.pick([20, 25, 30, 40, 50]);
  const notional = random.logBetween(4_000, 60_000);
  const intent = {
    market: random.below(MARKET_COUNT),
    isLong,
    leverage,
    notional,
    when: random.between(0.02, 0.8),
    patient: false,
  };
  return withCollateral("late", [intent]);
}

/** @param reserve Share of the margins that is kept for top-ups. */
function withCollateral(role: Role, intents: readonly Intent[], reserve = 0): Trader {
  const margins = intents.reduce((sum, { notional, leverage }) => sum + notional / leverage, 0);
  const topUp = Math.ceil((margins / intents.length) * reserve);
  return { role, intents, topUp, collateral: Math.ceil(margins * (HEADROOM + reserve) + 50) };
}

function weighted(random: Random) {
  const total = LEVERAGES.reduce((sum, { weight }) => sum + weight, 0);
  let draw = random.uniform() * total;
  for (const choice of LEVERAGES) {
    draw -= choice.weight;
    if (draw < 0) return choice;
  }
  return LEVERAGES[0] as (typeof LEVERAGES)[number];
}
