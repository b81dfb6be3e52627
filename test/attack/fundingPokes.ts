/** Steering funding: by when one pokes, by a quote just before, by quoting all the time. */
import { expect } from "chai";
import { at, begin, IMPACT, ONE_TICK, PRICE, pokeAt, quote, quoteBeyond } from "../utils/fundingBook.ts";
import { equityX16, X16 } from "../utils/model.ts";
import { ask, bid, cross, place } from "../utils/orders.ts";
import { readPositions, readPrices } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, setTick, type Trader, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
const MAX_AGE = 600;
/** A little less than maxAge: the price that was set before the interval is still valid at its end. */
const LATE = 580;

async function equityOf(v: Venue, t: Trader): Promise<bigint> {
  const p = (await readPositions(v)).get(t.account);
  const free = (await v.exchange.accountAt(t.account)).free;
  return free * X16 + (p ? equityX16(p, await readPrices(v)) : 0n);
}

describe("Attack: steering funding", () => {
  const markets = [{ fundingCap: 20_000, impactNotional: IMPACT, maxAge: MAX_AGE, tradeAge: MAX_AGE }];
  const venue = useVenue({ traders: 6, deposit: 100_000n * USD, markets }, async (v) =>
    cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 100_000, longLeverage: 5, shortLeverage: 5 }),
  );
  const maker = () => trader(venue(), 2);

  for (const side of [1, -1]) {
    it(`poking every few seconds or once: the same to a unit a poke, premium ${side > 0 ? "above" : "below"}`, async () => {
      const v = venue();
      await quoteBeyond(v, maker(), 37 * side);
      await setTick(v, TICK);
      const start = await begin(v);
      const snapshot = await v.connection.networkHelpers.takeSnapshot();
      const once = await pokeAt(v, start + 588);
      await snapshot.restore();
      let often = 0n;
      for (let second = 7; second <= 588; second += 7) often = await pokeAt(v, start + second);
      // each poke rounds towards zero: whoever pays pays less, by less than one of 2^16 parts of an atom a lot and poke
      const less = BigInt(side) * (once - often);
      expect(less >= 0n && less < 84n, `${less}`).equal(true);
      expect((less * 100_000n) / X16 <= 84n * 2n).equal(true);
    });
  }

  it("nobody pokes: what is paid is the share of maxAge, never more; and any of the receivers can poke", async () => {
    const v = venue();
    await quoteBeyond(v, maker(), 30);
    await setTick(v, TICK);
    const start = await begin(v);
    const before = (await v.exchange.marketAt(1)).fundingIndex;
    const snapshot = await v.connection.networkHelpers.takeSnapshot();
    await at(v, start + 5 * MAX_AGE - 1);
    await setTick(v, TICK);
    const rarely = (await pokeAt(v, start + 5 * MAX_AGE)) - before;
    expect(rarely).equal((30n * BigInt(MAX_AGE) * ONE_TICK) / 28_800n);
    await snapshot.restore();
    let often = before;
    for (let i = 1; i <= 5; i++) {
      await at(v, start + i * MAX_AGE - 1);
      await setTick(v, TICK);
      often = await pokeAt(v, start + i * MAX_AGE);
    }
    expect(often - before).equal(5n * rarely);
  });

  it("poking after the index moved, instead of before: at most the move over maxAge, and never beyond the clamp", async () => {
    const v = venue();
    await quote(v, maker(), 9_999, 10_001);
    for (const [move, expected] of [
      [50, (49n * BigInt(LATE) * ONE_TICK) / 28_800n],
      [-50, (49n * BigInt(LATE) * ONE_TICK) / 28_800n],
      [400, (((PRICE * 104n) / 100n) * 20_000n * BigInt(LATE)) / (1_000_000n * 28_800n)],
    ] as const) {
      await setTick(v, TICK);
      const start = await begin(v);
      const before = (await v.exchange.marketAt(1)).fundingIndex;
      const snapshot = await v.connection.networkHelpers.takeSnapshot();
      expect((await pokeAt(v, start + LATE)) - before).equal(0n);
      await snapshot.restore();
      await at(v, start + LATE - 1);
      await setTick(v, TICK + move);
      const gained = (await pokeAt(v, start + LATE)) - before;
      expect(gained < 0n ? -gained : gained, `${move} ticks`).equal(expected);
      await snapshot.restore();
    }
  });

  it("a quote one second before the poke weighs one second; a tiny order none at all", async () => {
    const v = venue();
    await quote(v, maker(), 9_999, 10_001);
    await setTick(v, TICK);
    const start = await begin(v);
    const before = (await v.exchange.marketAt(1)).fundingIndex;
    const attacker = trader(v, 3);
    const snapshot = await v.connection.networkHelpers.takeSnapshot();
    // a hundred lots at the best bid, all the time
    await place(v, attacker, bid(10_000, 100));
    expect((await pokeAt(v, start + 590)) - before).equal(0n);
    await snapshot.restore();
    // the whole book taken off and put up 2 % higher, a second before
    await at(v, start + 570);
    await maker().exchange.cancelAll(1, GAS);
    await place(v, attacker, ask(10_201, 2_000, { leverage: 1 }));
    const quoted = await v.connection.networkHelpers.takeSnapshot();
    await at(v, start + 573);
    await place(v, attacker, bid(10_199, 2_000, { leverage: 1 }));
    // over the whole interval the bid was below the index on average
    expect((await pokeAt(v, start + 574)) - before).equal(0n);
    await quoted.restore();
    // in an interval of its own
    const own = await pokeAt(v, start + 572);
    await at(v, start + 573);
    const placed = await place(v, attacker, bid(10_199, 2_000, { leverage: 1 }));
    expect(placed.orderId).not.equal(0n);
    const got = (await pokeAt(v, start + 574)) - own;
    expect(got).equal((199n * 1n * ONE_TICK) / 28_800n);
    // and that second is worth less than a millionth of the position
    expect(got * 1_000_000n < PRICE).equal(true);
  });

  it("who quotes the impact notional away from the index is filled, and pays more for it than funding brings in that time", async () => {
    const v = venue();
    const [attacker, arbitrageur] = [trader(v, 1), trader(v, 4)]; // the attacker is short 100,000 lots: longs pay it
    await setTick(v, TICK);
    await place(v, attacker, ask(10_200, 1_000, { leverage: 1 }));
    await place(v, attacker, bid(10_199, 1_000, { leverage: 1 }));
    const start = await begin(v);
    const worth = await equityOf(v, attacker);
    // nobody sees it for a whole price interval
    await at(v, start + 60);
    await place(v, arbitrageur, ask(10_199, 1_000, { ioc: true, leverage: 1 }));
    const p = (await readPositions(v)).get(attacker.account);
    const held = (await v.exchange.orderMarginAt(1, attacker.account)).askReserve;
    const funding = (await v.exchange.marketAt(1)).fundingIndex;
    expect(p?.lots).equal(-99_000n);
    // closing 1,000 lots 199 ticks above the mark
    const paid = 1_000n * 199n * 10n;
    const gained = (100_000n * funding) / X16;
    expect(gained > 0n && gained < paid, `gained ${gained}, paid ${paid}`).equal(true);
    const after = (await equityOf(v, attacker)) + held * X16;
    const before = worth + 1_000n * 10_200n * 10n * X16;
    expect(after < before).equal(true);
    // and the premium ends with the fill
    const ended = await pokeAt(v, start + 400);
    expect(ended).equal(funding);
  });
});
