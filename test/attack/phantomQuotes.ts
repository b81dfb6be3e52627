/**
 * Quotes that nobody can fill, and whether they move funding. The attacker is short and wants longs to pay. Skipped: today they do, because an
 * impact price counts what rests, whether or not it could fill.
 */
import { expect } from "chai";
import { begin, IMPACT, pokeAt } from "../utils/fundingBook.ts";
import { ask, bid, cross, place, requestOf } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
const SECONDS = 500;

describe("Attack: funding moved by quotes that nobody can fill", () => {
  const markets = [
    { fundingCap: 20_000, impactNotional: IMPACT, minNotional: 10n * USD, maxAge: 3_600, tradeAge: 3_600 },
  ];
  const venue = useVenue({ traders: 7, deposit: 1_000_000n * USD, markets }, async (v) =>
    cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 100_000, longLeverage: 5, shortLeverage: 5 }),
  );
  const interval = async (v: Venue): Promise<bigint> => {
    await setTick(v, TICK);
    const start = await begin(v);
    const before = (await v.exchange.marketAt(1)).fundingIndex;
    return (await pokeAt(v, start + SECONDS)) - before;
  };
  /** What a stranger gets who sells 1,000 lots for whatever is bid at `tick` or above. */
  const sold = async (v: Venue, tick: number): Promise<bigint> =>
    (
      await trader(v, 4).exchange.placeOrder.staticCall(requestOf(ask(tick, 1_000, { ioc: true, leverage: 1 })), GAS)
    )[1];

  it.skip("expired: a bid that could be filled for one second counts for as long as nobody sweeps it", async () => {
    const v = venue();
    await place(v, trader(v, 2), ask(10_050, 2_000)); // an honest ask
    const expiry = (await v.connection.networkHelpers.time.latest()) + 2;
    await place(v, trader(v, 3), bid(10_049, 1_000, { leverage: 50, expiry }));
    await v.connection.networkHelpers.time.increase(10);
    await setTick(v, TICK);
    expect(await sold(v, 10_049)).equal(0n);
    expect(await interval(v)).equal(0n, "moved F by the premium of 49 ticks");
  });

  it.skip("reduce-only: 32 times a position's lots, without a reserve, and still there when the position is not", async () => {
    const v = venue();
    const attacker = trader(v, 3);
    await cross(v, trader(v, 5), attacker, { tick: TICK, lots: 100, longLeverage: 5, shortLeverage: 5 });
    for (let i = 0; i < 10; i++) await place(v, attacker, bid(10_049, 100, { reduceOnly: true }));
    await place(v, trader(v, 5), ask(10_050, 2_000));
    await attacker.exchange.closePosition(1, 10_050, 10, GAS);
    expect((await readPositions(v)).has(attacker.account)).equal(false);
    const { free } = await v.exchange.accountAt(attacker.account);
    await attacker.exchange.withdraw(free, attacker.address, GAS);
    expect(await sold(v, 10_049)).equal(0n);
    expect(await interval(v)).equal(0n, "moved F by the premium of 49 ticks");
  });

  it.skip("outside the band: a bid that every seller only removes", async () => {
    const v = venue();
    await place(v, trader(v, 3), bid(12_500, 1_000, { leverage: 50 }));
    expect(await sold(v, 10_000)).equal(0n);
    expect(await interval(v)).equal(0n, "moved F by the clamp");
  });

  it.skip("unbacked: what gave way to fills on the other side, after those were closed again", async () => {
    const v = venue();
    const attacker = trader(v, 3);
    await place(v, attacker, ask(10_000, 100, { leverage: 1 }));
    await place(v, attacker, bid(9_990, 5_000, { leverage: 50 }));
    await place(v, trader(v, 4), bid(10_000, 100, { ioc: true, leverage: 1 }));
    await place(v, trader(v, 5), ask(10_050, 2_000));
    await attacker.exchange.closePosition(1, 10_050, 10, GAS);
    const { free } = await v.exchange.accountAt(attacker.account);
    await attacker.exchange.withdraw(free, attacker.address, GAS);
    const { bidReserve } = await v.exchange.orderMarginAt(1, attacker.account);
    await setTick(v, 9_950);
    const start = await begin(v);
    const before = (await v.exchange.marketAt(1)).fundingIndex;
    const after = await pokeAt(v, start + SECONDS);
    expect([bidReserve, after - before]).to.deep.equal([0n, 0n], "moved F by the premium of 40 ticks");
  });
});
