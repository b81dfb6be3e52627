/** The top-up order: when anyone may execute it, what it moves, who gets the tip, and what stops it. */
import { expect } from "chai";
import { openCrash } from "../utils/crash.ts";
import { ceilDiv, equityX16, X16 } from "../utils/model.ts";
import { cross } from "../utils/orders.ts";
import { initialMargin } from "../utils/riskModel.ts";
import { readPositions, readPrices } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, parametersOf, setAnswer, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
const MINIMUM = 10n * USD;

async function held(v: Venue, i: number) {
  const p = (await readPositions(v)).get(trader(v, i).account);
  if (!p) throw new Error(`trader ${i} has no position`);
  return p;
}

const freeOf = async (v: Venue, i: number) => (await v.exchange.accountAt(trader(v, i).account)).free;
const equityOf = async (v: Venue, i: number) => equityX16(await held(v, i), await readPrices(v)) >> 16n;

describe("Top-up", () => {
  // 20,000 lots: 2,000 units; margin 40 at 50x, initial 40, maintenance 20
  const venue = useVenue({ traders: 4, deposit: 3_000n * USD }, async (v) => {
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 20_000, longLeverage: 50, shortLeverage: 1 });
  });
  const owner = () => trader(venue(), 0);
  const order = (rate: number, maximum: bigint) => owner().exchange.setTopUp(1, rate, maximum, GAS);
  const refused = (call: Promise<unknown>, error: string) =>
    expect(call).to.be.revertedWithCustomError(venue().exchange, error);

  it("the order: bounds of trigger and maximum, its event, and zero withdraws it", async () => {
    const v = venue();
    await refused(order(20_001, 1n), "InvalidTrigger").withArgs(20_001, 20_000);
    await refused(order(15_000, 2n ** 96n), "BalanceOverflow");
    await refused(owner().exchange.setTopUp(2, 15_000, 1n, GAS), "UnknownMarket").withArgs(2);
    const { sequence } = await v.exchange.marketAt(1);
    await expect(order(20_000, 2n ** 96n - 1n))
      .to.emit(v.exchange, "TopUpSet")
      .withArgs(1, owner().account, 20_000, 2n ** 96n - 1n, sequence + 1n);
    const view = await v.exchange.topUpAt(1, owner().account);
    expect([view.triggerRate, view.remaining]).to.deep.equal([20_000n, 2n ** 96n - 1n]);
    await order(0, 100n * USD);
    await setTick(v, 9_890);
    await refused(v.exchange.topUp(1, owner().account, GAS), "NoTopUp").withArgs(1, owner().account);
    await refused(v.exchange.topUp(1, trader(v, 1).account, GAS), "NoTopUp").withArgs(1, trader(v, 1).account);
  });

  it("no position, no market, no account", async () => {
    const v = venue();
    await trader(v, 2).exchange.setTopUp(1, 15_000, 100n * USD, GAS);
    await refused(v.exchange.topUp(1, trader(v, 2).account, GAS), "NoPosition").withArgs(1, trader(v, 2).account);
    await refused(v.exchange.topUp(1, 99, GAS), "NoPosition").withArgs(1, 99);
    await refused(v.exchange.topUp(7, owner().account, GAS), "UnknownMarket").withArgs(7);
  });

  it("the trigger: at it nothing, an atom below it everything up to initial margin", async () => {
    const v = venue();
    await order(15_000, 1_000n * USD);
    await setTick(v, 9_951);
    // equity 30.2, the trigger at 29.853
    await refused(v.exchange.topUp(1, owner().account, GAS), "AboveTrigger").withArgs(
      owner().account,
      30_200_000n,
      29_853_000n,
    );
    // margin is given and taken at the old price, so that equity meets the trigger at the new one
    await setTick(v, TICK);
    const at = (tick: bigint) => ceilDiv(20_000n * tick * 10n * 15_000n, 1_000_000n);
    const loss = 20_000n * 10n * 51n;
    await owner().exchange.addMargin(1, at(9_949n) + loss - 40n * USD, GAS);
    const start = await v.connection.networkHelpers.takeSnapshot();
    await setTick(v, 9_949);
    expect(await equityOf(v, 0)).equal(at(9_949n));
    await refused(v.exchange.topUp(1, owner().account, GAS), "AboveTrigger");
    await start.restore();
    await owner().exchange.removeMargin(1, 1, GAS);
    await setTick(v, 9_949);
    const missing = initialMargin(parametersOf(v), 20_000n, 9_949n * 10n * X16) - (at(9_949n) - 1n);
    expect(missing < MINIMUM).equal(true);
    expect(await v.exchange.topUp.staticCall(1, owner().account, GAS)).equal(MINIMUM);
    await v.exchange.topUp(1, owner().account, GAS);
    expect(await equityOf(v, 0)).equal(at(9_949n) - 1n + MINIMUM);
  });

  it("moves what is missing to initial margin when that is more than the minimum; the rest of the order stays", async () => {
    const v = venue();
    await order(12_000, 100n * USD);
    await setAnswer(v, 99_012_345_678n);
    const [prices, before, free] = [await readPrices(v), await equityOf(v, 0), await freeOf(v, 0)];
    const needed = initialMargin(parametersOf(v), 20_000n, prices.mark);
    const [deployer] = await v.connection.ethers.getSigners();
    const { sequence } = await v.exchange.marketAt(1);
    await expect(v.exchange.topUp(1, owner().account, GAS))
      .to.emit(v.exchange, "ToppedUp")
      .withArgs(1, owner().account, deployer?.address, needed - before, 0, sequence + 3n);
    expect(await equityOf(v, 0)).equal(needed);
    expect(free - (await freeOf(v, 0))).equal(needed - before);
    expect((await v.exchange.topUpAt(1, owner().account)).remaining).equal(100n * USD - (needed - before));
    // done: it is above its trigger now
    await refused(v.exchange.topUp(1, owner().account, GAS), "AboveTrigger");
  });

  it("the tip: 0.1 % at most one unit, to a caller with another account; none to one without, and none to the owner", async () => {
    const v = venue();
    const start = await v.connection.networkHelpers.takeSnapshot();
    const run = async (caller: number | null) => {
      await order(12_000, 100n * USD);
      await setTick(v, 9_890);
      const before = [await freeOf(v, 0), await freeOf(v, 2)];
      const door = caller === null ? v.exchange : trader(v, caller).exchange;
      const [e] = named(await eventsOf(v, door.topUp(1, owner().account, GAS)), "ToppedUp");
      const amount = e?.["amount"] as bigint;
      // initial 39.56 less equity 18
      expect(amount).equal(21_560_000n);
      const { remaining } = await v.exchange.topUpAt(1, owner().account);
      const after = [await freeOf(v, 0), await freeOf(v, 2)];
      await start.restore();
      expect(100n * USD - remaining).equal((before[0] ?? 0n) - (after[0] ?? 0n));
      return [e?.["tip"], (before[0] ?? 0n) - (after[0] ?? 0n) - amount, (after[1] ?? 0n) - (before[1] ?? 0n)];
    };
    expect(await run(2)).to.deep.equal([21_560n, 21_560n, 21_560n]);
    expect(await run(null)).to.deep.equal([0n, 0n, 0n]);
    expect(await run(0)).to.deep.equal([0n, 0n, 0n]);
  });

  it("tips included, the order's maximum is the most: one atom short is refused, to the atom it is used up", async () => {
    const v = venue();
    const start = await v.connection.networkHelpers.takeSnapshot();
    const needs = 21_560_000n + 21_560n;
    await order(12_000, needs - 1n);
    await setTick(v, 9_890);
    await refused(trader(v, 2).exchange.topUp(1, owner().account, GAS), "InsufficientTopUp").withArgs(
      owner().account,
      needs - 1n,
      needs,
    );
    await start.restore();
    await order(12_000, needs);
    await setTick(v, 9_890);
    await trader(v, 2).exchange.topUp(1, owner().account, GAS);
    expect((await v.exchange.topUpAt(1, owner().account)).remaining).equal(0n);
    await setTick(v, 9_800);
    await refused(trader(v, 2).exchange.topUp(1, owner().account, GAS), "InsufficientTopUp").withArgs(
      owner().account,
      0n,
      (await initialAt(9_800)) - (await equityOf(v, 0)) + ((await initialAt(9_800)) - (await equityOf(v, 0))) / 1_000n,
    );
  });
  const initialAt = async (tick: number) => initialMargin(parametersOf(venue()), 20_000n, BigInt(tick) * 10n * X16);

  it("free collateral one atom short: refused whole, nothing is moved in part", async () => {
    const v = venue();
    await order(12_000, 100n * USD);
    await owner().exchange.withdraw((await freeOf(v, 0)) - 21_560_000n + 1n, owner().address, GAS);
    await setTick(v, 9_890);
    await refused(v.exchange.topUp(1, owner().account, GAS), "InsufficientFreeCollateral").withArgs(
      owner().account,
      21_559_999n,
      21_560_000n,
    );
    await v.deployed.collateral.mint(owner().address, 1n);
    await owner().exchange.deposit(1n, GAS);
    await v.exchange.topUp(1, owner().account, GAS);
    expect(await freeOf(v, 0)).equal(0n);
  });

  it("comes before a liquidation and prevents it", async () => {
    const v = venue();
    await order(12_000, 100n * USD);
    await setTick(v, 9_890);
    const forced = () => trader(v, 3).exchange.liquidate(1, owner().account, 5, GAS);
    await refused(forced(), "BookCannotAbsorb");
    await v.exchange.topUp(1, owner().account, GAS);
    await refused(forced(), "NotLiquidatable");
  });
});

describe("Top-up: when the market cannot say what a position is worth", () => {
  const venue = useVenue({ traders: 12 });

  it("not while insolvent, for nobody", async () => {
    const v = venue();
    const crash = await openCrash(v, "long");
    for (const t of [crash.victim, ...crash.counterparties]) await t.exchange.setTopUp(1, 20_000, 1_000n * USD, GAS);
    await setTick(v, crash.crashed);
    for (const t of [crash.victim, ...crash.counterparties])
      await expect(v.exchange.topUp(1, t.account, GAS))
        .to.be.revertedWithCustomError(v.exchange, "MarketInsolvent")
        .withArgs(1);
  });

  it("not at a stale or failing price", async () => {
    const v = venue();
    const crash = await openCrash(v, "long");
    await crash.victim.exchange.setTopUp(1, 20_000, 1_000n * USD, GAS);
    await setTick(v, 9_850);
    await v.aggregators[0]?.setFailing(true);
    const call = () => v.exchange.topUp(1, crash.victim.account, GAS);
    await expect(call()).to.be.revertedWithCustomError(v.exchange, "PriceUnavailable");
    await v.aggregators[0]?.setFailing(false);
    await v.connection.networkHelpers.time.increase(70_000);
    await expect(call()).to.be.revertedWithCustomError(v.exchange, "StalePrice");
    await setTick(v, 9_850);
    await call();
    expect((await v.exchange.topUpAt(1, crash.victim.account)).remaining < 1_000n * USD).equal(true);
  });
});
