/**
 * A bid at the highest tick that there is. Skipped: the search for the impact bid begins at that tick and looks only below it, so what rests
 * there is taken off the sum without having been counted, and the side's depth stays too small until something makes it count anew.
 */
import { expect } from "chai";
import { begin, ONE_TICK, pokeAt } from "../utils/fundingBook.ts";
import { impactTicks } from "../utils/impactTicks.ts";
import { ask, bid, cross, place } from "../utils/orders.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, setTick, trader, USD } from "../utils/venue.ts";

const TICK = 10_000;
const TOP = 2 ** 24 - 1;

describe("Attack: a bid at the highest tick", () => {
  const markets = [
    { fundingCap: 20_000, impactNotional: 1_000n * USD, minNotional: 10n * USD, maxAge: 3_600, tradeAge: 3_600 },
  ];
  const venue = useVenue({ traders: 6, deposit: 1_000_000n * USD, markets }, async (v) =>
    cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 100_000, longLeverage: 5, shortLeverage: 5 }),
  );

  it.skip("came and went, it leaves no trace in the impact bid's sum", async () => {
    const v = venue();
    const [maker, attacker] = [trader(v, 2), trader(v, 3)];
    await place(v, maker, bid(10_020, 9_000)); // 901.8 of 1,000
    const { orderId } = await place(v, attacker, bid(TOP, 1, { leverage: 50 })); // 167.77, for 3.36 of margin
    expect(orderId).not.equal(0n);
    await attacker.exchange.cancelOrder(1, orderId, GAS);
    await place(v, maker, bid(10_010, 1_500)); // together 1,051.95
    await place(v, maker, ask(10_050, 20_000));
    expect((await impactTicks(v)).bid).equal(10_010);
    await setTick(v, TICK);
    const start = await begin(v);
    const before = (await v.exchange.marketAt(1)).fundingIndex;
    const after = await pokeAt(v, start + 500);
    // the book's impact bid is ten ticks above the index
    expect(after - before).equal((10n * 500n * ONE_TICK) / 28_800n);
  });

  it.skip("while it is there it counts like any other", async () => {
    const v = venue();
    await place(v, trader(v, 3), bid(TOP, 100, { leverage: 50 }));
    const { bid: found } = await impactTicks(v);
    await setTick(v, TICK);
    const start = await begin(v);
    const before = (await v.exchange.marketAt(1)).fundingIndex;
    const after = await pokeAt(v, start + 500);
    expect([found, after - before !== 0n]).to.deep.equal([TOP, true]);
  });
});
