/**
 * Attacks on the circuit breaker, as found: what it takes to step a market, to keep it stepped, and to have a jump go unseen. None of
 * them moves anybody's money; what they can reach is documented in docs/security.md.
 */
import { expect } from "chai";
import { CAUTIOUS, NORMAL, REDUCE_ONLY } from "../utils/breakerModel.ts";
import { marketConfig } from "../utils/marketConfig.ts";
import { ask, bid, cross, place } from "../utils/orders.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, noLimits, setTick, trader, USD } from "../utils/venue.ts";

const TICK = 10_000;
const ratios = { ...noLimits, cautiousRatio: 15_000, reduceOnlyRatio: 8_000, hysteresis: 5_000 };
const fees = { takerFeeRate: 450, makerFeeRate: 150, insuranceShare: 1_000_000, liquidationFeeRate: 1_000 };

describe("Attack: stepping the market with thin positions of one's own", () => {
  // honest interest of 1,000 lots a side at 10x; the attacker's pair at 50x, both sides its own
  const venue = useVenue({ traders: 6, markets: [{ risk: ratios, ...fees }] }, async (v) => {
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 1_000, longLeverage: 10, shortLeverage: 10 });
  });
  const wash = (lots: number) =>
    cross(venue(), trader(venue(), 2), trader(venue(), 3), { tick: TICK, lots, longLeverage: 50, shortLeverage: 50 });
  const stepped = async () => (await venue().exchange.riskAt(1)).stepped;
  const worth = async () =>
    (await venue().exchange.accountAt(trader(venue(), 2).account)).free +
    (await venue().exchange.accountAt(trader(venue(), 3).account)).free;

  it("ten times the honest interest is not enough for Cautious while it cannot be liquidated", async () => {
    const v = venue();
    await wash(10_000);
    // 0.99 % down: the pair's long is a hair above maintenance. (0.0901·1,000 + 0.0101·10,000) / 11,000 / 0.9901 = 1.75 %
    await setTick(v, 9_901);
    await expect(v.exchange.liquidate(1, trader(v, 2).account, 8, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "NotLiquidatable",
    );
    expect(await stepped()).equal(NORMAL);
  });

  it("twenty times is; it costs the fees of both sides, and moves nobody's money", async () => {
    const v = venue();
    const [start, before] = [await worth(), await v.exchange.positionAt(1, trader(v, 0).account)];
    await wash(20_000);
    expect(start - (await worth())).equal((2_000n * USD * 600n) / 1_000_000n + 80n * USD); // fees of 1.2, and margins of 40 each
    await setTick(v, 9_901);
    expect(await stepped()).equal(CAUTIOUS);
    // the honest position is what it was: not liquidatable, and it may close
    expect((await v.exchange.positionAt(1, trader(v, 0).account)).margin).equal(before.margin);
    await place(v, trader(v, 4), bid(9_900, 1_000, { leverage: 1 }));
    await trader(v, 0).exchange.closePosition(1, 9_900, 8, GAS);
  });

  it("for ReduceOnly they must stay below maintenance: whoever liquidates ends it, with a fee out of the attacker's margin", async () => {
    const v = venue();
    await wash(20_000);
    await setTick(v, 9_820); // (0.082·1,000 + 0.002·20,000) / 21,000 / 0.982 = 0.59 %
    expect(await stepped()).equal(REDUCE_ONLY);
    await place(v, trader(v, 4), bid(9_818, 20_000, { leverage: 1 }));
    await setTick(v, 9_820);
    const [e] = named(await eventsOf(v, v.exchange.liquidate(1, trader(v, 2).account, 8, GAS)), "Liquidated");
    expect(e?.["fee"] as bigint).greaterThan(0n);
    expect(await stepped()).not.equal(REDUCE_ONLY);
  });

  it("a cap on the pace of open interest bounds the notional that it takes", async () => {
    const v = venue();
    const parameters = marketConfig(v);
    await v.exchange.updateMarket(1, parameters, { ...ratios, growthLots: 6_000n, growthPeriod: 600 }, []);
    await place(v, trader(v, 3), ask(TICK, 20_000, { leverage: 50 }));
    await expect(
      trader(v, 2).exchange.placeOrder(
        {
          market: 1,
          isBid: true,
          tick: TICK,
          lots: 20_000,
          timeInForce: 1,
          selfTrade: 0,
          reduceOnly: false,
          leverage: 50,
          expiry: 0,
          maxSteps: 8,
          clientId: 0,
        },
        GAS,
      ),
    ).to.be.revertedWithCustomError(v.exchange, "FillRefused");
    await trader(v, 3).exchange.cancelAll(1, GAS);
  });

  it("oscillating around the threshold: hysteresis makes each step up cost a move of the whole side's equity", async () => {
    const v = venue();
    await wash(20_000);
    await setTick(v, 9_901);
    await v.exchange.poke(1, GAS);
    expect(await stepped()).equal(CAUTIOUS);
    // back over the threshold, but not by the hysteresis: it stays, without flicker
    await setTick(v, 9_915); // 1.54 %
    expect((await v.exchange.riskAt(1)).ratio).greaterThan(15_000n);
    expect(named(await eventsOf(v, v.exchange.poke(1, GAS)), "LevelChanged")).to.have.length(0);
    await setTick(v, 9_970); // 2.09 %
    expect(named(await eventsOf(v, v.exchange.poke(1, GAS)), "LevelChanged").map((e) => e["level"])).to.deep.equal([
      NORMAL,
    ]);
  });
});

describe("Attack: the timing of pokes around a jump of the price", () => {
  const risk = { ...noLimits, jumpRate: 50_000, calmPeriod: 120 };
  const venue = useVenue({ traders: 4, markets: [{ risk }] }, async (v) => {
    await v.exchange.poke(1, GAS);
  });
  const levels = async () =>
    named(await eventsOf(venue(), venue().exchange.poke(1, GAS)), "LevelChanged").map((e) => e["level"]);

  it("two answers of half the jump, each observed, are two moves within the bound: as defined, it is a bound between observations", async () => {
    const v = venue();
    await setTick(v, 10_400);
    expect(await levels()).to.deep.equal([]);
    await setTick(v, 10_800);
    expect(await levels()).to.deep.equal([]);
    // the variance has seen both, all the same
    expect((await v.exchange.riskAt(1)).variance).greaterThan(0n);
  });

  it("nobody can observe half of what the source answers: a poke before the answer sees nothing, one after it all of it", async () => {
    const v = venue();
    await v.exchange.poke(1, GAS);
    await setTick(v, 10_800);
    expect(await levels()).to.deep.equal([CAUTIOUS]);
  });

  it("without an observation in between they are one jump: not poking cannot hide it, and cannot be forced on a market that trades", async () => {
    const v = venue();
    await setTick(v, 10_400);
    await setTick(v, 10_800);
    expect(await levels()).to.deep.equal([CAUTIOUS]);
  });

  it("an order that only rests observes nothing: it neither triggers nor hides a jump", async () => {
    const v = venue();
    await setTick(v, 10_400);
    await place(v, trader(v, 0), bid(9_900, 200));
    await setTick(v, 10_800);
    expect(await levels()).to.deep.equal([CAUTIOUS]);
  });

  it("repeating the poke neither prolongs the calm period nor repeats the step", async () => {
    const v = venue();
    await setTick(v, 10_800);
    await levels();
    const { calmAt } = await v.exchange.riskAt(1);
    for (let i = 0; i < 3; i++) expect(await levels()).to.deep.equal([]);
    expect((await v.exchange.riskAt(1)).calmAt).equal(calmAt);
  });
});
