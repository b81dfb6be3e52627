/** LeverageWaterfill: lists that a stranger's small call has overtaken, and callers that ask for more counterparties than there are. */
import { expect } from "chai";
import { type Crash, deleverage, openCrash } from "../utils/crash.ts";
import { ask, bid, cross, place } from "../utils/orders.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, named, setTick, trader } from "../utils/venue.ts";

describe("Attack: lists under LeverageWaterfill", () => {
  let crash: Crash;
  const venue = useVenue({ traders: 12, markets: [{ rankPolicy: 1, minNotional: 1n }] }, async (v) => {
    crash = await openCrash(v, "long");
    await cross(v, trader(v, 8), crash.victim, { tick: 10_000, lots: 5_000, longLeverage: 1, shortLeverage: 1 });
    // two more in the row of the first
    for (const i of [6, 7]) await place(v, trader(v, i), ask(10_000, 1_000, { leverage: 40 }));
    await place(v, trader(v, 9), bid(10_000, 2_000, { leverage: 1, ioc: true }));
    await setTick(v, crash.crashed);
  });
  const taken = async (call: Parameters<typeof eventsOf>[1]) =>
    named(await eventsOf(venue(), call), "AutoDeleveraged").map((e) => Number(e["counterparty"]));

  it("a step by a stranger puts the first behind its row: the list made before is refused, the empty list goes on", async () => {
    const v = venue();
    const queue = await v.exchange.adlQueue(1, true, BigInt(crash.x) * 655_360n, 10);
    const list = queue.map((e) => Number(e.account));
    expect(await taken(deleverage(v, [], { maxCounterparties: 1 }))).to.deep.equal(list.slice(0, 1));
    await expect(deleverage(v, list)).to.be.revertedWithCustomError(v.exchange, "RankingUnsorted");
    const [first, ...others] = await taken(deleverage(v, []));
    expect(first).equal(list[1]);
    expect(others).to.include(list[0]);
  });

  // memory for as many members is allocated whether or not they exist
  it("as many counterparties as the limit can say: the call takes those that there are", async () => {
    expect((await taken(deleverage(venue(), [], { maxCounterparties: 65_535 }))).length).greaterThan(1);
  });
});
