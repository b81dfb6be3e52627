/** Liquidation on random positions and random books: who may be liquidated, how much, at what price, and what is left (LIQ-1, LIQ-2). */
import { expect } from "chai";
import { closeSize } from "../../keeper/core/closeSize.ts";
import { marginHealth } from "../../keeper/core/marginHealth.ts";
import { checkInvariants } from "../utils/invariants.ts";
import { keeperParameters } from "../utils/keeperView.ts";
import { abs, equityX16, isBankrupt } from "../utils/model.ts";
import { place } from "../utils/orders.ts";
import { createRandom, type Random } from "../utils/random.ts";
import { attempt, resolveAll } from "../utils/randomMarket.ts";
import { readPositions, readPrices } from "../utils/state.ts";
import { createVenue, eventsOf, GAS, named, setTick, USD, type Venue } from "../utils/venue.ts";

const ROUNDS = Number(process.env["PLIMSOLL_RUNS"] ?? 20);

describe("Liquidation on random books", () => {
  for (const [seed, change, name] of [
    [61, {}, "as deployed"],
    [62, { targetRate: 15_000, slippageRate: 2_000, liquidationFeeRate: 3_000 }, "narrow slippage, high fee"],
    [
      63,
      { targetRate: 10_001, maintenanceRate: 10_000, slippageRate: 20_000 },
      "target below slippage and fee: always whole",
    ],
  ] as const) {
    it(`${ROUNDS} rounds, ${name}`, async () => {
      const venue = await createVenue({ traders: 14, deposit: 100_000n * USD, markets: [change] });
      const random = createRandom(seed);
      const seen = { healthy: 0, partial: 0, whole: 0 };
      const fresh = await venue.connection.networkHelpers.takeSnapshot();
      for (let round = 0; round < ROUNDS; round++) {
        await openSome(venue, random, 10_000);
        const mark = Math.round(10_000 * (1 + (random.chance(0.5) ? 1 : -1) * (0.004 + 0.02 * random.unit())));
        await fillBook(venue, random, mark);
        await setTick(venue, mark);
        await resolveAll(venue);
        for (const account of (await readPositions(venue)).keys()) await tryLiquidate(venue, random, account, seen);
        if (round % 10 === 0) await checkInvariants(venue);
        await fresh.restore();
      }
      expect(seen.healthy).greaterThan(ROUNDS);
      expect(seen.partial + seen.whole, "liquidations").greaterThan(ROUNDS / 2);
    });
  }
});

/** Everybody opens at high leverage against the first trader, who holds plenty of margin. */
async function openSome(venue: Venue, random: Random, mark: number): Promise<void> {
  const [dealer, ...others] = venue.traders;
  if (!dealer) throw new Error("no dealer");
  for (const t of others) {
    const [isBid, lots] = [random.chance(0.5), random.int(200, 5_000)];
    await attempt(() => place(venue, dealer, { isBid: !isBid, tick: mark, lots, leverage: 1 }));
    await attempt(() => place(venue, t, { isBid, tick: mark, lots, leverage: random.int(30, 50), ioc: true }));
    await dealer.exchange.cancelAll(1, GAS);
  }
}

async function fillBook(venue: Venue, random: Random, mark: number): Promise<void> {
  for (let i = 0; i < 20; i++) {
    const isBid = random.chance(0.5);
    const offset = 1 + (isBid ? -0.01 : 0.01) * random.unit();
    const lots = random.int(200, 3_000);
    const t = random.pick(venue.traders);
    await attempt(() => place(venue, t, { isBid, tick: Math.round(mark * offset), lots, leverage: 5 }));
  }
}

async function tryLiquidate(
  venue: Venue,
  random: Random,
  account: number,
  seen: { healthy: number; partial: number; whole: number },
): Promise<void> {
  const p = (await readPositions(venue)).get(account);
  if (!p) return; // closed as a maker of somebody else's liquidation
  const prices = await readPrices(venue);
  const parameters = keeperParameters(venue, prices.base);
  const marks = { price: prices.mark, funding: prices.funding };
  const { status } = marginHealth(p, marks, parameters);
  const maxSteps = random.int(1, 64);
  const call = () => venue.exchange.liquidate(1, account, maxSteps, GAS);
  if (status !== "liquidatable") {
    const error = isBankrupt(p, prices) ? "PositionBankrupt" : "NotLiquidatable";
    await expect(call(), "LIQ-1").to.be.revertedWithCustomError(venue.exchange, error);
    seen.healthy++;
    return;
  }
  const size = closeSize(p, marks, parameters, maxSteps);
  const events = await attempt(() => eventsOf(venue, call()));
  if (!events) return; // BookCannotAbsorb
  const [e] = named(events, "Liquidated");
  if (!e) throw new Error("no event");
  const lots = e["lots"] as bigint;
  const limit = e["limitTick"] as bigint;
  expect(lots <= size, "no more than planned").equal(true);
  for (const trade of named(events, "Trade")) {
    const tick = trade["tick"] as bigint;
    expect(p.lots > 0n ? tick >= limit : tick <= limit, "LIQ-2").equal(true);
  }
  const after = (await readPositions(venue)).get(account);
  if (!after) {
    expect(lots).equal(abs(p.lots));
    seen.whole++;
    return;
  }
  seen.partial++;
  expect(isBankrupt(after, prices), "nobody is made bankrupt by a liquidation").equal(false);
  if (lots === size) {
    const target = abs(after.lots) * prices.mark * parameters.targetRate;
    expect(equityX16(after, prices) * 1_000_000n >= target, "LIQ-1: the target is restored").equal(true);
  }
}
