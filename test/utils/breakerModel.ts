/** The circuit breaker a second time, from DESIGN §9 and positions alone: exact integers, nothing shared with the contracts. */

import { dustX16 } from "./invariants.ts";
import { abs, equityX16, isLong, type PositionState, type Prices, X16 } from "./model.ts";
import { readExchange } from "./state.ts";
import { PIPS, parametersOf, USD, type Venue } from "./venue.ts";

export const [NORMAL, CAUTIOUS, REDUCE_ONLY] = [0n, 1n, 2n];
export const NO_RATIO = 2n ** 256n - 1n;

/** Σ equity × 2^16 of one side. */
export function sideEquityX16(positions: Iterable<PositionState>, long: boolean, prices: Prices): bigint {
  let sum = 0n;
  for (const p of positions) if (isLong(p) === long) sum += equityX16(p, prices);
  return sum;
}

/**
 * The lower side's ratio in pips, by brute force over all positions. What rounding left in the pot beyond its seed counts as the
 * shorts': the contract knows the longs exactly, and of the shorts only what else is there.
 */
export async function bruteForceRatio(venue: Venue, market = 1): Promise<{ ratio: bigint; dust: bigint }> {
  const state = (await readExchange(venue)).markets[market - 1];
  if (!state) throw new Error(`no market ${market}`);
  const prices = { ...state.prices, funding: await venue.exchange.fundingIndexNow(market) };
  const positions = [...state.positions.values()];
  const lots = positions.reduce((sum, p) => (isLong(p) ? sum + abs(p.lots) : sum), 0n);
  const dust = dustX16(state) - USD * X16;
  if (lots === 0n) return { ratio: NO_RATIO, dust };
  const longs = sideEquityX16(positions, true, prices);
  const shorts = sideEquityX16(positions, false, prices) + dust;
  const lower = longs < shorts ? longs : shorts;
  return { ratio: lower <= 0n ? 0n : (lower * PIPS) / (lots * prices.mark), dust };
}

export interface Step {
  level: bigint;
  /** Before this second the level does not fall. */
  calmAt: bigint;
}

/** What the level becomes when the market is looked at. `jump` in pips; null when no newer price was seen. */
export function nextLevel(venue: Venue, before: Step, ratio: bigint, jump: bigint, now: bigint, market = 1): Step {
  const { cautiousRatio, reduceOnlyRatio, hysteresis, jumpRate, calmPeriod } = parametersOf(venue, market).risk;
  const [c, r, h, j] = [cautiousRatio, reduceOnlyRatio, hysteresis, jumpRate].map(BigInt) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const jumped = j !== 0n && jump > j;
  const calmAt = jumped ? now + BigInt(calmPeriod) : before.calmAt;
  const byRatio = ratio < r ? REDUCE_ONLY : ratio < c ? CAUTIOUS : NORMAL;
  const byJump = !jumped ? NORMAL : jump > 2n * j ? REDUCE_ONLY : CAUTIOUS;
  const wanted = byRatio > byJump ? byRatio : byJump;
  if (wanted >= before.level) return { level: wanted, calmAt };
  if (now < calmAt) return { level: before.level, calmAt };
  // a level ends when the ratio clears its own threshold by the hysteresis
  let level = before.level;
  if (level === REDUCE_ONLY && (r === 0n || ratio >= r + h)) level = CAUTIOUS;
  if (level === CAUTIOUS && (c === 0n || ratio >= c + h)) level = NORMAL;
  return { level: level > wanted ? level : wanted, calmAt };
}
