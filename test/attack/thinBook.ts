/** Funding of a thin book: moving it with quotes that nobody will fill, and turning it off with dust. */
import { expect } from "chai";
import { at, begin, IMPACT, ONE_TICK, pokeAt, quote } from "../utils/fundingBook.ts";
import { ask, bid, cross, place } from "../utils/orders.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
const SECONDS = 500;
/** What a premium of `ticks` moves F by in an interval of the tests. */
const moved = (ticks: number) => (BigInt(ticks) * BigInt(SECONDS) * ONE_TICK) / 28_800n;

describe("Attack: funding of a thin book", () => {
  const markets = [{ fundingCap: 20_000, impactNotional: IMPACT, minNotional: 1n, maxAge: 3_600, tradeAge: 3_600 }];
  const venue = useVenue({ traders: 6, deposit: 1_000_000n * USD, markets }, async (v) =>
    cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 100_000, longLeverage: 5, shortLeverage: 5 }),
  );
  const maker = () => trader(venue(), 2);
  const attacker = () => trader(venue(), 3);
  /** What F moves by in an interval with the book as it is. */
  const interval = async (v: Venue): Promise<bigint> => {
    await setTick(v, TICK);
    const start = await begin(v);
    const before = (await v.exchange.marketAt(1)).fundingIndex;
    return (await pokeAt(v, start + SECONDS)) - before;
  };

  it("a lone quote far from the mark, on a side that nobody else quotes: no premium either way", async () => {
    const v = venue();
    for (const [honest, lone] of [
      [bid(9_990, 2_000), ask(11_000, 100_000)],
      [bid(9_990, 2_000), ask(10_300, 1_000)],
      [ask(10_010, 2_000), bid(9_000, 100_000)],
      [ask(10_010, 2_000), bid(9_700, 2_000)],
    ] as const) {
      await place(v, maker(), honest);
      expect(await interval(v)).equal(0n);
      await place(v, attacker(), lone);
      expect(await interval(v)).equal(0n);
      await maker().exchange.cancelAll(1, GAS);
      await attacker().exchange.cancelAll(1, GAS);
    }
  });

  it("a side that is almost deep, completed far away: the premium is that of the far tick, here none", async () => {
    const v = venue();
    await place(v, maker(), bid(10_050, 900)); // 90 % of the depth, above the index
    expect(await interval(v)).equal(0n);
    await place(v, attacker(), bid(9_900, 200));
    expect(await interval(v)).equal(0n);
    // and completed where it can be filled at a profit: that premium, no more
    await place(v, attacker(), bid(10_020, 200));
    expect(await interval(v)).equal(moved(20));
  });

  for (const levels of [4, 5, 30]) {
    it(`${levels} orders of dust in front of the depth do not hide it`, async () => {
      const v = venue();
      await quote(v, maker(), 10_050, 10_300);
      expect(await interval(v)).equal(moved(50));
      for (let i = 0; i < levels; i++) await place(v, attacker(), bid(10_060 + i, 1));
      expect(await interval(v)).equal(moved(50));
      await attacker().exchange.cancelAll(1, GAS);
      expect(await interval(v)).equal(moved(50));
      // nor on the other side
      await maker().exchange.cancelAll(1, GAS);
      await quote(v, maker(), 9_700, 9_950);
      for (let i = 0; i < levels; i++) await place(v, attacker(), ask(9_940 - i, 1));
      expect(await interval(v)).equal(moved(-50));
    });
  }

  it("dust that is there already when the depth comes behind it delays the premium by a few calls", async () => {
    const v = venue();
    for (let i = 0; i < 15; i++) await place(v, attacker(), bid(10_060 + i, 1));
    await place(v, maker(), bid(10_050, 2_000));
    await place(v, maker(), bid(10_055, 2_000));
    // four levels a change of the side, and four an accrual; never more than there is
    let premium = 0n;
    for (let call = 0; call < 4 && premium === 0n; call++) premium = await interval(v);
    expect(premium).equal(moved(55));
  });

  it("dust behind the depth, which then goes: the search goes on with every call, and never beyond what is there", async () => {
    const v = venue();
    await place(v, maker(), bid(10_010, 2_000));
    for (let i = 0; i < 20; i++) await place(v, attacker(), bid(10_020 + i, 1));
    await place(v, trader(v, 4), bid(10_050, 2_000));
    // the price moves up through the dust, too little on the way
    const rising: bigint[] = [];
    for (let call = 0; call < 4; call++) rising.push(await interval(v));
    expect(rising.every((m) => m >= moved(10) && m <= moved(50))).equal(true);
    expect(rising.at(-1)).equal(moved(50));
    await trader(v, 4).exchange.cancelAll(1, GAS);
    const seen: bigint[] = [];
    for (let call = 0; call < 6; call++) seen.push(await interval(v));
    expect(seen.every((m) => m === 0n || m === moved(10))).equal(true);
    expect(seen.at(-1)).equal(moved(10));
  });

  it("a change of the book in one second weighs nothing, in the next it does", async () => {
    const v = venue();
    await setTick(v, TICK);
    const start = await begin(v);
    const before = (await v.exchange.marketAt(1)).fundingIndex;
    await at(v, start + SECONDS - 1);
    await place(v, attacker(), bid(10_100, 2_000, { leverage: 1 }));
    expect((await pokeAt(v, start + SECONDS)) - before).equal((100n * ONE_TICK) / 28_800n);
  });
});
