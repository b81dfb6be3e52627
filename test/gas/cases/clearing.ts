/** Worst cases of clearing through the book: 64 fills, each opening a maker's position, after 32 orders of the account are cancelled. */
import { deleverage } from "../../utils/crash.ts";
import { createScene, fillBids, fillSeats, LOTS, type Scene, STEPS, TICK } from "../../utils/gasScene.ts";
import type { GasTable } from "../../utils/gasTable.ts";
import { ask, bid, cross, place } from "../../utils/orders.ts";
import { GAS, setTick, USD } from "../../utils/venue.ts";

export function clearingCases(table: GasTable): void {
  describe("clearing in the book", () => {
    let s: Scene;
    before(async () => {
      s = await createScene();
    });
    beforeEach(async () => {
      await s.restore();
      const lots = 2 * STEPS * LOTS;
      await cross(s.v, s.victim, s.dealer, { tick: TICK, lots, longLeverage: 5, shortLeverage: 1 });
    });

    it("liquidate", async () => {
      await fillSeats(s);
      await fillBids(s, 98_400, 275);
      await setTick(s.v, 98_500);
      const call = s.caller.exchange.liquidate(1, s.victim.account, STEPS, GAS);
      await table.measure(s.v, "liquidate", "64 makers open, 32 own orders", call, { Trade: 64, OrderRemoved: 32 });
    });

    it("liquidate past 64 orders that cannot fill", async () => {
      // margin and fees of an order at 98,400, of which an equity of 20 % at 82,000 is more
      const first = await s.join(STEPS, 21n * USD);
      for (let i = 0; i < STEPS; i++) await s.rest(first + i, { isBid: true, tick: 98_400 - i * 10, leverage: 5 });
      await setTick(s.v, 85_000);
      const call = s.caller.exchange.liquidate(1, s.victim.account, STEPS, GAS);
      await table.measure(s.v, "liquidate", "64 orders short of margin", call, { Trade: 0, OrderRemoved: STEPS });
    });

    it("autoDeleverage in the book, every fill with cover", async () => {
      await fillSeats(s);
      await fillBids(s, 79_900, 300);
      await setTick(s.v, 60_000);
      const call = deleverage({ ...s.v, exchange: s.caller.exchange }, [], { maxCounterparties: 1 });
      const counts = { Trade: STEPS, OrderRemoved: 32, BankruptcySwept: 1, AutoDeleveraged: 1 };
      await table.measure(s.v, "autoDeleverage", "64 makers open with cover, 32 own orders, 1 picked", call, counts);
    });

    it("topUp and poke with funding due and a change of level", async () => {
      const { v, victim, caller } = s;
      await victim.exchange.setTopUp(1, 200_000, 1_000_000n * USD, GAS);
      // four levels a side are read for funding, and the hour since has not been accrued
      for (let i = 0; i < 4; i++) {
        await place(v, caller, bid(TICK - 1_000 - 700 * i, 260, { leverage: 1 }));
        await place(v, caller, ask(TICK + 9_000 + 700 * i, 260, { leverage: 1 }));
      }
      const due = async (tick: number) => {
        await v.connection.networkHelpers.time.increase(3_600);
        await setTick(v, tick);
      };
      await due(90_000);
      const start = await v.connection.networkHelpers.takeSnapshot();
      const counts = { FundingAccrued: 1, LevelChanged: 1 };
      const topUp = caller.exchange.topUp(1, victim.account, GAS);
      await table.measure(v, "topUp", "funding due, level stepped, tip", topUp, { ...counts, ToppedUp: 1 });
      await start.restore();
      await table.measure(v, "poke", "funding due, level stepped", caller.exchange.poke(1, GAS), counts);
    });
  });
}
