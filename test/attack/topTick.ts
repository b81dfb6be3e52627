/**
 * A bid at the highest tick that there is. The search for the impact bid begins at that tick and looks only below it, so an order there would be
 * taken off the sum without having been counted: none may rest there.
 */
import { expect } from "chai";
import { begin, ONE_TICK, pokeAt } from "../utils/fundingBook.ts";
import { impactTicks } from "../utils/impactTicks.ts";
import { ask, bid, cross, POST_ONLY, place, submit } from "../utils/orders.ts";
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

  it("nothing rests there, neither placed nor amended, on either side; as a limit it will do", async () => {
    const v = venue();
    const t = trader(v, 3);
    for (const order of [bid(TOP, 100), ask(TOP, 100), bid(TOP, 100, { timeInForce: POST_ONLY })]) {
      await expect(submit(t, order)).to.be.revertedWithCustomError(v.exchange, "InvalidTick").withArgs(TOP);
    }
    const { orderId } = await place(v, t, bid(9_900, 200));
    await expect(t.exchange.amendOrder(1, orderId, TOP, 100, GAS))
      .to.be.revertedWithCustomError(v.exchange, "InvalidTick")
      .withArgs(TOP);
    await place(v, trader(v, 4), ask(10_010, 100));
    expect((await place(v, t, bid(TOP, 100, { ioc: true }))).filled).equal(100n);
  });

  it("one tick below, came and went, it leaves no trace in the impact bid's sum", async () => {
    const v = venue();
    const [maker, attacker] = [trader(v, 2), trader(v, 3)];
    await place(v, maker, bid(10_020, 9_000)); // 901.8 of 1,000
    const { orderId } = await place(v, attacker, bid(TOP - 1, 1, { leverage: 50 })); // 167.77, for 3.36 of margin
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
});
