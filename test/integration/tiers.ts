/** Margin tiers: initial, maintenance and target at, below and above every boundary, against a model that sums slices. */
import { expect } from "chai";
import type { TierParameters } from "../../scripts/lib/markets.ts";
import { equityX16, X16 } from "../utils/model.ts";
import { bid, cross, place } from "../utils/orders.ts";
import { createRandom } from "../utils/random.ts";
import { maintenanceOf, withdrawable } from "../utils/refusals.ts";
import { closeSize, initialMargin, maintenanceMargin, openRequirement } from "../utils/riskModel.ts";
import { readPositions, readPrices } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import {
  answerAt,
  eventsOf,
  GAS,
  named,
  parametersOf,
  setAnswer,
  setTick,
  trader,
  USD,
  type Venue,
} from "../utils/venue.ts";

const TICK = 10_000;
/** One lot at the first tick, quote atoms. */
const LOT = 100_000n;

const tier = (from: bigint, initialRate: number, maintenanceRate: number, targetRate: number): TierParameters => ({
  from,
  initialRate,
  maintenanceRate,
  targetRate,
});
const schedules: [string, TierParameters[]][] = [
  ["one tier", []],
  ["two tiers", [tier(1_000n * LOT, 40_000, 20_000, 30_000)]],
  [
    "eight tiers",
    [1, 2, 3, 4, 5, 6, 7].map((i) =>
      tier(BigInt(i) * 1_000n * LOT, 20_000 + 11_111 * i, 10_000 + 7_777 * i, 20_000 + 9_999 * i),
    ),
  ],
];

/** Opens `lots` at 1x on both sides, and closes them again with `close`. */
async function open(v: Venue, lots: number) {
  await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots, longLeverage: 1, shortLeverage: 1 });
}

async function held(v: Venue, i: number) {
  const p = (await readPositions(v)).get(trader(v, i).account);
  if (!p) throw new Error(`trader ${i} has no position`);
  return p;
}

for (const [name, tiers] of schedules) {
  describe(`Tiers: ${name}`, () => {
    const venue = useVenue({ traders: 3, deposit: 10_000n * USD, markets: [{ tiers }] });
    const boundaries = tiers.length === 0 ? [1_000] : tiers.map((t) => Number(t.from / LOT));

    it("initial and maintenance margin one lot below, at and above each boundary, and far beyond the last", async () => {
      const v = venue();
      const m = parametersOf(v);
      const sizes = boundaries.flatMap((b) => [b - 1, b, b + 1]).concat(20_000);
      for (const lots of sizes) {
        await open(v, lots);
        for (const i of [0, 1]) {
          const price = LOT * X16;
          const { margin } = await held(v, i);
          expect(margin).equal(BigInt(lots) * LOT);
          expect(await withdrawable(v, i), `${lots} lots`).equal(margin - initialMargin(m, BigInt(lots), price));
          expect(await maintenanceOf(v, i), `${lots} lots`).equal(maintenanceMargin(m, BigInt(lots), price));
        }
        await cross(v, trader(v, 1), trader(v, 0), { tick: TICK, lots });
      }
    });

    it("any size at any price, to the atom", async () => {
      const v = venue();
      const m = parametersOf(v);
      const random = createRandom(7 + tiers.length);
      for (let round = 0; round < 12; round++) {
        const lots = random.int(200, 9_000);
        await setTick(v, TICK);
        await open(v, lots);
        // 8 decimals: not a whole number of atoms, nor of ticks
        await setAnswer(v, (answerAt(m, TICK) * BigInt(random.int(700_001, 1_399_999))) / 1_000_000n);
        const prices = await readPrices(v);
        for (const i of [0, 1]) {
          const p = await held(v, i);
          const equity = equityX16(p, prices) >> 16n;
          const least = p.margin < equity ? p.margin : equity;
          const needed = openRequirement(m, prices, p.lots, BigInt(lots), 0n);
          expect(await withdrawable(v, i)).equal(least > needed ? least - needed : 0n);
          expect(await maintenanceOf(v, i)).equal(maintenanceMargin(m, p.lots, prices.mark));
        }
        await setTick(v, TICK);
        await cross(v, trader(v, 1), trader(v, 0), { tick: TICK, lots });
      }
    });

    it("a partial liquidation restores the target of the highest tier reached", async () => {
      const v = venue();
      const m = parametersOf(v);
      const [long, maker] = [trader(v, 0), trader(v, 2)];
      const start = await v.connection.networkHelpers.takeSnapshot();
      for (const lots of boundaries.flatMap((b) => [b, b + 1])) {
        await open(v, lots);
        // straight at the mark, where maintenance is above equity: take out what may leave, then let the price do it
        await long.exchange.removeMargin(1, await withdrawable(v, 0), GAS);
        let tick = TICK;
        const p = await held(v, 0);
        const below = (t: number) =>
          equityX16(p, { mark: BigInt(t) * 10n * X16, funding: 0n, base: 0 }) <
          maintenanceMargin(m, p.lots, BigInt(t) * 10n * X16) * X16;
        while (!below(tick)) tick--;
        await setTick(v, tick);
        await place(v, maker, bid(tick, lots, { leverage: 1 }));
        const prices = await readPrices(v);
        const expected = closeSize(m, { lots: p.lots, equityX16: equityX16(p, prices) }, prices.mark, 5);
        const [e] = named(await eventsOf(v, v.exchange.liquidate(1, long.account, 5, GAS)), "Liquidated");
        expect(e?.["lots"], `${lots} lots`).equal(expected);
        const after = (await readPositions(v)).get(long.account);
        if (after) {
          const equity = equityX16(after, prices);
          expect(equity * 1_000_000n >= after.lots * prices.mark * BigInt(m.targetRate)).equal(true);
        }
        await start.restore();
      }
    });

    it("a gain alone never makes a position liquidatable, nor a tick more of it", async () => {
      const v = venue();
      const m = parametersOf(v);
      const random = createRandom(31 + tiers.length);
      const start = await v.connection.networkHelpers.takeSnapshot();
      for (const lots of boundaries.flatMap((b) => [b - 1, b, b + random.int(1, 3_000)])) {
        for (const i of [0, 1]) {
          await open(v, lots);
          const t = trader(v, i);
          await t.exchange.removeMargin(1, await withdrawable(v, i), GAS);
          const p = await held(v, i);
          const side = i === 0 ? 1 : -1;
          const safe = (tick: number) => {
            const mark = BigInt(tick) * 10n * X16;
            return equityX16(p, { mark, funding: 0n, base: 0 }) >= maintenanceMargin(m, p.lots, mark) * X16;
          };
          let edge = TICK;
          while (safe(edge - side)) edge -= side;
          await setTick(v, edge - side);
          const liquidate = () => v.exchange.liquidate(1, t.account, 5, GAS);
          await expect(liquidate()).to.be.revertedWithCustomError(v.exchange, "BookCannotAbsorb");
          // from the last safe tick on, anything in the position's favour
          for (const gain of [0, 1, 37, random.int(100, 900), random.int(1_000, 4_000)]) {
            await setTick(v, edge + side * gain);
            await expect(liquidate()).to.be.revertedWithCustomError(v.exchange, "NotLiquidatable");
          }
          await start.restore();
        }
      }
    });
  });
}
