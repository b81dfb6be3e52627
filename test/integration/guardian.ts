/** The guardian: which levels it may set, how long they last, and what they never stop. */
import { expect } from "chai";
import { deleverage } from "../utils/crash.ts";
import { CAUTIOUS, NORMAL, REDUCE_ONLY, signer, useGoverned } from "../utils/governed.ts";
import { ask, bid, cross, place, submit } from "../utils/orders.ts";
import { eventsOf, GAS, named, setTick, trader, USD } from "../utils/venue.ts";

const LEVELS = ["Normal", "Cautious", "ReduceOnly"] as const;

describe("Guardian", () => {
  const { venue, asAdministrator, exchangeAs, unauthorized } = useGoverned();
  for (const from of [NORMAL, CAUTIOUS, REDUCE_ONLY]) {
    for (const to of [NORMAL, CAUTIOUS, REDUCE_ONLY]) {
      it(`${LEVELS[from]} to ${LEVELS[to]}: guardian ${to > from ? "may" : "may not"}, administrator may, others may not`, async () => {
        const v = venue();
        const administrator = await asAdministrator();
        await administrator.setGuardianLevel(1, from, GAS);
        const guardian = await exchangeAs("guardian");
        for (const role of ["outsider", "proposer", "deployer"] as const)
          await unauthorized(
            (await exchangeAs(role)).setGuardianLevel(1, to, GAS),
            role,
            await v.exchange.GUARDIAN_ROLE(),
          );
        if (to > from) {
          await expect(guardian.setGuardianLevel(1, to, GAS))
            .to.emit(v.exchange, "GuardianLevelSet")
            .withArgs(1, (await signer(v, "guardian")).address, to, (n: bigint) => n > 0n);
        } else {
          await expect(guardian.setGuardianLevel(1, to, GAS))
            .to.be.revertedWithCustomError(v.exchange, "LevelNotRaised")
            .withArgs(1);
        }
        expect((await v.exchange.riskAt(1)).guardian).equal(BigInt(to > from ? to : from));
        await administrator.setGuardianLevel(1, to, GAS);
        expect((await v.exchange.riskAt(1)).guardian).equal(BigInt(to));
      });
    }
  }

  it("a level that does not exist, and a market that does not: refused", async () => {
    const guardian = await exchangeAs("guardian");
    await expect(guardian.setGuardianLevel(1, 3, GAS)).to.be.revertedWithoutReason(venue().connection.ethers);
    await expect(guardian.setGuardianLevel(3, CAUTIOUS, GAS))
      .to.be.revertedWithCustomError(venue().exchange, "UnknownMarket")
      .withArgs(3);
  });

  it("its level stays until it is lowered; what the breaker stepped by itself ends by itself", async () => {
    const v = venue();
    const level = async () => {
      const { level: inForce, stepped, guardian } = await v.exchange.riskAt(2);
      return [inForce, stepped, guardian].map(Number);
    };
    await v.exchange.poke(2, GAS);
    await setTick(v, 10_800, 2); // 8 % at once
    await v.exchange.poke(2, GAS);
    expect(await level()).to.deep.equal([CAUTIOUS, CAUTIOUS, NORMAL]);
    await (await exchangeAs("guardian")).setGuardianLevel(2, REDUCE_ONLY, GAS);
    expect(await level()).to.deep.equal([REDUCE_ONLY, CAUTIOUS, REDUCE_ONLY]);
    await v.connection.networkHelpers.time.increase(61);
    await setTick(v, 10_800, 2);
    await v.exchange.poke(2, GAS);
    expect(await level()).to.deep.equal([REDUCE_ONLY, NORMAL, REDUCE_ONLY]);
    await v.connection.networkHelpers.time.increase(30 * 86_400);
    await setTick(v, 10_800, 2);
    await v.exchange.poke(2, GAS);
    expect(await level()).to.deep.equal([REDUCE_ONLY, NORMAL, REDUCE_ONLY]);
    await (await asAdministrator()).setGuardianLevel(2, NORMAL, GAS);
    expect(await level()).to.deep.equal([NORMAL, NORMAL, NORMAL]);
  });

  describe("at ReduceOnly", () => {
    const long = () => trader(venue(), 0);
    const short = () => trader(venue(), 1);
    beforeEach(async () => {
      const v = venue();
      await cross(v, long(), short(), { tick: 10_000, lots: 10_000, longLeverage: 50, shortLeverage: 5 });
      await place(v, trader(v, 2), bid(9_900, 10_000, { leverage: 5 }));
      await (await exchangeAs("guardian")).setGuardianLevel(1, REDUCE_ONLY, GAS);
    });

    it("a taker opens nothing", async () => {
      await expect(submit(trader(venue(), 3), ask(9_900, 1_000, { ioc: true })))
        .to.be.revertedWithCustomError(venue().exchange, "FillRefused")
        .withArgs(trader(venue(), 3).account, 5);
    });
    it("cancelling works", async () => {
      await trader(venue(), 2).exchange.cancelAll(1, GAS);
      expect((await venue().exchange.marketAt(1)).bestBid).equal(0n);
    });
    it("closing works", async () => {
      await short().exchange.cancelAll(1, GAS);
      await place(venue(), trader(venue(), 2), bid(9_990, 10_000, { leverage: 5 }));
      await long().exchange.closePosition(1, 9_990, 64, GAS);
      expect((await venue().exchange.positionAt(1, long().account)).lots).equal(0n);
    });
    it("depositing and withdrawing work", async () => {
      const t = trader(venue(), 3);
      const { free } = await venue().exchange.accountAt(t.account);
      await t.exchange.withdraw(free, t.address, GAS);
      await t.exchange.deposit(free, GAS);
      expect((await venue().exchange.accountAt(t.account)).free).equal(free);
    });
    it("adding and removing margin work", async () => {
      await long().exchange.addMargin(1, USD, GAS);
      await long().exchange.removeMargin(1, USD / 2n, GAS);
    });
    it("liquidation works", async () => {
      const v = venue();
      await setTick(v, 9_895);
      const events = await eventsOf(v, trader(v, 4).exchange.liquidate(1, long().account, 64, GAS));
      expect(named(events, "Liquidated")).to.have.length(1);
    });
    it("deleveraging works", async () => {
      const v = venue();
      await trader(v, 2).exchange.cancelAll(1, GAS);
      await setTick(v, 9_700);
      const events = await eventsOf(v, deleverage(v, []));
      expect(named(events, "AutoDeleveraged").map((e) => e["lots"])).to.deep.equal([10_000n]);
    });
  });
});
