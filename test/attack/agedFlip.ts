/** A price too old to open at: a maker's order that would flip its position fills as far as it closes. */
import { expect } from "chai";
import { ask, bid, cross, place, submit } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { setTick, trader, USD } from "../utils/venue.ts";

describe("Attack: closing at an aged price", () => {
  const venue = useVenue({ traders: 4, deposit: 100_000n * USD, markets: [{ maxAge: 3_600, tradeAge: 60 }] });
  it("a maker whose order would flip fills its closing leg, and what would open stays", async () => {
    const v = venue();
    const [a, b, c] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, a, b, { tick: 10_000, lots: 1_000 });
    await cross(v, a, c, { tick: 10_000, lots: 1_000 });
    await place(v, b, bid(10_000, 3_000)); // b: short 1,000: closes 1,000, opens 2,000
    await setTick(v, 10_000);
    await v.connection.networkHelpers.time.increase(600);
    await place(v, a, ask(10_000, 2_000, { ioc: true, reduceOnly: true }));
    expect((await readPositions(v)).get(a.account)?.lots).equal(1_000n);
    expect((await v.exchange.levelAt(1, true, 10_000)).lots).equal(2_000n);
    // and stops whoever comes next
    await expect(submit(a, ask(10_000, 1_000, { ioc: true, reduceOnly: true }))).to.be.revertedWithCustomError(
      v.exchange,
      "PriceTooOldToTrade",
    );
  });
});
