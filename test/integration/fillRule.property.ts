/**
 * The fill rule, after every single order of random trading: whoever grew has initial margin and clause (i) of the corridor, whoever only
 * reduced has a bankruptcy price no nearer to the other side's, and nobody else's changed.
 */
import { expect } from "chai";
import { checkInvariants } from "../utils/invariants.ts";
import {
  abs,
  bankruptcyCost,
  bankruptcyPriceOf,
  bankruptcyTick,
  equityX16,
  type PositionState,
  type Prices,
  X16,
} from "../utils/model.ts";
import { place } from "../utils/orders.ts";
import { createRandom, type Random } from "../utils/random.ts";
import { attempt, resolveAll } from "../utils/randomMarket.ts";
import { readPositions, readPrices } from "../utils/state.ts";
import { createVenue, GAS, setTick, USD, type Venue } from "../utils/venue.ts";

const ORDERS = Number(process.env["PLIMSOLL_OPERATIONS"] ?? 500);

describe("Fill rule on random trading", () => {
  for (const [seed, fees, name] of [
    [51, {}, "without fees"],
    [52, { takerFeeRate: 10_000, makerFeeRate: 10_000 }, "fees of 1 %"],
    [53, { takerFeeRate: 450, makerFeeRate: 150, initialRate: 5_000, maintenanceRate: 2_500 }, "200x"],
  ] as const) {
    it(`${ORDERS} orders, ${name}`, async () => {
      const venue = await createVenue({ traders: 8, deposit: 300n * USD, markets: [fees] });
      const random = createRandom(seed);
      const seen = { grew: 0, reduced: 0, flipped: 0, refused: 0 };
      let mark = 10_000;
      for (let i = 0; i < ORDERS; i++) {
        if (i % 5 === 0) {
          mark = Math.max(500, Math.round(mark * (1 + 0.03 * (random.unit() - 0.5))));
          await setTick(venue, mark);
          await resolveAll(venue);
        }
        await step(venue, random, mark, seen);
      }
      await checkInvariants(venue);
      for (const [what, count] of Object.entries(seen)) expect(count, what).greaterThan(5);
    });
  }
});

async function step(
  venue: Venue,
  random: Random,
  mark: number,
  seen: { grew: number; reduced: number; flipped: number; refused: number },
): Promise<void> {
  const t = random.pick(venue.traders);
  const before = await readPositions(venue);
  const isBid = random.chance(0.5);
  const placed = await attempt(() =>
    place(venue, t, {
      isBid,
      tick: Math.round(mark * (1 + 0.02 * (random.unit() - 0.5))),
      lots: random.int(200, 9_000),
      leverage: Math.round(50 ** random.unit()),
      ioc: random.chance(0.5),
      reduceOnly: random.chance(0.1),
    }),
  );
  if (random.chance(0.1)) await random.pick(venue.traders).exchange.cancelAll(1, GAS);
  if (!placed) {
    seen.refused++;
    return;
  }
  const prices = await readPrices(venue);
  for (const [account, after] of await readPositions(venue)) compare(before.get(account), after, prices, seen);
}

function compare(
  was: PositionState | undefined,
  is: PositionState,
  prices: Prices,
  seen: { grew: number; reduced: number; flipped: number },
): void {
  const flipped = was !== undefined && was.lots > 0n !== is.lots > 0n;
  if (!was || flipped || abs(is.lots) > abs(was.lots)) {
    seen.grew++;
    if (flipped) seen.flipped++;
    expect(equityX16(is, prices) >= requirementX16(is, prices), `${is.account} opened without margin`).equal(true);
    return;
  }
  if (is.lots === was.lots) {
    expect([is.cost, is.margin]).to.deep.equal([was.cost, was.margin]);
    return;
  }
  // it may have grown and shrunk again within one order: then it has initial margin, and that is enough
  seen.reduced++;
  const side = is.lots > 0n ? 1n : -1n;
  const inward = side * (bankruptcyCost(is) * abs(was.lots) - bankruptcyCost(was) * abs(is.lots));
  expect(inward <= 0n || equityX16(is, prices) >= requirementX16(is, prices), `b of ${is.account} moved inward`).equal(
    true,
  );
}

/** Initial margin at the mark, and two index ticks at P' plus 64 atoms a lot, in atoms × 2^16. */
function requirementX16(p: PositionState, prices: Prices): bigint {
  const lots = abs(p.lots);
  const adjusted = prices.mark - prices.funding;
  const tick = bankruptcyTick(adjusted, prices.base);
  const width = bankruptcyPriceOf(tick + 1, prices.base) - bankruptcyPriceOf(tick, prices.base);
  const initial = (lots * prices.mark * 5_000n) / 1_000_000n; // the lowest rate of these markets
  const corridor = lots * (2n * width + 64n * X16);
  return initial > corridor ? initial : corridor;
}
