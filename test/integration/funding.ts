/** Funding by hand: what premium the book shows, how it is weighed by time and clamped, and who pays. */
import { expect } from "chai";
import { at, begin, IMPACT, ONE_TICK, PRICE, pokeAt, quote, quoteBeyond, TICK_HOUR } from "../utils/fundingBook.ts";
import { ceilDiv, X16 } from "../utils/model.ts";
import { ask, bid, cross, place } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
const HOUR = 3_600;
const fundingOf = async (v: Venue) => (await v.exchange.marketAt(1)).fundingIndex;
const marginOf = async (v: Venue, i: number) => (await readPositions(v)).get(trader(v, i).account)?.margin ?? 0n;

describe("Funding: the premium", () => {
  const venue = useVenue(
    { traders: 5, deposit: 10_000n * USD, markets: [{ fundingCap: 20_000, impactNotional: IMPACT }] },
    async (v) => cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 1_001, longLeverage: 5, shortLeverage: 5 }),
  );
  const maker = () => trader(venue(), 2);

  for (const side of [1, -1]) {
    it(`the nearer impact price five ticks ${side > 0 ? "above" : "below"} the index for an hour: ${side > 0 ? "longs" : "shorts"} pay, and say so`, async () => {
      const v = venue();
      await quoteBeyond(v, maker(), 5 * side);
      const start = await begin(v);
      const { sequence, fundingIndex } = await v.exchange.marketAt(1);
      const target = fundingIndex + BigInt(5 * side) * TICK_HOUR;
      await at(v, start + HOUR);
      await expect(v.exchange.poke(1, GAS))
        .to.emit(v.exchange, "FundingAccrued")
        .withArgs(1, target, PRICE, sequence + 1n);
      expect(await fundingOf(v)).equal(target);
      // settled when touched, rounded up for whoever pays, down for whoever gets
      const before = [await marginOf(v, 0), await marginOf(v, 1)];
      for (const i of [0, 1]) {
        const t = trader(v, i);
        await t.exchange.addMargin(1, 1, GAS);
        const now = await fundingOf(v);
        const lots = i === 0 ? 1_001n : -1_001n;
        expect(await marginOf(v, i)).equal((before[i] ?? 0n) + 1n - ceilDiv(lots * now, X16));
      }
    });

    it(`clamped at 2 % in eight hours, ${side > 0 ? "up" : "down"}`, async () => {
      const v = venue();
      // an eighth of 2 % of P in an hour
      const most = PRICE / 400n;
      for (const [off, expected] of [
        [200, most],
        [201, most],
        [400, most],
        [199, most - TICK_HOUR],
      ] as const) {
        await maker().exchange.cancelAll(1, GAS);
        await quoteBeyond(v, maker(), side * off);
        const start = await begin(v);
        const before = await fundingOf(v);
        expect((await pokeAt(v, start + HOUR)) - before, `${off} ticks`).equal(BigInt(side) * expected);
      }
    });
  }

  it("one atom too little: no premium; the tick that reaches the depth is the price; the other side need not be there", async () => {
    const v = venue();
    const cases: [string, () => Promise<unknown>, bigint][] = [
      ["bids only", () => place(v, maker(), bid(10_100, 5_000)), 100n],
      ["asks only, above the index", () => place(v, maker(), ask(10_200, 5_000)), 0n],
      ["asks only, below it", () => place(v, maker(), ask(9_900, 5_000)), -100n],
      ["bids one lot short", () => quoteSizes(v, [10_050, 995], [10_060, 2_000]), 0n], // 995 · 10,050 < 10^7
      ["bids just enough", () => quoteSizes(v, [10_050, 996], [10_060, 2_000]), 50n],
      ["the index between them", () => quoteSizes(v, [9_950, 2_000], [10_060, 2_000]), 0n],
    ];
    for (const [name, arrange, ticks] of cases) {
      await maker().exchange.cancelAll(1, GAS);
      await arrange();
      const start = await begin(v);
      const before = await fundingOf(v);
      expect((await pokeAt(v, start + HOUR)) - before, name).equal(ticks * TICK_HOUR);
    }
  });
  const quoteSizes = async (v: Venue, b: [number, number], a: [number, number]) => {
    await place(v, maker(), bid(...b));
    await place(v, maker(), ask(...a));
  };

  it("small orders in front count for what they are, however many levels they make", async () => {
    const v = venue();
    await place(v, maker(), ask(10_300, 2_000));
    await place(v, maker(), bid(10_050, 2_000));
    for (let i = 0; i < 8; i++) await place(v, maker(), bid(10_099 - i, 100));
    let start = await begin(v);
    let before = await fundingOf(v);
    // eight times 100 lots in front are not yet worth it: 200 of the 2,000 at 10,050 are in the depth
    expect((await pokeAt(v, start + HOUR)) - before).equal(50n * TICK_HOUR);
    for (let i = 8; i < 12; i++) await place(v, maker(), bid(10_099 - i, 100));
    start = await begin(v);
    before = await fundingOf(v);
    // now the tenth of them makes it
    expect((await pokeAt(v, start + HOUR)) - before).equal(90n * TICK_HOUR);
  });

  it("weighed by time: forty minutes at one premium, ten at another, ten without depth", async () => {
    const v = venue();
    await quote(v, maker(), 10_010, 10_012);
    const start = await begin(v);
    const before = await fundingOf(v);
    await at(v, start + 2_400);
    await maker().exchange.cancelAll(1, GAS); // takes both quotes; samples, does not accrue
    await at(v, start + 3_000);
    await place(v, maker(), bid(10_030, 2_000)); // an order that only rests accrues nothing
    expect(await fundingOf(v)).equal(before);
    await at(v, start + 3_300);
    await place(v, maker(), bid(10_040, 300)); // in front, and not enough to be the price
    const by = await pokeAt(v, start + 3_600);
    expect(by - before).equal(((10n * 2_400n + 30n * 600n) * ONE_TICK) / 28_800n);
  });

  it("the view says what a call in the same second would find", async () => {
    const v = venue();
    await quote(v, maker(), 10_030, 10_032);
    const start = await begin(v);
    await at(v, start + 1_000);
    const before = await fundingOf(v);
    await setTick(v, TICK); // a block of that second, in which nothing accrues
    expect(await fundingOf(v)).equal(before);
    expect((await v.exchange.fundingIndexNow(1)) - before).equal((30n * 1_000n * ONE_TICK) / 28_800n);
    expect((await pokeAt(v, start + 1_500)) - before).equal((30n * 1_500n * ONE_TICK) / 28_800n);
  });
});

describe("Funding: none", () => {
  const venue = useVenue({ traders: 4, markets: [{ fundingCap: 0, impactNotional: IMPACT }] });

  it("a market with a cap of zero never accrues", async () => {
    const v = venue();
    await quote(v, trader(v, 2), 10_150, 10_152);
    const start = await begin(v);
    expect(await pokeAt(v, start + HOUR)).equal(0n);
    expect(await v.exchange.fundingIndexNow(1)).equal(0n);
  });
});
