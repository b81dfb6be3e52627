/** Random trading: what every property test runs on. Nothing here asserts; a call that the exchange refuses is simply refused. */
import { ask, bid, place } from "./orders.ts";
import type { Random } from "./random.ts";
import { GAS, parametersOf, setTick, type Trader, type Venue } from "./venue.ts";

export interface MarketStyle {
  /** Few leverages, few ticks: many positions in one cell, many equal scores. */
  clustered?: boolean;
  maxLeverage?: number;
  maxLots?: number;
}

/** Errors that name a contract's refusal; anything else is a fault of the test. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && /reverted with custom error/.test(error.message);
}

export async function attempt<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

/** One random trade between two traders near the mark; refused ones leave nothing behind. */
export async function randomTrade(
  venue: Venue,
  random: Random,
  mark: number,
  style: MarketStyle = {},
  market = 1,
): Promise<void> {
  const [a, b] = random.shuffle(venue.traders);
  if (!a || !b) throw new Error("a trade takes two traders");
  const leverage = () =>
    style.clustered ? random.pick([10, 25]) : Math.max(1, Math.round((style.maxLeverage ?? 50) ** random.unit()));
  const lots = style.clustered ? 1_000 : random.int(200, style.maxLots ?? 20_000);
  const offset = style.clustered ? 0 : Math.round(mark * 0.01 * (random.unit() - 0.5));
  const tick = Math.max(1, mark + offset);
  const makerBuys = random.chance(0.5);
  await attempt(() => place(venue, a, { ...ask(tick, lots), market, isBid: makerBuys, leverage: leverage() }));
  await attempt(() =>
    place(venue, b, { ...bid(tick, lots), market, isBid: !makerBuys, leverage: leverage(), ioc: true }),
  );
  await a.exchange.cancelAll(market, GAS);
  if (random.chance(style.clustered ? 0.05 : 0.3)) {
    const t = random.pick([a, b]);
    const amount = BigInt(random.int(1, lots)) * BigInt(mark) * BigInt(parametersOf(venue, market).tickValue);
    await attempt(() => t.exchange.addMargin(market, amount / BigInt(random.int(1, 20)), GAS));
  }
}

/** Moves the mark by a random factor of at most `step`, and trades `trades` times there. */
export async function randomStep(
  venue: Venue,
  random: Random,
  mark: number,
  options: MarketStyle & { step?: number; trades?: number; market?: number; caller?: Trader } = {},
): Promise<number> {
  const factor = 1 + (random.unit() - 0.5) * 2 * (options.step ?? 0.01);
  const next = options.clustered
    ? Math.max(100, mark + 10 * random.int(-2, 2))
    : Math.max(100, Math.round(mark * factor));
  await setTick(venue, next, options.market);
  await resolveAll(venue, options.market);
  for (let i = 0; i < (options.trades ?? 3); i++) await randomTrade(venue, random, next, options, options.market);
  return next;
}

export const LIMITS = {
  maxSteps: 64,
  maxCounterparties: 32,
  nominee: 0,
  deadline: 0,
  minPrice: -(2n ** 127n),
  maxPrice: 2n ** 127n - 1n,
};

/** Calls `autoDeleverage` with the empty list until nobody is bankrupt. Returns the number of calls; throws when one gets stuck. */
export async function resolveAll(venue: Venue, market = 1, limits: Partial<typeof LIMITS> = {}): Promise<number> {
  for (let calls = 0; ; calls++) {
    const [account] = await venue.exchange.bankruptAccount(market, limits.nominee ?? 0);
    if (account === 0n) return calls;
    if (calls > 2_000) throw new Error("SOLV-7: the waterfall does not end");
    await venue.exchange.autoDeleverage(market, [], { ...LIMITS, ...limits }, GAS);
  }
}
