/** What a price that is old, stale or broken stops, and what it never stops. */
import { expect } from "chai";
import { ask, bid, cross, place, submit } from "../utils/orders.ts";
import { LIMITS } from "../utils/randomMarket.ts";
import { useVenue } from "../utils/useVenue.ts";
import { answerAt, GAS, parametersOf, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
const [TRADE_AGE, MAX_AGE] = [100, 300];

/** Sets the feed's timestamp `age` seconds before the next block's. */
async function agePrice(v: Venue, age: number, tick = TICK): Promise<void> {
  const { time } = v.connection.networkHelpers;
  const now = await time.latest();
  await time.setNextBlockTimestamp(now + 1); // a busy machine's clock would run ahead
  await v.aggregators[0]?.setRound(answerAt(parametersOf(v), tick), now + 2 - age);
  await time.setNextBlockTimestamp(now + 2);
}

describe("Price age", () => {
  const venue = useVenue(
    { traders: 5, deposit: 1_000n * USD, markets: [{ tradeAge: TRADE_AGE, maxAge: MAX_AGE }] },
    async (v) => {
      await setTick(v, TICK);
      await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 2_000, longLeverage: 50 });
      await setTick(v, TICK);
      await place(v, trader(v, 2), bid(9_990, 1_000)); // opens
      await place(v, trader(v, 1), bid(9_980, 1_000, { reduceOnly: true })); // reduces
    },
  );

  it("at tradeAge exactly exposure may open; a second later not", async () => {
    const v = venue();
    await agePrice(v, TRADE_AGE);
    expect((await place(v, trader(v, 3), ask(9_990, 200, { ioc: true }))).filled).equal(200n);
    await agePrice(v, TRADE_AGE + 1);
    await expect(submit(trader(v, 3), ask(9_990, 200, { ioc: true })))
      .to.be.revertedWithCustomError(v.exchange, "PriceTooOldToTrade")
      .withArgs(1, TRADE_AGE + 1, TRADE_AGE);
  });

  it("past tradeAge: reducing against a reducing maker, resting, liquidating and adding margin go on; taking it out does not", async () => {
    const v = venue();
    const [long, , opener] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await opener.exchange.cancelAll(1, GAS);
    await agePrice(v, TRADE_AGE + 1);
    expect((await place(v, long, ask(9_980, 500, { ioc: true, reduceOnly: true }))).filled).equal(500n);
    expect((await place(v, opener, bid(9_900, 200))).orderId).not.equal(0n);
    await long.exchange.addMargin(1, USD, GAS);
    await expect(long.exchange.removeMargin(1, USD / 2n, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "PriceTooOldToTrade",
    );
  });

  it("past tradeAge: a maker that would open stops the taker and stays in the book", async () => {
    const v = venue();
    await agePrice(v, TRADE_AGE + 1);
    await expect(submit(trader(v, 0), ask(9_980, 500, { ioc: true, reduceOnly: true }))).to.be.revertedWithCustomError(
      v.exchange,
      "PriceTooOldToTrade",
    );
    expect((await v.exchange.marketAt(1)).bestBid).equal(9_990n);
  });

  it("past tradeAge: a liquidation fills against a maker that opens", async () => {
    const v = venue();
    await agePrice(v, TRADE_AGE + 50, 9_890);
    await v.exchange.liquidate(1, trader(v, 0).account, 10, GAS);
    await setTick(v, 9_890);
  });

  for (const broken of ["stale", "zero", "negative", "never answered", "from the future", "failing"] as const) {
    it(`${broken}: stops trading, liquidation and ADL; never cancelling, depositing, adding margin, withdrawing`, async () => {
      const v = venue();
      const x = v.exchange;
      const aggregator = v.aggregators[0];
      const now = await v.connection.networkHelpers.time.latest();
      const answer = answerAt(parametersOf(v), TICK);
      if (broken === "stale") await agePrice(v, MAX_AGE + 5);
      if (broken === "zero") await aggregator?.setAnswer(0);
      if (broken === "negative") await aggregator?.setAnswer(-1);
      if (broken === "never answered") await aggregator?.setRound(answer, 0);
      if (broken === "from the future") await aggregator?.setRound(answer, now + 1_000);
      if (broken === "failing") await aggregator?.setFailing(true);
      const error = broken === "stale" ? "StalePrice" : "PriceUnavailable";
      const [a, , c] = [trader(v, 0), trader(v, 1), trader(v, 2)];
      const stopped = [
        () => submit(a, ask(9_990, 200)),
        () => submit(a, ask(9_990, 200, { ioc: true, reduceOnly: true })),
        () => x.poke(1, GAS),
        () => x.liquidate(1, a.account, 10, GAS),
        () => x.autoDeleverage(1, [], LIMITS, GAS),
        () => a.exchange.removeMargin(1, 1, GAS),
      ];
      for (const call of stopped) await expect(call()).to.be.revertedWithCustomError(x, error);
      await c.exchange.cancelAll(1, GAS);
      await a.exchange.deposit(0, GAS).catch(() => undefined);
      await a.exchange.addMargin(1, USD, GAS);
      await trader(v, 1).exchange.addMargin(1, USD, GAS);
      await a.exchange.withdraw(USD, a.address, GAS);
      await aggregator?.setFailing(false);
      await setTick(v, TICK);
    });
  }

  it("at maxAge exactly the price still counts", async () => {
    const v = venue();
    await agePrice(v, MAX_AGE);
    await v.exchange.poke(1, GAS);
    await agePrice(v, MAX_AGE + 1);
    await expect(v.exchange.poke(1, GAS))
      .to.be.revertedWithCustomError(v.exchange, "StalePrice")
      .withArgs(1, MAX_AGE + 1, MAX_AGE);
    await setTick(v, TICK);
  });

  it("a stale price does not open the gate for the side that is owed: taken keeps the opposing margin where it is", async () => {
    const v = venue();
    await setTick(v, 9_000);
    await v.exchange
      .autoDeleverage(1, [], { ...LIMITS, maxSteps: 1, maxCounterparties: 0 }, GAS)
      .catch(() => undefined);
    await agePrice(v, MAX_AGE + 5, 9_000);
    const taken = (await v.exchange.marketAt(1)).taken;
    if (taken !== 0n) {
      await expect(trader(v, 1).exchange.addMargin(1, USD, GAS)).to.be.revertedWithCustomError(
        v.exchange,
        "MarketInsolvent",
      );
    }
    await setTick(v, 9_000);
  });
});
