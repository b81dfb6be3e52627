/** How fast open interest may grow: a bucket of lots that refills by the second, and what closes gives room back. */
import { expect } from "chai";
import { marketConfig } from "../utils/marketConfig.ts";
import { ask, bid, cross, type OrderOptions, place, submit } from "../utils/orders.ts";
import { LIMITS } from "../utils/randomMarket.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, noLimits, setTick, type Trader, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
const CAPPED = 4; // FillRule.Refusal.OpenInterestCapped
const risk = { ...noLimits, growthLots: 6_000n, growthPeriod: 600 }; // ten lots a second

const now = async (v: Venue) => (await v.connection.ethers.provider.getBlock("latest"))?.timestamp ?? 0;
const nextAt = (v: Venue, timestamp: number) => v.connection.networkHelpers.time.setNextBlockTimestamp(timestamp);

describe("Growth of open interest", () => {
  const venue = useVenue({ traders: 6, markets: [{ risk, maxOpenInterest: 1_000_000n }] }, async (v) => {
    await place(v, trader(v, 0), ask(TICK, 50_000, { leverage: 1 }));
  });
  const buy = (lots: number, t: Trader = trader(venue(), 1), rest: Partial<OrderOptions> = {}) =>
    submit(t, bid(TICK, lots, { ioc: true, leverage: 1, ...rest }));
  const refused = async (lots: number, t: Trader = trader(venue(), 1)) =>
    expect(buy(lots, t)).to.be.revertedWithCustomError(venue().exchange, "FillRefused").withArgs(t.account, CAPPED);
  const openInterest = async () => (await venue().exchange.marketAt(1)).openInterest;
  const growth = async () => (await venue().exchange.riskAt(1)).growth;

  it("as much as the bucket holds at once, and not a lot more", async () => {
    expect(await growth()).equal(6_000n);
    await refused(6_001);
    await buy(6_000);
    expect(await openInterest()).equal(6_000n);
    expect(await growth()).equal(0n);
  });

  for (const [seconds, lots] of [
    [10, 100],
    [11, 110],
    [599, 5_990],
    [600, 6_000],
    [50_000, 6_000],
  ] as const) {
    it(`${seconds} s after it was emptied: ${lots} lots`, async () => {
      const v = venue();
      await buy(6_000);
      const emptied = await now(v);
      await nextAt(v, emptied + seconds);
      await refused(lots + 1);
      // a refused order is a second of its own
      await v.connection.networkHelpers.time.setNextBlockTimestamp(emptied + seconds + 1);
      const room = Math.min(lots + 10, 6_000);
      await buy(room);
      expect(await openInterest()).equal(BigInt(6_000 + room));
    });
  }

  it("closing gives room back at once, and never more than the bucket holds", async () => {
    const v = venue();
    await buy(6_000);
    await place(v, trader(v, 2), bid(9_900, 10_000, { leverage: 1 }));
    await trader(v, 0).exchange.cancelAll(1, GAS);
    // both close against each other: 2,000 lots of open interest go
    await place(v, trader(v, 0), bid(9_950, 2_000, { reduceOnly: true }));
    const before = await now(v);
    await place(v, trader(v, 1), ask(9_950, 2_000, { ioc: true, reduceOnly: true }));
    expect(await openInterest()).equal(4_000n);
    const refilled = BigInt((await now(v)) - before) * 10n;
    expect((await growth()) >= 2_000n && (await growth()) <= 2_000n + refilled + 60n).equal(true);
    // the rest closes: a full bucket, not one of 6,000 and what closed
    await place(v, trader(v, 0), bid(9_950, 4_000, { reduceOnly: true }));
    await place(v, trader(v, 1), ask(9_950, 4_000, { ioc: true, reduceOnly: true }));
    expect([await openInterest(), await growth()]).to.deep.equal([0n, 6_000n]);
    await v.connection.networkHelpers.time.increase(1_000);
    expect(await growth()).equal(6_000n);
  });

  it("a position that changes hands needs no room", async () => {
    const v = venue();
    await buy(6_000);
    await trader(v, 0).exchange.cancelAll(1, GAS);
    await place(v, trader(v, 1), ask(TICK, 3_000, { reduceOnly: true }));
    await buy(3_000, trader(v, 2));
    expect(await openInterest()).equal(6_000n);
    expect((await readPositions(v)).get(trader(v, 2).account)?.lots).equal(3_000n);
  });

  it("a maker that would flip: its closing leg changes hands, what would open stays in the book", async () => {
    const v = venue();
    await buy(6_000);
    await trader(v, 0).exchange.cancelAll(1, GAS);
    await place(v, trader(v, 1), ask(TICK, 8_000, { leverage: 1 })); // closes 6,000, opens 2,000
    await buy(8_000, trader(v, 2));
    const positions = await readPositions(v);
    expect([positions.get(trader(v, 1).account), positions.get(trader(v, 2).account)?.lots]).to.deep.equal([
      undefined,
      6_000n,
    ]);
    expect([await openInterest(), (await v.exchange.levelAt(1, false, TICK)).lots]).to.deep.equal([6_000n, 2_000n]);
  });

  it("both would flip: as much as the larger closing leg", async () => {
    const v = venue();
    await buy(6_000);
    await trader(v, 0).exchange.cancelAll(1, GAS);
    await place(v, trader(v, 3), ask(TICK, 4_000, { leverage: 1 }));
    await buy(4_000, trader(v, 0), { reduceOnly: true }); // 2,000 short are left of 6,000
    await place(v, trader(v, 1), ask(TICK, 9_000, { leverage: 1 })); // closes 6,000, opens 3,000
    await buy(9_000, trader(v, 0)); // closes 2,000, opens 7,000
    const positions = await readPositions(v);
    const lots = [0, 1, 3].map((i) => positions.get(trader(v, i).account)?.lots);
    expect([...lots, await openInterest()]).to.deep.equal([4_000n, undefined, -4_000n, 4_000n]);
  });

  it("fills in order until one does not fit whole: nobody searches for a smaller size", async () => {
    const v = venue();
    await trader(v, 0).exchange.cancelAll(1, GAS);
    for (let i = 0; i < 3; i++) await place(v, trader(v, 0), ask(TICK + i, 2_500, { leverage: 1 }));
    const { filled } = await place(v, trader(v, 1), bid(TICK + 2, 7_500, { leverage: 1 }));
    expect(filled).equal(5_000n);
    // the maker keeps its order, the taker's rest does not rest
    expect((await v.exchange.levelAt(1, false, TICK + 2)).lots).equal(2_500n);
    expect((await v.exchange.marketAt(1)).bestBid).equal(0n);
  });

  it("the cap binds where it is nearer than the bucket", async () => {
    const v = venue();
    const parameters = marketConfig(v);
    await v.exchange.updateMarket(1, { ...parameters, maxOpenInterest: 1_000n }, risk, []);
    expect(await growth()).equal(1_000n);
    await refused(1_001);
    await buy(1_000);
    await v.connection.networkHelpers.time.increase(600);
    await setTick(v, TICK);
    expect(await growth()).equal(0n);
    await refused(100);
  });

  it("an empty bucket stops no liquidation and no deleveraging", async () => {
    const v = venue();
    await trader(v, 0).exchange.cancelAll(1, GAS);
    await cross(v, trader(v, 3), trader(v, 4), { tick: TICK, lots: 6_000, longLeverage: 50, shortLeverage: 1 });
    await place(v, trader(v, 5), bid(9_885, 300, { leverage: 1 }));
    await setTick(v, 9_890);
    expect(
      named(await eventsOf(v, v.exchange.liquidate(1, trader(v, 3).account, 8, GAS)), "Liquidated")[0]?.["lots"],
    ).equal(300n);
    await setTick(v, 9_400);
    const events = await eventsOf(v, v.exchange.autoDeleverage(1, [], LIMITS, GAS));
    expect(named(events, "DeleverageCall").map((e) => e["lots"])).to.deep.equal([5_700n]);
  });

  it("slower than a lot a second is refused: touching it each second would keep it from refilling", async () => {
    const v = venue();
    const parameters = marketConfig(v);
    await expect(v.exchange.updateMarket(1, parameters, { ...risk, growthLots: 599n }, []))
      .to.be.revertedWithCustomError(v.exchange, "InvalidMarketConfig")
      .withArgs("growthLots");
    await v.exchange.updateMarket(1, parameters, { ...risk, growthLots: 600n }, []);
  });
});

describe("Attack: keeping others out by filling the growth bucket", () => {
  const fees = { takerFeeRate: 450, makerFeeRate: 150, insuranceShare: 1_000_000 };
  const venue = useVenue({ traders: 4, markets: [{ risk, ...fees }] });

  it("costs the fees of both sides for each lot kept away, and closing lets others in again", async () => {
    const v = venue();
    const [a, b, honest] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    const worth = async () =>
      (await v.exchange.accountAt(a.account)).free + (await v.exchange.accountAt(b.account)).free;
    const start = await worth();
    await cross(v, a, b, { tick: TICK, lots: 6_000, longLeverage: 50, shortLeverage: 50 });
    await place(v, b, ask(TICK, 10_000, { leverage: 1 }));
    const blocked = submit(honest, bid(TICK, 200, { ioc: true }));
    await expect(blocked).to.be.revertedWithCustomError(v.exchange, "FillRefused").withArgs(honest.account, CAPPED);
    await b.exchange.cancelAll(1, GAS);
    // to keep the door shut, what refills must be filled: 1,200 lots in two minutes
    await v.connection.networkHelpers.time.increase(120);
    await setTick(v, TICK);
    const room = (await v.exchange.riskAt(1)).growth;
    expect(room >= 1_200n && room <= 1_300n).equal(true);
    await cross(v, a, b, { tick: TICK, lots: 1_200, longLeverage: 50, shortLeverage: 50 });
    // and closing 7,200 lots costs the same again, and opens it
    await place(v, a, ask(TICK, 7_200, { reduceOnly: true }));
    await place(v, b, bid(TICK, 7_200, { ioc: true, reduceOnly: true }));
    expect(start - (await worth())).equal((2n * 720n * USD * 600n) / 1_000_000n);
    expect(await v.exchange.insuranceBalance()).equal((2n * 720n * USD * 600n) / 1_000_000n);
    expect((await v.exchange.riskAt(1)).growth).equal(6_000n);
    await cross(v, honest, b, { tick: TICK, lots: 6_000, longLeverage: 10, shortLeverage: 10 });
  });
});
