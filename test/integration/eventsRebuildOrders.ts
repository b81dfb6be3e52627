/** From events alone, once more: sessions in which orders are amended, decremented, placed and cancelled by the batch, and triggered. */
import { expect } from "chai";
import { expectRebuilt } from "../utils/expectRebuilt.ts";
import { ask, bid, CANCEL_TAKING, cross, DECREMENT_BOTH, place, requestOf } from "../utils/orders.ts";
import { triggerOf } from "../utils/triggers.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, trader, USD } from "../utils/venue.ts";

const TICK = 10_000;

describe("Events rebuild every order and trigger", () => {
  const fees = { takerFeeRate: 450, makerFeeRate: -100, insuranceShare: 600_000 };
  const venue = useVenue({ traders: 5, deposit: 10_000n * USD, markets: [fees] });

  it("self-trades in every mode, reductions and amendments that fill on the way", async () => {
    const v = venue();
    const [a, b] = [trader(v, 0), trader(v, 1)];
    const first = await place(v, a, ask(TICK, 1_003, { leverage: 7 }));
    await place(v, a, ask(10_002, 500, { leverage: 3 }));
    await place(v, a, bid(9_990, 700, { leverage: 3 }));
    await place(v, a, bid(TICK, 301, { leverage: 9, selfTrade: DECREMENT_BOTH })); // reduces
    await place(v, a, bid(10_002, 2_000, { leverage: 9, selfTrade: DECREMENT_BOTH })); // removes two, and rests
    await place(v, a, ask(10_002, 400, { selfTrade: CANCEL_TAKING }));
    await place(v, a, ask(10_002, 400));
    expect(first.orderId).not.equal(0n);
    const quote = await place(v, b, bid(9_980, 1_001, { leverage: 7 }));
    await b.exchange.amendOrder(1, quote.orderId, 9_980, 333, GAS);
    const moved = named(await eventsOf(v, b.exchange.amendOrder(1, quote.orderId, 9_979, 777, GAS)), "OrderAmended");
    await b.exchange.amendOrder(1, moved[0]?.["newOrderId"] as bigint, 10_002, 900, GAS); // against a's ask
    const seen = await expectRebuilt(v);
    for (const name of ["OrderReduced", "OrderAmended", "SelfTradePrevented", "Trade"]) {
      expect([...seen], name).to.include(name);
    }
  });

  it("batches in which some are refused", async () => {
    const v = venue();
    const a = trader(v, 0);
    const requests = [bid(9_990, 500), ask(0, 500), ask(10_010, 300), ask(9_990, 200), bid(9_000, 10_000_000)];
    await a.exchange.placeOrders(requests.map(requestOf), GAS);
    const { orderIds } = await v.exchange.orderMarginAt(1, a.account);
    await a.exchange.cancelOrders(1, [...orderIds.slice(0, 1), 5n], GAS);
    const seen = await expectRebuilt(v);
    expect([...seen]).to.include("OrderRemoved");
  });

  it("triggers that are cancelled, executed in parts and in full, and gone with their position", async () => {
    const v = venue();
    const [a, b, dealer, keeper] = [trader(v, 0), trader(v, 1), trader(v, 2), trader(v, 3)];
    await cross(v, a, b, { tick: TICK, lots: 2_000, longLeverage: 5, shortLeverage: 5 });
    const ids: bigint[] = [];
    for (const lots of [500, 5_000, 700, 800]) {
      const call = a.exchange.placeTrigger(triggerOf({ triggerTick: 9_900, lots, tip: 900_000 }), GAS);
      ids.push(named(await eventsOf(v, call), "TriggerPlaced")[0]?.["triggerId"] as bigint);
    }
    const execute = (i: number) => keeper.exchange.executeTrigger(1, a.account, ids[i] ?? 0n, 8, GAS);
    await a.exchange.cancelTrigger(1, ids[2] ?? 0n, GAS);
    await setTick(v, 9_900);
    await place(v, dealer, bid(9_895, 333, { leverage: 1 }));
    await execute(0);
    await expectRebuilt(v);
    await place(v, dealer, bid(9_890, 3_000, { leverage: 1 }));
    await execute(0);
    await execute(1);
    await execute(3); // nothing is left that it could close
    const seen = await expectRebuilt(v);
    for (const name of ["TriggerPlaced", "TriggerExecuted", "TriggerRemoved"]) expect([...seen], name).to.include(name);
    expect(await v.exchange.triggersAt(1, a.account)).to.deep.equal([]);
  });
});
