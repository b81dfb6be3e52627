/** Triggers that wait: what may be placed, what may be taken back, and under which ids. */
import { expect } from "chai";
import { cross } from "../utils/orders.ts";
import { type TriggerOptions, triggerOf } from "../utils/triggers.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, trader, USD } from "../utils/venue.ts";

const TICK = 10_000;
const CANCELLED = 0n; // TriggerRemoval

describe("Triggers: placing and taking back", () => {
  const venue = useVenue({ traders: 4, deposit: 10_000n * USD, markets: [{}, {}] }, async (v) => {
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 2_000, longLeverage: 5, shortLeverage: 5 });
  });
  const owner = () => trader(venue(), 0);
  const submit = (o: TriggerOptions, t = owner()) => t.exchange.placeTrigger(triggerOf(o), GAS);
  const idOf = async (o: TriggerOptions) =>
    named(await eventsOf(venue(), submit(o)), "TriggerPlaced")[0]?.["triggerId"] as bigint;

  it("each malformed request reverts with its own error", async () => {
    const v = venue();
    const x = v.exchange;
    const good = { triggerTick: 9_900 };
    await expect(submit({ ...good, market: 3 }))
      .to.be.revertedWithCustomError(x, "UnknownMarket")
      .withArgs(3);
    await expect(submit({ ...good, market: 2 }))
      .to.be.revertedWithCustomError(x, "NoPosition")
      .withArgs(2, owner().account);
    await expect(submit(good, trader(v, 2))).to.be.revertedWithCustomError(x, "NoPosition");
    await expect(submit({ triggerTick: 0 })).to.be.revertedWithCustomError(x, "InvalidTick");
    await expect(submit({ ...good, limitTick: 0 })).to.be.revertedWithCustomError(x, "InvalidTick");
    await expect(submit({ ...good, lots: 0 }))
      .to.be.revertedWithCustomError(x, "InvalidLots")
      .withArgs(0);
    await expect(submit({ ...good, tip: 1_000_001 }))
      .to.be.revertedWithCustomError(x, "TipTooHigh")
      .withArgs(1_000_001, 1_000_000);
    await submit({ ...good, tip: 1_000_000 });
  });

  it("eight a market, in the order of their slots; the event and the view say all of it", async () => {
    const v = venue();
    const ids: bigint[] = [];
    for (let i = 0; i < 8; i++)
      ids.push(await idOf({ triggerTick: 9_900 - i, limitTick: 9_000, lots: 100 + i, tip: i }));
    await expect(submit({ triggerTick: 9_800 }))
      .to.be.revertedWithCustomError(v.exchange, "TooManyTriggers")
      .withArgs(owner().account);
    const views = await v.exchange.triggersAt(1, owner().account);
    expect(views.map((t) => [...t])).to.deep.equal(
      ids.map((id, i) => [id, 0n, true, BigInt(9_900 - i), 9_000n, BigInt(100 + i), BigInt(i)]),
    );
    expect(await v.exchange.triggersAt(2, owner().account)).to.deep.equal([]);
    await owner().exchange.cancelTrigger(1, ids[3] ?? 0n, GAS);
    expect((await v.exchange.triggersAt(1, owner().account)).map((t) => t.triggerId)).to.deep.equal(
      ids.filter((_, i) => i !== 3),
    );
    await idOf({ triggerTick: 9_800 });
  });

  it("cancel: only the owner's, once; a stale id never finds the trigger that reuses its slot", async () => {
    const v = venue();
    const id = await idOf({ triggerTick: 9_900 });
    await expect(trader(v, 1).exchange.cancelTrigger(1, id, GAS))
      .to.be.revertedWithCustomError(v.exchange, "UnknownTrigger")
      .withArgs(trader(v, 1).account, id);
    const { sequence } = await v.exchange.marketAt(1);
    await expect(owner().exchange.cancelTrigger(1, id, GAS))
      .to.emit(v.exchange, "TriggerRemoved")
      .withArgs(1, owner().account, id, CANCELLED, sequence + 1n);
    const next = await idOf({ triggerTick: 9_910 });
    expect([next & 0xffn, next >> 8n]).to.deep.equal([id & 0xffn, (id >> 8n) + 1n]);
    for (const stale of [id, 0n, 9n, next & 0xffn, next + (1n << 8n), next | (1n << 200n)]) {
      await expect(owner().exchange.cancelTrigger(1, stale, GAS)).to.be.revertedWithCustomError(
        v.exchange,
        "UnknownTrigger",
      );
      await expect(v.exchange.executeTrigger(1, owner().account, stale, 8, GAS)).to.be.revertedWithCustomError(
        v.exchange,
        "UnknownTrigger",
      );
    }
  });

  it("placing and cancelling need no price; a delegate may do both", async () => {
    const v = venue();
    const delegate = trader(v, 2);
    await owner().exchange.setDelegate(delegate.address, true, GAS);
    await v.aggregators[0]?.setFailing(true);
    const x = v.exchange.interface;
    const data = x.encodeFunctionData("placeTrigger", [triggerOf({ triggerTick: 9_900 })]);
    await delegate.exchange.tradeFor(owner().account, [data], GAS);
    const [t] = await v.exchange.triggersAt(1, owner().account);
    const cancel = x.encodeFunctionData("cancelTrigger", [1, t?.triggerId ?? 0n]);
    await delegate.exchange.tradeFor(owner().account, [cancel], GAS);
    expect(await v.exchange.triggersAt(1, owner().account)).to.deep.equal([]);
    await v.aggregators[0]?.setFailing(false);
  });
});
