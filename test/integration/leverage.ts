/** The leverage setting of an account in a market: what orders that name none use, and what it leaves alone. */
import { expect } from "chai";
import { ask, bid, cross, place, submit } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, parametersOf, trader, USD } from "../utils/venue.ts";

const TICK = 10_000;

describe("Leverage setting", () => {
  const venue = useVenue({ traders: 4, deposit: 1_000n * USD, markets: [{}, {}] });
  const margin = async (i: number, market = 1) =>
    (await readPositions(venue(), market)).get(trader(venue(), i).account);

  it("without one, an order that names no leverage is refused; one that only reduces needs none", async () => {
    const v = venue();
    const [a, b, c] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    expect(await v.exchange.leverageAt(1, a.account)).equal(0n);
    await expect(submit(a, bid(TICK, 1_000, { leverage: 0 })))
      .to.be.revertedWithCustomError(v.exchange, "InvalidLeverage")
      .withArgs(0, 50);
    await cross(v, a, b, { tick: TICK, lots: 1_000 });
    await place(v, c, bid(TICK, 1_000));
    expect((await place(v, a, ask(TICK, 400, { leverage: 0, reduceOnly: true, ioc: true }))).filled).equal(400n);
    await a.exchange.closePosition(1, TICK, 5, GAS);
    expect(await margin(0)).equal(undefined);
  });

  it("bounds: 1 to what the first tier allows; an unknown market; an unknown account", async () => {
    const v = venue();
    const a = trader(v, 0).exchange;
    for (const [leverage, market] of [
      [0, 1],
      [51, 1],
      [257, 1],
    ] as const)
      await expect(a.setLeverage(market, leverage, GAS))
        .to.be.revertedWithCustomError(v.exchange, "InvalidLeverage")
        .withArgs(leverage, 50);
    await a.setLeverage(1, 1, GAS);
    await a.setLeverage(1, 50, GAS);
    expect(await v.exchange.leverageAt(1, 1)).equal(50n);
    await expect(a.setLeverage(3, 5, GAS))
      .to.be.revertedWithCustomError(v.exchange, "UnknownMarket")
      .withArgs(3);
    const stranger = (await v.connection.ethers.getSigners())[9];
    if (!stranger) throw new Error("no tenth signer");
    await expect(v.exchange.connect(stranger).setLeverage(1, 5, GAS))
      .to.be.revertedWithCustomError(v.exchange, "NoAccount")
      .withArgs(stranger.address);
  });

  it("is what orders without one use; an order's own comes before it; other accounts and markets keep theirs", async () => {
    const v = venue();
    const [a, b] = [trader(v, 0), trader(v, 1)];
    const { sequence } = await v.exchange.marketAt(1);
    await expect(a.exchange.setLeverage(1, 7, GAS))
      .to.emit(v.exchange, "LeverageSet")
      .withArgs(1, a.account, 7, sequence + 1n);
    expect(await v.exchange.leverageAt(2, a.account)).equal(0n);
    expect(await v.exchange.leverageAt(1, b.account)).equal(0n);
    const own = await place(v, a, bid(9_990, 1_000, { leverage: 0 }));
    expect(named(own.events, "OrderPlaced")[0]?.["leverage"]).equal(7n);
    expect((await v.exchange.orderMarginAt(1, a.account)).bidReserve).equal((99_900_000n + 6n) / 7n);
    const other = await place(v, a, bid(9_980, 1_000, { leverage: 3 }));
    expect(named(other.events, "OrderPlaced")[0]?.["leverage"]).equal(3n);
    expect((await v.exchange.orderMarginAt(1, a.account)).bidReserve).equal(14_271_429n + 33_266_667n);
    await expect(submit(a, bid(9_990, 1_000, { leverage: 0, market: 2 }))).to.be.revertedWithCustomError(
      v.exchange,
      "InvalidLeverage",
    );
    await expect(submit(b, bid(9_990, 1_000, { leverage: 0 }))).to.be.revertedWithCustomError(
      v.exchange,
      "InvalidLeverage",
    );
  });

  it("what rests and what is open keep their margin when it changes; seats and reserves survive it", async () => {
    const v = venue();
    const [a, b] = [trader(v, 0), trader(v, 1)];
    await a.exchange.setLeverage(1, 10, GAS);
    await cross(v, a, b, { tick: TICK, lots: 1_000, longLeverage: 10 });
    const { orderId } = await place(v, a, bid(9_990, 1_000, { leverage: 0 }));
    await place(v, a, ask(10_010, 500, { leverage: 5 }));
    const before = [
      await margin(0),
      await v.exchange.orderMarginAt(1, a.account),
      await v.exchange.accountAt(a.account),
    ];
    const events = await eventsOf(v, a.exchange.setLeverage(1, 2, GAS));
    expect(events.map((e) => e.name)).to.deep.equal(["LeverageSet"]);
    const after = [
      await margin(0),
      await v.exchange.orderMarginAt(1, a.account),
      await v.exchange.accountAt(a.account),
    ];
    expect(after).to.deep.equal(before);
    // the resting order still fills at 10x
    await place(v, b, ask(9_990, 1_000, { ioc: true, leverage: 10 }));
    expect((await margin(0))?.margin).equal(10n * USD + 9_990_000n);
    // and the next one takes 2x
    await place(v, b, ask(9_995, 1_000, { leverage: 10 }));
    await place(v, a, bid(9_995, 1_000, { leverage: 0, ioc: true }));
    expect((await margin(0))?.margin).equal(10n * USD + 9_990_000n + 49_975_000n);
    await expect(a.exchange.cancelOrder(1, orderId, GAS)).to.be.revertedWithCustomError(v.exchange, "UnknownOrder");
  });

  it("a setting above what the market allows by now is refused when it is used", async () => {
    const v = venue();
    const a = trader(v, 0);
    await a.exchange.setLeverage(1, 50, GAS);
    const { risk, tiers, ...rest } = parametersOf(v);
    const source = v.deployed.markets[0]?.source ?? "";
    const config = { ...rest, source, extraTiers: tiers.length, initialRate: 40_000 };
    await v.exchange.updateMarket(1, config, risk, [...tiers], GAS);
    await expect(submit(a, bid(TICK, 1_000, { leverage: 0 })))
      .to.be.revertedWithCustomError(v.exchange, "InvalidLeverage")
      .withArgs(50, 25);
    expect((await place(v, a, bid(TICK, 1_000, { leverage: 25 }))).orderId).not.equal(0n);
  });
});
