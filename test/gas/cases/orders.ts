/** Worst cases of what is done with orders beyond placing one: self-trades, batches, amendments, triggers. */
import { createScene, LOTS, type Scene, STEPS, TICK } from "../../utils/gasScene.ts";
import type { GasTable } from "../../utils/gasTable.ts";
import { ask, bid, DECREMENT_BOTH, place, requestOf, submit } from "../../utils/orders.ts";
import { eventsOf, GAS, named, setTick, USD } from "../../utils/venue.ts";

/** So far apart that each level has a word of the tick bitmap of its own. */
const APART = 700;
const WHOLE = 2n ** 40n - 1n;

export function orderCases(table: GasTable): void {
  describe("orders", () => {
    let s: Scene;
    before(async () => {
      s = await createScene();
    });
    beforeEach(async () => {
      await s.restore();
    });
    const all = STEPS * LOTS;
    /** Bids of as many members below the mark, each on a level of its own. */
    const restBids = async (count: number) => {
      const first = await s.join(count);
      for (let i = 0; i < count; i++)
        await s.rest(first + i, { isBid: true, tick: TICK - 1 - i * APART, leverage: 1 + (i % 5) });
    };
    const ownAsks = async (count: number) => {
      const ids: bigint[] = [];
      for (let i = count - 1; i >= 0; i--)
        ids.push((await place(s.v, s.dealer, ask(TICK + 1 + i * APART, LOTS, { leverage: 1 }))).orderId);
      return ids;
    };

    it("placeOrder through 32 own orders that it decrements, and 32 makers", async () => {
      await ownAsks(32);
      const first = await s.join(32);
      for (let i = 32; i < STEPS; i++)
        await s.rest(first + i - 32, { isBid: false, tick: TICK + 1 + i * APART, leverage: 1 + (i % 5) });
      const call = submit(s.dealer, bid(149_000, all, { leverage: 1, ioc: true, selfTrade: DECREMENT_BOTH }));
      const counts = { SelfTradePrevented: 32, OrderRemoved: 32, Trade: 32 };
      await table.measure(s.v, "placeOrder", "32 own orders decremented, 32 makers open", call, counts);
    });

    it("placeOrders: 32 that rest, on 32 levels; two that fill against 32 makers each", async () => {
      const rest = Array.from({ length: 32 }, (_, i) => requestOf(bid(TICK - 1 - i * APART, LOTS, { leverage: 1 })));
      const call = s.dealer.exchange.placeOrders(rest, GAS);
      await table.measure(s.v, "placeOrders", "32 rest on 32 levels", call, { OrderPlaced: 32 });

      await s.restore();
      await restBids(STEPS);
      const half = requestOf(ask(51_000, all / 2, { leverage: 1, ioc: true, maxSteps: STEPS / 2 }));
      const fills = s.dealer.exchange.placeOrders([half, half], GAS);
      await table.measure(s.v, "placeOrders", "2 orders, 64 makers open", fills, { Trade: STEPS });
    });

    it("cancelOrders: 32 orders on 32 levels", async () => {
      const ids = await ownAsks(32);
      const call = s.dealer.exchange.cancelOrders(1, ids, GAS);
      await table.measure(s.v, "cancelOrders", "32 orders, 32 levels", call, { OrderRemoved: 32 });
    });

    it("amendOrder: across the book, against 64 makers that open", async () => {
      const [worst] = await ownAsks(32);
      await restBids(STEPS);
      const call = s.dealer.exchange.amendOrder(1, worst ?? 0n, 51_000, 2 * all, GAS);
      await table.measure(s.v, "amendOrder", "64 makers open", call, { Trade: STEPS, OrderAmended: 1 });
    });

    it("triggers: the eighth, and one executed against 64 makers that open", async () => {
      await place(s.v, s.victim, ask(TICK, all, { leverage: 1 }));
      await place(s.v, s.dealer, bid(TICK, all, { leverage: 1, ioc: true }));
      const request = { market: 1, kind: 0, triggerTick: TICK, limitTick: 51_000, lots: WHOLE, tip: USD };
      for (let i = 0; i < 7; i++) await s.dealer.exchange.placeTrigger(request, GAS);
      const eighth = s.dealer.exchange.placeTrigger(request, GAS);
      await table.measure(s.v, "placeTrigger", "the eighth", eighth, { TriggerPlaced: 1 });
      const triggers = await s.v.exchange.triggersAt(1, s.dealer.account);
      const [first, last] = [triggers[0]?.triggerId ?? 0n, triggers[7]?.triggerId ?? 0n];
      await table.measure(s.v, "cancelTrigger", "the first of eight", s.dealer.exchange.cancelTrigger(1, first, GAS));
      await restBids(STEPS);
      await setTick(s.v, TICK);
      const execute = s.caller.exchange.executeTrigger(1, s.dealer.account, last, STEPS, GAS);
      const events = await eventsOf(s.v, Promise.resolve(await execute));
      const [e] = named(events, "TriggerExecuted");
      if (e?.["lotsLeft"] !== 0n) throw new Error("the trigger did not close all");
      await table.measure(s.v, "executeTrigger", "64 makers open", execute, { Trade: STEPS, TriggerExecuted: 1 });
    });
  });
}
