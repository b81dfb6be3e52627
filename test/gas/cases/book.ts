/** Worst cases of the order book: as many fills or removals as one call may make, each in words of storage of its own. */
import { createScene, LOTS, type Scene, STEPS, TICK } from "../../utils/gasScene.ts";
import type { GasTable } from "../../utils/gasTable.ts";
import { ask, bid, place, submit } from "../../utils/orders.ts";
import { GAS, setTick, USD } from "../../utils/venue.ts";

/** So far apart that each level has a word of the tick bitmap of its own. */
const APART = 700;

export function bookCases(table: GasTable): void {
  describe("order book", () => {
    let s: Scene;
    before(async () => {
      s = await createScene();
    });
    beforeEach(async () => {
      await s.restore();
    });
    const all = STEPS * LOTS;
    /** One order of each of 64 members, away from the mark. */
    const restAll = async (isBid: boolean, lots = LOTS, deposit = 10_000n * USD, extra: object = {}) => {
      const first = await s.join(STEPS, deposit);
      for (let i = 0; i < STEPS; i++) await s.rest(first + i, order(isBid, i, lots, extra));
      return first;
    };
    const order = (isBid: boolean, i: number, lots: number, extra: object = {}) => ({
      isBid,
      tick: isBid ? TICK - 1 - i * APART : TICK + 1 + i * APART,
      lots,
      leverage: 1 + (i % 5),
      ...extra,
    });
    const take = (isBid: boolean, lots: number) =>
      submit(s.dealer, (isBid ? bid : ask)(isBid ? 149_000 : 51_000, lots, { leverage: 1, ioc: true }));

    it("placeOrder against 64 makers that open, and then flip", async () => {
      const first = await restAll(true);
      await table.measure(s.v, "placeOrder", "64 makers open", take(false, all), { Trade: STEPS, PositionChanged: 65 });
      for (let i = 0; i < STEPS; i++) await s.rest(first + i, order(false, i, 2 * LOTS));
      const counts = { Trade: STEPS, PositionChanged: 65 };
      await table.measure(s.v, "placeOrder", "64 makers flip, the taker too", take(true, 2 * all), counts);
    });

    it("closePosition against 64 makers that open", async () => {
      await restAll(true);
      await take(false, all).then((t) => t.wait());
      await restAll(false);
      const close = s.dealer.exchange.closePosition(1, 149_000, STEPS, GAS);
      await table.measure(s.v, "closePosition", "64 makers open", close, { Trade: STEPS });
    });

    it("placeOrder past 64 orders that cannot fill, for each reason", async () => {
      const removed = { OrderRemoved: STEPS, Trade: 0 };
      const expiry = (await s.v.connection.networkHelpers.time.latest()) + 1_000;
      await restAll(false, LOTS, 10_000n * USD, { expiry });
      await s.v.connection.networkHelpers.time.increase(2_000);
      await setTick(s.v, TICK);
      await table.measure(s.v, "placeOrder", "64 expired orders", take(true, all), removed);

      await s.restore();
      // 32 is all that an account may have; another account's expired ones make up the rest
      for (let i = 0; i < 32; i++) await place(s.v, s.dealer, ask(TICK + 1 + i * APART, LOTS, { leverage: 1 }));
      const soon = (await s.v.connection.networkHelpers.time.latest()) + 1_000;
      const first = await s.join(32);
      for (let i = 0; i < 32; i++) await s.rest(first + i, { ...order(false, i + 32, LOTS), expiry: soon });
      await s.v.connection.networkHelpers.time.increase(2_000);
      await setTick(s.v, TICK);
      await table.measure(s.v, "placeOrder", "32 own and 32 expired orders", take(true, all), removed);

      await s.restore();
      await setTick(s.v, 60_000);
      const low = await s.join(STEPS);
      for (let i = 0; i < STEPS; i++) await s.rest(low + i, { isBid: false, tick: 30_100 + 300 * i, leverage: 5 });
      await setTick(s.v, TICK);
      await table.measure(s.v, "placeOrder", "64 orders outside the band", take(true, all), removed);

      await s.restore();
      const holders = await restAll(true);
      await take(false, all).then((t) => t.wait());
      const reducing = { reduceOnly: true };
      for (let i = 0; i < STEPS; i++) await s.rest(holders + i, order(false, i, LOTS, reducing));
      await place(s.v, s.caller, bid(TICK, all, { leverage: 1 }));
      const close = s.v.exchange.interface.encodeFunctionData("closePosition", [1, TICK, 64]);
      for (let i = 0; i < STEPS; i++) await s.run(holders + i, close);
      await table.measure(s.v, "placeOrder", "64 reduce-only orders without a position", take(true, all), removed);

      await s.restore();
      // 22 units are margin and fees at 5x and no more; 40 % up, nothing is left of it
      const poor = await s.join(STEPS, 22n * USD);
      for (let i = 0; i < STEPS; i++) await s.rest(poor + i, { isBid: false, tick: TICK + 1 + 100 * i, leverage: 5 });
      await setTick(s.v, 140_000);
      await table.measure(s.v, "placeOrder", "64 orders short of margin", take(true, all), removed);
    });

    it("cancelAll of 32 orders on 32 levels, cancelOrder of the best one", async () => {
      let id = 0n;
      for (let i = 31; i >= 0; i--)
        ({ orderId: id } = await place(s.v, s.dealer, ask(TICK + 1 + i * APART, LOTS, { leverage: 1 })));
      await table.measure(s.v, "cancelOrder", "best of 32 levels", s.dealer.exchange.cancelOrder(1, id, GAS));
      await place(s.v, s.dealer, ask(TICK + 1, LOTS, { leverage: 1 }));
      const cancel = s.dealer.exchange.cancelAll(1, GAS);
      await table.measure(s.v, "cancelAll", "32 orders, 32 levels", cancel, { OrderRemoved: 32 });
    });

    it("cancelAll whose every removal moves the impact price on through dust", async () => {
      // 96 levels of ten units between the account's one order that is worth the impact notional and its others
      const first = await s.join(24);
      for (let i = 0; i < 24; i++)
        await s.restAll(
          first + i,
          [1, 2, 3, 4].map((j) => order(false, 4 * i + j, LOTS / 10)),
        );
      await place(s.v, s.dealer, ask(TICK + 1, 10 * LOTS, { leverage: 1 }));
      for (let i = 0; i < 31; i++)
        await place(s.v, s.dealer, ask(TICK + 1 + (97 + i) * APART, LOTS / 10, { leverage: 1 }));
      const cancel = s.dealer.exchange.cancelAll(1, GAS);
      await table.measure(s.v, "cancelAll", "32 orders, 96 levels of dust", cancel, { OrderRemoved: 32 });
    });
  });
}
