/**
 * Patterns of reference/adl.md (b) 9, 12, 17, 18, 19, 20, 26: ways to take money out of the pot, the fund or the reserve.
 * Every test adds up what a group of accounts owns before and after.
 */
import { expect } from "chai";
import { accountsOf, type Crash, deleverage, openCrash } from "../utils/crash.ts";
import { equityX16 } from "../utils/model.ts";
import { ask, bid, cross, place, submit } from "../utils/orders.ts";
import { LIMITS, resolveAll } from "../utils/randomMarket.ts";
import { readExchange, readPositions, readPrices } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, type Trader, trader, USD, type Venue } from "../utils/venue.ts";

/** Free collateral, reserves, and equity at the mark of some accounts, × 2^16. */
async function wealth(v: Venue, traders: readonly Trader[]): Promise<bigint> {
  const [state, prices, positions] = [await readExchange(v), await readPrices(v), await readPositions(v)];
  let sum = 0n;
  for (const { account } of traders) {
    const held = state.markets[0]?.reserved.get(account);
    const reserve = held ? (held.bid > held.ask ? held.bid : held.ask) : 0n;
    sum += ((state.free.get(account) ?? 0n) + reserve) * 65_536n;
    const p = positions.get(account);
    if (p) sum += equityX16(p, prices);
  }
  return sum;
}

async function stake(v: Venue, t: Trader, amount: bigint): Promise<void> {
  await v.deployed.collateral.mint(t.address, amount);
  await v.deployed.collateral.connect(t.signer).approve(v.deployed.insuranceFundAddress, amount);
  await v.fund.connect(t.signer).deposit(amount, t.address);
}

describe("Attack: extraction", () => {
  const fees = { takerFeeRate: 450, makerFeeRate: 150, rewardRate: 300 };
  const venue = useVenue({ traders: 12, markets: [{ ...fees, maturity: 30 }] });
  const [a, b] = [() => trader(venue(), 0), () => trader(venue(), 1)];

  it("fake bankruptcy by self-trade: a trade cannot make anybody bankrupt, at any price of the band", async () => {
    const v = venue();
    await stake(v, trader(v, 11), 1_000n * USD);
    await cross(v, a(), b(), { tick: 10_000, lots: 1_000, longLeverage: 50, shortLeverage: 50 });
    const before = await v.exchange.insuranceBalance();
    for (const tick of [9_501, 9_700, 9_799, 10_201, 10_400, 10_499]) {
      // the owner of both sells low or buys high against itself
      await place(v, b(), { isBid: tick < 10_000, tick, lots: 1_000, leverage: 1 });
      const reduces = await submit(a(), ask(tick, 1_000, { ioc: true, reduceOnly: true })).then(
        () => true,
        () => false,
      );
      if (tick < 10_000) expect(reduces, `selling at ${tick}`).equal(false);
      await b().exchange.cancelAll(1, GAS);
      if ((await readPositions(v)).size === 0) break;
    }
    const prices = await readPrices(v);
    for (const p of (await readPositions(v)).values()) expect(equityX16(p, prices) >= 0n).equal(true);
    expect((await v.exchange.insuranceBalance()) >= before).equal(true);
  });

  it("a straddle between two own accounts, opened just before the gap: the fund pays nothing, the pair gains nothing", async () => {
    const v = venue();
    await stake(v, trader(v, 11), 1_000n * USD);
    const pair = [a(), b()];
    const before = await wealth(v, pair);
    const fund = await v.exchange.insuranceBalance();
    await cross(v, a(), b(), { tick: 10_000, lots: 10_000, longLeverage: 50, shortLeverage: 50 });
    await setTick(v, 9_000); // within the 30 seconds of maturity
    await resolveAll(v);
    expect((await v.exchange.insuranceBalance()) >= fund).equal(true);
    expect((await wealth(v, pair)) < before).equal(true);
  });

  it("an old straddle: the fund pays at most the day's cap, and no more than the deficit", async () => {
    const v = venue();
    await stake(v, trader(v, 11), 1_000n * USD);
    await cross(v, a(), b(), { tick: 10_000, lots: 10_000, longLeverage: 50, shortLeverage: 50 });
    await v.connection.networkHelpers.time.increase(3_600);
    const fund = await v.exchange.insuranceBalance();
    await setTick(v, 9_000);
    await resolveAll(v);
    expect(fund - (await v.exchange.insuranceBalance())).equal(80n * USD);
  });

  it("a lone bid at the band's edge to milk the fund: it draws what it is worse than X, within slippage, never past the deficit", async () => {
    const v = venue();
    const [victim, winner, attacker] = [a(), b(), trader(v, 2)];
    await stake(v, trader(v, 11), 1_000n * USD);
    await cross(v, victim, winner, { tick: 10_000, lots: 10_000, longLeverage: 50, shortLeverage: 2 });
    // at 9,700 the limit is 0.5 % below the mark; the attacker quotes the whole way down to the band's edge
    for (const tick of [9_660, 9_655, 9_652, 9_640, 9_600])
      await place(v, attacker, bid(tick, 10_000, { leverage: 5 }));
    await v.connection.networkHelpers.time.increase(3_600);
    await setTick(v, 9_700);
    const fund = await v.exchange.insuranceBalance();
    const events = await eventsOf(v, deleverage(v, []));
    const deficit = 10n * USD;
    const drawn = fund - (await v.exchange.insuranceBalance());
    const [trade] = named(events, "Trade");
    // the average X of 9,700 that the deficit buys: nothing below it is taken
    if (trade) expect((trade["tick"] as bigint) >= 9_700n).equal(true);
    expect(drawn <= deficit, `${drawn} drawn for a deficit of ${deficit}`).equal(true);
  });

  it("self-liquidation is no business: the pair pays the fee", async () => {
    const v = venue();
    const [victim, other, accomplice] = [a(), b(), trader(v, 2)];
    await cross(v, victim, other, { tick: 10_000, lots: 10_000, longLeverage: 50, shortLeverage: 2 });
    await setTick(v, 9_890);
    await place(v, accomplice, bid(9_845, 10_000, { leverage: 2 })); // as low as the limit allows
    const [own, before] = [[victim, accomplice], await wealth(v, [victim, accomplice])];
    await accomplice.exchange.liquidate(1, victim.account, 64, GAS);
    expect((await wealth(v, own)) < before).equal(true);
  });

  it("reward farming in small cuts: the sum of the rewards is no more than for one call, and the reserve pays no more than it has", async () => {
    const v = venue();
    await openCrash(v, "long");
    const caller = trader(v, 8);
    await setTick(v, 9_500);
    const start = await v.connection.networkHelpers.takeSnapshot();
    const free = async () => (await v.exchange.accountAt(caller.account)).free;
    const before = await free();
    await caller.exchange.autoDeleverage(1, [], LIMITS, GAS);
    const whole = (await free()) - before;
    await start.restore();
    const reserve = await v.exchange.keeperReserve();
    for (let i = 0; i < 5; i++) await caller.exchange.autoDeleverage(1, [], { ...LIMITS, maxCounterparties: 1 }, GAS);
    const cut = (await free()) - before;
    expect(cut <= whole && whole > 0n, `${cut} against ${whole}`).equal(true);
    expect(cut <= reserve).equal(true);
    await expect(caller.exchange.autoDeleverage(1, [], LIMITS, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "NothingToDeleverage",
    );
  });

  it("one lot at a time: a hundred closes of one lot pay nobody more than their share, and the pot stays whole", async () => {
    const v = venue();
    const victim = a();
    const small = venue().traders.slice(2, 11);
    await cross(v, victim, b(), { tick: 10_000, lots: 991, longLeverage: 50, shortLeverage: 2 });
    for (const [i, t] of small.entries()) {
      await cross(v, victim, t, { tick: 9_997 + i, lots: 101, longLeverage: 50, shortLeverage: 7 });
      await cross(v, t, b(), { tick: 10_000, lots: 100, longLeverage: 7, shortLeverage: 2 });
    }
    await setTick(v, 9_400);
    const pot = (await v.exchange.marketAt(1)).pot;
    await resolveAll(v, 1, { maxCounterparties: 1 });
    expect((await v.exchange.marketAt(1)).pot < pot).equal(true);
    for (const t of small) expect((await readPositions(v)).get(t.account)).equal(undefined);
  });

  it("the winner's bank run: nobody leaves with profit before the loser is resolved, whoever is first in the block", async () => {
    const v = venue();
    const crash: Crash = await openCrash(v, "long");
    await setTick(v, crash.crashed);
    const total = await wealth(v, crash.counterparties);
    for (const t of crash.counterparties) {
      const free = (await v.exchange.accountAt(t.account)).free;
      await t.exchange.withdraw(free, t.address, GAS); // what is free is theirs
      await expect(submit(t, bid(9_500, 2_000, { ioc: true, reduceOnly: true }))).to.be.revertedWithCustomError(
        v.exchange,
        "MarketInsolvent",
      );
    }
    await deleverage(v, accountsOf(crash.counterparties));
    // haircut: 300 of the 500 ticks on 10,000 lots, and not an atom of principal
    let withdrawn = 0n;
    for (const t of crash.counterparties) withdrawn += await v.deployed.collateral.balanceOf(t.address);
    expect(total - (await wealth(v, crash.counterparties)) - withdrawn * 65_536n).equal(30n * USD * 65_536n);
  });
});

describe("Attack: extraction, without insurance", () => {
  const fees = { takerFeeRate: 450, makerFeeRate: 150, rewardRate: 300 };
  // cover is the fund's loss whoever gets it: here only the rewards count
  const uninsured = useVenue({ traders: 8, markets: [{ ...fees, maturity: 30, dailyCoverCap: 0n }] });

  it("a pair that farms rewards with its own bankruptcy pays more in fees than it gets", async () => {
    const v = uninsured();
    // somebody else's fees fill the reserve
    for (let i = 0; i < 4; i++)
      await cross(v, trader(v, 4), trader(v, 5), { tick: 10_000, lots: 100_000, longLeverage: 1, shortLeverage: 1 });
    const pair = [trader(v, 0), trader(v, 1)];
    const before = await wealth(v, pair);
    await cross(v, trader(v, 0), trader(v, 1), { tick: 10_000, lots: 50_000, longLeverage: 50, shortLeverage: 50 });
    await v.connection.networkHelpers.time.increase(3_600);
    await setTick(v, 9_790);
    await trader(v, 1).exchange.autoDeleverage(1, [], { ...LIMITS, nominee: trader(v, 0).account }, GAS);
    expect((await wealth(v, pair)) <= before, "the pair is richer").equal(true);
  });
});
