/** Retiring a market: the final price, who is paid what, and what is left to do in it. */
import { expect } from "chai";
import { deleverage } from "../utils/crash.ts";
import { floorDiv, isLong, type PositionState, X16 } from "../utils/model.ts";
import { ask, bid, cross, place, submit } from "../utils/orders.ts";
import { createRandom } from "../utils/random.ts";
import { LIMITS, randomStep } from "../utils/randomMarket.ts";
import { rebuild } from "../utils/rebuild.ts";
import { readExchange, readPositions, readPrices } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setAnswer, setTick, trader, USD } from "../utils/venue.ts";

/** lots·(P' + F₀) + margin − side·cost, rounded down: what the position is owed. */
function payoutOf(p: PositionState, finalPrice: bigint): bigint {
  const cash = isLong(p) ? p.margin - p.cost : p.margin + p.cost;
  return floorDiv(p.lots * (finalPrice + p.fundingIndex) + cash * X16, X16);
}

describe("Retirement", () => {
  const funding = { fundingCap: 20_000, impactNotional: 100n * USD, takerFeeRate: 450, makerFeeRate: 150 };
  const venue = useVenue({ traders: 14, markets: [funding, {}] });
  const retire = (market = 1) => venue().exchange.retireMarket(market, GAS);
  const settle = (accounts: number[], market = 1) => trader(venue(), 13).exchange.settleRetired(market, accounts, GAS);
  /** A long at 50x (X = 9,800) against a short at 2x. */
  const open = (market = 1) =>
    cross(venue(), trader(venue(), 0), trader(venue(), 1), {
      market,
      tick: 10_000,
      lots: 10_000,
      longLeverage: 50,
      shortLeverage: 2,
    });

  for (const seed of [1, 2, 3]) {
    it(`a random market with funding and resting orders: everybody is paid his equity, rounded down (seed ${seed})`, async () => {
      const v = venue();
      const random = createRandom(seed);
      let mark = 10_000;
      for (let i = 0; i < 14; i++) {
        mark = await randomStep(v, random, mark, { step: 0.004, trades: 3, maxLeverage: 30 });
        await v.connection.networkHelpers.time.increase(random.int(10, 600));
      }
      await setTick(v, mark);
      // both sides rest, the bid 0.5 % above the mark, and funding runs for an hour
      await place(v, trader(v, 12), bid(Math.round(mark * 1.005), 2_000));
      await place(v, trader(v, 11), ask(Math.round(mark * 1.02), 2_000));
      await v.connection.networkHelpers.time.increase(3_600);
      await setTick(v, mark);
      expect((await readPositions(v)).size >= 12, "too few positions").equal(true);
      const [ended] = named(await eventsOf(v, retire()), "MarketEnded");
      const finalPrice = ended?.["finalPrice"] as bigint;
      const { fundingIndex } = await v.exchange.marketAt(1);
      expect(fundingIndex !== 0n, "funding accrued").equal(true);
      expect(finalPrice).equal((ended?.["price"] as bigint) - fundingIndex);

      const before = await readExchange(v);
      const positions = await readPositions(v);
      const expected = new Map<number, bigint>();
      let paid = 0n;
      for (const { account } of v.traders) {
        const held = before.markets[0]?.reserved.get(account);
        const reserve = held ? (held.bid > held.ask ? held.bid : held.ask) : 0n;
        const p = positions.get(account);
        const payout = p ? payoutOf(p, finalPrice) : 0n;
        expect(payout >= 0n).equal(true);
        paid += payout;
        expected.set(account, (before.free.get(account) ?? 0n) + reserve + payout);
      }
      for (const { account } of random.shuffle(v.traders)) {
        const [event] = named(await eventsOf(v, settle([account])), "RetiredPositionSettled");
        const p = positions.get(account);
        expect(event?.["payout"]).equal(p ? payoutOf(p, finalPrice) : undefined);
      }
      const after = await readExchange(v);
      for (const [account, amount] of expected) expect(after.free.get(account), `account ${account}`).equal(amount);
      const [was, is] = [before.markets[0], after.markets[0]];
      expect([is?.openInterest, is?.positions.size, is?.reserved.size]).to.deep.equal([0n, 0, 0]);
      expect(is?.pot).equal((was?.pot ?? 0n) - paid);
      const left = (is?.pot ?? 0n) - USD;
      expect(left >= 0n && left < 1_000n, `${left} atoms of dust`).equal(true);

      const rebuilt = await rebuild(v);
      for (const [account, amount] of expected) expect(rebuilt.free.get(account)).equal(amount);
      expect([rebuilt.pots.get(1), rebuilt.openInterest.get(1), rebuilt.positions.get(1)?.size]).to.deep.equal([
        is?.pot,
        0n,
        0,
      ]);
      // everybody takes everything along
      for (const t of v.traders) await t.exchange.withdraw(expected.get(t.account) ?? 0n, t.address, GAS);
      for (const t of v.traders)
        expect(await v.deployed.collateral.balanceOf(t.address)).equal(expected.get(t.account));
    });
  }

  it("refused while insolvent and without a fresh price; afterwards it works", async () => {
    const v = venue();
    await open();
    await setTick(v, 9_700);
    await expect(retire()).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent").withArgs(1);
    await deleverage(v, []);
    await v.connection.networkHelpers.time.increase(70_000);
    await expect(retire()).to.be.revertedWithCustomError(v.exchange, "StalePrice");
    await setTick(v, 9_700);
    await retire();
    await expect(retire()).to.be.revertedWithCustomError(v.exchange, "MarketRetired").withArgs(1);
    await expect(v.exchange.retireMarket(3, GAS))
      .to.be.revertedWithCustomError(v.exchange, "UnknownMarket")
      .withArgs(3);
  });

  for (const side of ["long", "short"] as const) {
    it(`a ${side} bankrupt by a fraction of the mark's cell: the price moves to the cell's edge, and nobody is below zero`, async () => {
      const v = venue();
      const long = side === "long";
      const [victim, other] = [trader(v, 0), trader(v, 1)];
      const leverage = { longLeverage: long ? 50 : 2, shortLeverage: long ? 2 : 50 };
      await cross(v, long ? victim : other, long ? other : victim, {
        tick: 10_000,
        lots: 10_000,
        market: 2,
        ...leverage,
      });
      // bankrupt beyond 9,800 and 10,200: a hundredth of a tick further
      const per = 10n * 10_000n * 100n;
      await setAnswer(v, long ? 9_800n * per - per / 100n : 10_200n * per + per / 100n, 2);
      const { mark } = await readPrices(v, 2);
      const p = (await readPositions(v, 2)).get(victim.account);
      if (!p) throw new Error("no position");
      expect(payoutOf(p, mark) < 0n, "bankrupt at the mark").equal(true);
      expect(await v.exchange.poke.staticCall(2, GAS), "but the gate is open").equal(false);
      const start = await v.connection.networkHelpers.takeSnapshot();
      // nominated, it is resolved like any other
      await trader(v, 5).exchange.autoDeleverage(2, [], { ...LIMITS, nominee: victim.account }, GAS);
      expect((await readPositions(v, 2)).has(victim.account)).equal(false);
      await start.restore();
      await retire(2);
      const { finalPrice } = await v.exchange.marketAt(2);
      expect(long ? finalPrice > mark : finalPrice < mark).equal(true);
      // a cell is at most 0.2 % wide
      expect((long ? finalPrice - mark : mark - finalPrice) * 512n <= mark).equal(true);
      const positions = await readPositions(v, 2);
      const free = async (account: number) => (await v.exchange.accountAt(account)).free;
      for (const t of [victim, other]) {
        const position = positions.get(t.account);
        if (!position) throw new Error("no position");
        const before = await free(t.account);
        const payout = payoutOf(position, finalPrice);
        expect(payout >= 0n).equal(true);
        await settle([t.account], 2);
        expect((await free(t.account)) - before).equal(payout);
      }
      expect((await v.exchange.marketAt(2)).openInterest).equal(0n);
    });
  }

  it("a taken account goes first: the market is insolvent until it is closed", async () => {
    const v = venue();
    const market = 2;
    const victim = trader(v, 0);
    for (const [i, lots] of [
      [1, 2_000],
      [2, 8_000],
    ] as const)
      await cross(v, victim, trader(v, i), { market, tick: 10_000, lots, longLeverage: 50, shortLeverage: 2 });
    const per = 10n * 10_000n * 100n;
    await setAnswer(v, 9_800n * per - per / 100n, market);
    const limits = { ...LIMITS, nominee: victim.account, maxCounterparties: 1 };
    await v.exchange.autoDeleverage(market, [], limits, GAS);
    expect((await v.exchange.marketAt(market)).taken).equal(BigInt(victim.account));
    await expect(retire(market)).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent").withArgs(market);
    await v.exchange.autoDeleverage(market, [], limits, GAS);
    await retire(market);
  });

  it("afterwards nothing opens and nothing is judged; orders are cancelled, money moves", async () => {
    const v = venue();
    await open();
    const [long, short, resting] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    const free = async () => (await v.exchange.accountAt(resting.account)).free;
    const before = await free();
    const { orderId } = await place(v, resting, bid(9_900, 1_000));
    await place(v, resting, bid(9_890, 1_000));
    expect((await free()) < before).equal(true);
    await retire();
    const ended = () => [
      () => submit(long, bid(10_000, 1_000)),
      () => submit(long, ask(10_000, 1_000, { reduceOnly: true, ioc: true })),
      () => long.exchange.closePosition(1, 1, 64, GAS),
      () => long.exchange.addMargin(1, USD, GAS),
      () => long.exchange.removeMargin(1, 1, GAS),
      () => resting.exchange.liquidate(1, long.account, 64, GAS),
      () => resting.exchange.autoDeleverage(1, [], { ...LIMITS, nominee: long.account }, GAS),
      () => resting.exchange.preventiveDeleverage(1, long.account, 64, 8, GAS),
      () => resting.exchange.topUp(1, long.account, GAS),
      () => resting.exchange.poke(1, GAS),
      () => v.exchange.markPrice(1),
    ];
    for (const [i, call] of ended().entries())
      await expect(call(), `call ${i}`).to.be.revertedWithCustomError(v.exchange, "MarketRetired").withArgs(1);
    await resting.exchange.cancelOrder(1, orderId, GAS);
    await resting.exchange.cancelAll(1, GAS);
    expect(await free()).equal(before);
    const { free: own } = await v.exchange.accountAt(short.account);
    await short.exchange.withdraw(own, short.address, GAS);
    await short.exchange.deposit(own, GAS);
    // the other market goes on
    await setTick(v, 10_000, 2);
    await open(2);
  });

  it("settling twice, settling nobody, and somebody without a position: harmless; in a living market refused", async () => {
    const v = venue();
    await open();
    await expect(settle([1]))
      .to.be.revertedWithCustomError(v.exchange, "MarketNotRetired")
      .withArgs(1);
    await retire();
    const long = trader(v, 0);
    await settle([long.account, long.account]);
    const { free } = await v.exchange.accountAt(long.account);
    const { pot } = await v.exchange.marketAt(1);
    for (const list of [[], [long.account], [0], [9_999], [trader(v, 5).account]]) {
      expect(await trader(v, 13).exchange.settleRetired.staticCall(1, list)).equal(0n);
      await settle(list);
    }
    expect([(await v.exchange.accountAt(long.account)).free, (await v.exchange.marketAt(1)).pot]).to.deep.equal([
      free,
      pot,
    ]);
    await settle([trader(v, 1).account]);
    expect((await v.exchange.marketAt(1)).openInterest).equal(0n);
  });
});
