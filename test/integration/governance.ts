/**
 * Governance: the hand-over to the timelock, changes through it from schedule to effect, the guardian, and what an update may change.
 */
import { expect } from "chai";
import { handOver } from "../../scripts/lib/handOver.ts";
import { MAX_DELAY, MIN_DELAY, readGovernance } from "../../scripts/lib/readGovernance.ts";
import type { Timelock } from "../../types/ethers-contracts/governance/Timelock.ts";
import { deleverage } from "../utils/crash.ts";
import { ask, bid, cross, place, submit } from "../utils/orders.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, noLimits, parametersOf, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const DELAY = MIN_DELAY + 3_600;
const ZERO = `0x${"00".repeat(32)}`;
const NOBODY = `0x${"00".repeat(20)}`;
const LEVELS = ["Normal", "Cautious", "ReduceOnly"] as const;
const [NORMAL, CAUTIOUS, REDUCE_ONLY] = [0, 1, 2];
const BREAKER = { ...noLimits, jumpRate: 50_000, calmPeriod: 60 };

describe("Governance", () => {
  let timelock: Timelock;
  const venue = useVenue(
    {
      traders: 6,
      markets: [{ takerFeeRate: 1_000, makerFeeRate: 1_000, insuranceShare: 700_000, treasuryShare: 300_000 }, { risk: BREAKER }],
    },
    async (v) => {
      const address = await handOver(v.connection, v.deployed.exchangeAddress, {
        proposer: (await signer(v, "proposer")).address,
        delay: DELAY,
        guardian: (await signer(v, "guardian")).address,
      });
      timelock = await v.connection.ethers.getContractAt("Timelock", address);
    },
  );

  type Role = "deployer" | "proposer" | "guardian" | "outsider";
  async function signer(v: Venue, role: Role) {
    const place_ = { deployer: 0, proposer: 20, guardian: 21, outsider: 22 }[role];
    const found = (await v.connection.ethers.getSigners())[place_];
    if (!found) throw new Error(`no signer ${place_}`);
    return found;
  }
  const exchangeAs = async (role: Role) => venue().exchange.connect(await signer(venue(), role));
  const timelockAs = async (role: Role) => timelock.connect(await signer(venue(), role));
  const data = (name: string, args: readonly unknown[]) =>
    venue().exchange.interface.encodeFunctionData(name as "withdrawTreasury", args as never);
  const config = (market = 1) => {
    const { risk: _, tiers, ...rest } = parametersOf(venue(), market);
    return { ...rest, extraTiers: tiers.length, source: venue().deployed.markets[market - 1]?.source ?? "" };
  };
  /** Exchange as the timelock itself: for what needs many calls of the administrator. */
  async function asAdministrator() {
    const { networkHelpers, ethers } = venue().connection;
    const address = await timelock.getAddress();
    await networkHelpers.impersonateAccount(address);
    await networkHelpers.setBalance(address, 10n ** 20n);
    return venue().exchange.connect(await ethers.getSigner(address));
  }
  const update = async (change: object, riskChange: object = {}, tiers: object[] = []) =>
    (await asAdministrator()).updateMarket(
      1,
      { ...config(), extraTiers: tiers.length, ...change },
      { ...noLimits, ...riskChange },
      tiers as never,
      GAS,
    );
  const unauthorized = async (call: Promise<unknown>, role: Role, id: string) =>
    expect(call)
      .to.be.revertedWithCustomError(venue().exchange, "AccessControlUnauthorizedAccount")
      .withArgs((await signer(venue(), role)).address, id);

  describe("hand-over", () => {
    it("the timelock administers, the guardian guards, and the deployer has nothing left", async () => {
      const x = venue().exchange;
      const admin = await x.DEFAULT_ADMIN_ROLE();
      const guardian = await x.GUARDIAN_ROLE();
      expect(await x.hasRole(admin, await timelock.getAddress())).equal(true);
      expect(await x.hasRole(guardian, (await signer(venue(), "guardian")).address)).equal(true);
      for (const role of ["deployer", "proposer", "guardian", "outsider"] as const)
        expect(await x.hasRole(admin, (await signer(venue(), role)).address), role).equal(false);
      expect(await timelock.getMinDelay()).equal(BigInt(DELAY));
      // the timelock has no administrator but itself
      for (const role of ["deployer", "proposer", "guardian"] as const)
        expect(await timelock.hasRole(ZERO, (await signer(venue(), role)).address), role).equal(false);
      expect(await timelock.hasRole(ZERO, await timelock.getAddress())).equal(true);
    });

    it("nobody else can do what the administrator does", async () => {
      for (const role of ["deployer", "proposer", "guardian", "outsider"] as const) {
        const x = await exchangeAs(role);
        const to = (await signer(venue(), role)).address;
        await unauthorized(x.listMarket(config(), noLimits, [], GAS), role, ZERO);
        await unauthorized(x.updateMarket(1, config(), noLimits, [], GAS), role, ZERO);
        await unauthorized(x.retireMarket(1, GAS), role, ZERO);
        await unauthorized(x.withdrawTreasury(1, to, GAS), role, ZERO);
        await unauthorized(x.setInsuranceFund(to, GAS), role, ZERO);
        await unauthorized(x.grantRole(ZERO, to, GAS), role, ZERO);
        await unauthorized(x.grantRole(await x.GUARDIAN_ROLE(), to, GAS), role, ZERO);
      }
    });

    it("the delay is bounded: below the insurance fund's cooldown nobody could leave in time", async () => {
      const { ethers } = venue().connection;
      const deploy = (delay: number) => ethers.deployContract("Timelock", [delay, NOBODY.replace(/0$/, "1")]);
      for (const delay of [0, MIN_DELAY - 1, MAX_DELAY + 1])
        await expect(deploy(delay)).to.be.revertedWithCustomError(timelock, "InvalidDelay").withArgs(delay, MIN_DELAY, MAX_DELAY);
      for (const delay of [MIN_DELAY, MAX_DELAY])
        expect(await (await deploy(delay)).getMinDelay()).equal(BigInt(delay));
      expect(BigInt(MIN_DELAY) - (await venue().fund.COOLDOWN())).equal(86_400n);
      const own = await timelock.getAddress();
      await asAdministrator();
      const self = timelock.connect(await ethers.getSigner(own));
      await expect(self.updateDelay(MIN_DELAY - 1)).to.be.revertedWithCustomError(timelock, "InvalidDelay");
      await self.updateDelay(MIN_DELAY);
      expect(await timelock.getMinDelay()).equal(BigInt(MIN_DELAY));
      await expect((await timelockAs("proposer")).updateDelay(MIN_DELAY)).to.be.revertedWithCustomError(
        timelock,
        "TimelockUnauthorizedCaller",
      );
    });

    it("the environment says who governs; what is wrong is refused before anything is deployed", () => {
      const [one, two] = [`0x${"1".repeat(40)}`, `0x${"2".repeat(40)}`];
      expect(readGovernance({}, 31337)).equal(undefined);
      expect(() => readGovernance({}, 1)).to.throw("GOVERNOR is not set");
      expect(() => readGovernance({ GUARDIAN: two }, 31337)).to.throw("GUARDIAN needs GOVERNOR");
      expect(() => readGovernance({ GOVERNOR: "0x12" }, 1)).to.throw("GOVERNOR is not an address: 0x12");
      expect(readGovernance({ GOVERNOR: one }, 1)).to.deep.equal({ proposer: one, delay: MIN_DELAY });
      expect(readGovernance({ GOVERNOR: one, GUARDIAN: two, TIMELOCK_DELAY: "432000" }, 31337)).to.deep.equal({
        proposer: one,
        guardian: two,
        delay: 432_000,
      });
      for (const TIMELOCK_DELAY of ["345599", "2592001", "x", "345600.5"])
        expect(() => readGovernance({ GOVERNOR: one, TIMELOCK_DELAY }, 1)).to.throw("TIMELOCK_DELAY");
    });
  });

  describe("through the timelock", () => {
    const paths: [name: string, args: () => readonly unknown[], before: () => Promise<unknown>, effect: () => Promise<void>][] = [
      [
        "updateMarket",
        () => [1, { ...config(), maxOpenInterest: 12_345n }, noLimits, []],
        async () => undefined,
        async () => {
          expect((await venue().exchange.marketConfig(1)).maxOpenInterest).equal(12_345n);
        },
      ],
      [
        "setGuardianLevel",
        () => [1, NORMAL],
        async () => (await exchangeAs("guardian")).setGuardianLevel(1, REDUCE_ONLY, GAS),
        async () => {
          expect((await venue().exchange.riskAt(1)).guardian).equal(BigInt(NORMAL));
        },
      ],
      [
        "retireMarket",
        () => [1],
        async () => undefined,
        async () => {
          const { status, finalPrice } = await venue().exchange.marketAt(1);
          expect([status, finalPrice]).to.deep.equal([1n, 10_000n * 10n * 65_536n]);
        },
      ],
      [
        "withdrawTreasury",
        () => [500_000n, trader(venue(), 5).address],
        // fees of 2 on 1,000 of notional: 0.6 for the treasury
        async () => cross(venue(), trader(venue(), 0), trader(venue(), 1), { tick: 10_000, lots: 10_000 }),
        async () => {
          expect(await venue().exchange.treasury()).equal(100_000n);
          expect(await venue().deployed.collateral.balanceOf(trader(venue(), 5).address)).equal(500_000n);
        },
      ],
      [
        "grantRole",
        () => [venue().connection.ethers.id("GUARDIAN_ROLE"), trader(venue(), 5).address],
        async () => undefined,
        async () => {
          await trader(venue(), 5).exchange.setGuardianLevel(1, CAUTIOUS, GAS);
        },
      ],
    ];
    for (const [name, args, before, effect] of paths) {
      it(`${name}: scheduled by the proposer alone, not before the delay, then by anyone, once`, async () => {
        const v = venue();
        await before();
        const operation = [v.deployed.exchangeAddress, 0, data(name, args()), ZERO, ZERO] as const;
        const proposer = await timelockAs("proposer");
        const outsider = await timelockAs("outsider");
        for (const role of ["outsider", "guardian", "deployer"] as const)
          await expect((await timelockAs(role)).schedule(...operation, DELAY)).to.be.revertedWithCustomError(
            timelock,
            "AccessControlUnauthorizedAccount",
          );
        await expect(proposer.schedule(...operation, DELAY - 1))
          .to.be.revertedWithCustomError(timelock, "TimelockInsufficientDelay")
          .withArgs(DELAY - 1, DELAY);
        await proposer.schedule(...operation, DELAY);
        const { time } = v.connection.networkHelpers;
        const due = (await time.latest()) + DELAY;
        await time.increaseTo(due - 10);
        for (const market of [1, 2]) await setTick(v, 10_000, market);
        await time.setNextBlockTimestamp(due - 1);
        await expect(outsider.execute(...operation, GAS)).to.be.revertedWithCustomError(
          timelock,
          "TimelockUnexpectedOperationState",
        );
        await time.setNextBlockTimestamp(due);
        await outsider.execute(...operation, GAS);
        await effect();
        await expect(outsider.execute(...operation, GAS)).to.be.revertedWithCustomError(
          timelock,
          "TimelockUnexpectedOperationState",
        );
      });
    }

    it("what was cancelled never runs, and only the proposer cancels", async () => {
      const v = venue();
      const operation = [v.deployed.exchangeAddress, 0, data("setGuardianLevel", [1, CAUTIOUS]), ZERO, ZERO] as const;
      await (await timelockAs("proposer")).schedule(...operation, DELAY);
      const id = await timelock.hashOperation(...operation);
      await expect((await timelockAs("outsider")).cancel(id)).to.be.revertedWithCustomError(
        timelock,
        "AccessControlUnauthorizedAccount",
      );
      await (await timelockAs("proposer")).cancel(id);
      await v.connection.networkHelpers.time.increase(DELAY + 1);
      await expect((await timelockAs("outsider")).execute(...operation, GAS)).to.be.revertedWithCustomError(
        timelock,
        "TimelockUnexpectedOperationState",
      );
    });
  });

  describe("guardian", () => {
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

  describe("updating a market", () => {
    const refused = async (change: object, parameter: string, riskChange: object = {}, tiers: object[] = []) =>
      expect(update(change, riskChange, tiers))
        .to.be.revertedWithCustomError(venue().exchange, "InvalidMarketConfig")
        .withArgs(parameter);

    it("one event carries everything, and the getters agree", async () => {
      const v = venue();
      const tiers = [{ from: 5_000n * USD, initialRate: 40_000, maintenanceRate: 20_000, targetRate: 30_000 }];
      const wanted = { ...config(), extraTiers: 1, maxAge: 120, tradeAge: 30, fundingCap: 7_500, impactNotional: 9n };
      const risk = { ...BREAKER, cautiousRatio: 15_000, growthLots: 77n };
      const call = (await asAdministrator()).updateMarket(1, wanted, risk, tiers as never, GAS);
      const [event] = named(await eventsOf(v, call), "MarketConfigured");
      if (!event) throw new Error("no event");
      const plainObject = (x: unknown) => (x as { toObject(): Record<string, unknown> }).toObject();
      const numbers = (o: Record<string, unknown>) =>
        Object.fromEntries(
          Object.entries(o).map(([k, value]) => [k, typeof value === "string" ? value : BigInt(value as number)]),
        );
      expect(numbers(plainObject(event["config"]))).to.deep.equal(numbers(wanted));
      expect(numbers(plainObject(event["risk"]))).to.deep.equal(numbers(risk));
      expect((event["tiers"] as unknown[]).map((t) => numbers(plainObject(t)))).to.deep.equal(tiers.map(numbers));
      expect(await v.exchange.marketConfig(1)).to.deep.equal(event["config"]);
      expect(await v.exchange.riskConfig(1)).to.deep.equal(event["risk"]);
      expect([...(await v.exchange.marketTiers(1))]).to.deep.equal([...(event["tiers"] as unknown[])]);
    });

    it("tick value and lot size are in every position and order: they stay", async () => {
      await refused({ tickValue: 11 }, "tickValue");
      await refused({ lotsPerUnit: config().lotsPerUnit + 1n }, "lotsPerUnit");
    });

    it("refused while insolvent", async () => {
      const v = venue();
      await cross(v, trader(v, 0), trader(v, 1), { tick: 10_000, lots: 10_000, longLeverage: 50, shortLeverage: 5 });
      await setTick(v, 9_600);
      await expect(update({})).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent").withArgs(1);
    });

    it("a source may be swapped for one that answers freshly, within the band of the old one", async () => {
      const v = venue();
      const { ethers } = v.connection;
      const source = async (tick: number) => {
        const answer = BigInt(tick) * 10n * config().lotsPerUnit * 100n;
        const feed = await ethers.deployContract("MockAggregator", [8, answer]);
        return (await ethers.deployContract("ChainlinkSource", [await feed.getAddress(), 7 * 86_400, NOBODY, 0])).getAddress();
      };
      const [low, high] = [await source(9_500), await source(10_500)];
      const [lower, higher] = [await source(9_499), await source(10_501)];
      await setTick(v, 10_000); // the band is 5 %
      await refused({ source: lower }, "source");
      await refused({ source: higher }, "source");
      const snapshot = await v.connection.networkHelpers.takeSnapshot();
      for (const inside of [low, high]) {
        await update({ source: inside });
        expect((await v.exchange.marketConfig(1)).source).equal(inside);
        await snapshot.restore();
      }
      // without a price of the old one there is nothing to compare with: only so can a dead feed be replaced
      await v.aggregators[0]?.setFailing(true, GAS);
      await update({ source: lower });
      expect((await v.exchange.marketConfig(1)).source).equal(lower);
      await snapshot.restore();
      await v.connection.networkHelpers.time.increase(70_000);
      await setTick(v, 9_500);
      await expect(update({ source: low })).to.be.revertedWithCustomError(v.exchange, "StalePrice");
    });

    it("the new maintenance rate is at most the old initial rate, at every notional", async () => {
      const v = venue();
      const tier = (from: bigint, initialRate: number, maintenanceRate: number, targetRate = initialRate) => ({
        from: from * USD,
        initialRate,
        maintenanceRate,
        targetRate,
      });
      await refused({ initialRate: 30_000, maintenanceRate: 20_001, targetRate: 30_000 }, "maintenanceRate");
      const snapshot = await v.connection.networkHelpers.takeSnapshot();
      await update({ initialRate: 30_000, maintenanceRate: 20_000, targetRate: 30_000 });
      await snapshot.restore();
      // a steep rise takes several changes, each announced: 2 %, from 1,000 on 4 %, from 5,000 on 10 %
      await refused({}, "tier.maintenanceRate", {}, [tier(1_000n, 40_000, 20_000), tier(5_000n, 100_000, 50_000)]);
      await update({}, {}, [tier(1_000n, 40_000, 20_000), tier(5_000n, 100_000, 20_000)]);
      await update({}, {}, [tier(1_000n, 40_000, 20_000), tier(5_000n, 100_000, 50_000)]);
      const change = (...tiers: object[]) => [{}, {}, tiers] as const;
      const rejects = (...tiers: object[]) => refused({}, "tier.maintenanceRate", {}, tiers);
      await rejects(tier(999n, 60_000, 20_001));
      await rejects(tier(1_000n, 60_000, 40_001));
      await rejects(tier(4_999n, 60_000, 40_001));
      await rejects(tier(999n, 60_000, 20_000), tier(5_000n, 200_000, 100_001));
      const tiered = await v.connection.networkHelpers.takeSnapshot();
      for (const tiers of [
        [tier(999n, 60_000, 20_000)],
        [tier(1_000n, 60_000, 40_000)],
        [tier(4_999n, 60_000, 40_000)],
        [tier(5_000n, 200_000, 100_000)],
        [tier(999n, 60_000, 20_000), tier(6_000n, 200_000, 100_000)],
      ]) {
        await update(...change(...tiers));
        await tiered.restore();
      }
    });

    it("so nobody with initial margin is liquidated by a change; who has less can be, after the delay", async () => {
      const v = venue();
      await cross(v, trader(v, 0), trader(v, 1), { tick: 10_000, lots: 10_000, longLeverage: 50, shortLeverage: 5 });
      await place(v, trader(v, 2), bid(9_990, 20_000, { leverage: 5 }));
      const tightest = { initialRate: 1_000_000, maintenanceRate: 20_000, targetRate: 1_000_000 };
      const { margin } = await v.exchange.positionAt(1, trader(v, 0).account);
      expect(margin).equal(20n * USD); // initial margin exactly
      await update(tightest);
      const call = () => trader(v, 4).exchange.liquidate(1, trader(v, 0).account, 64, GAS);
      await expect(call())
        .to.be.revertedWithCustomError(v.exchange, "NotLiquidatable")
        .withArgs(trader(v, 0).account, 20n * USD, 20n * USD);
      await setTick(v, 9_999);
      await call();
    });

    it("funding up to the change accrues by the old cap, and the new interval begins with it", async () => {
      const v = venue();
      const funded = { fundingCap: 20_000, impactNotional: 100n * USD };
      await update(funded);
      // the middle of the book stands 1 % above the mark
      await place(v, trader(v, 0), bid(10_050, 10_000, { leverage: 5 }));
      await place(v, trader(v, 1), ask(10_150, 10_000, { leverage: 5 }));
      const begun = await v.connection.networkHelpers.time.latest();
      await setTick(v, 10_000);
      await v.exchange.poke(1, GAS);
      const { fundingIndex: before } = await v.exchange.marketAt(1);
      const start = await v.connection.networkHelpers.time.latest();
      expect(start > begun).equal(true);
      await v.connection.networkHelpers.time.increase(1_000);
      const events = await eventsOf(v, update({ ...funded, fundingCap: 1 }));
      const elapsed = BigInt((await v.connection.networkHelpers.time.latest()) - start);
      const [accrued] = named(events, "FundingAccrued");
      // a premium of 100 ticks of 10 atoms, X16, over eight hours; the cap of 2 % is above it
      expect(accrued?.["fundingIndex"]).equal(before + (1_000n * 65_536n * elapsed) / 28_800n);
      await v.connection.networkHelpers.time.increase(1_000);
      const next = await eventsOf(v, v.exchange.poke(1, GAS));
      const index = named(next, "FundingAccrued")[0]?.["fundingIndex"] as bigint;
      const later = BigInt((await v.connection.networkHelpers.time.latest()) - start) - elapsed;
      expect(index - (accrued?.["fundingIndex"] as bigint)).equal((100_000n * 65_536n * later) / (1_000_000n * 28_800n));
    });

    it("a retired market is beyond updates and levels", async () => {
      const v = venue();
      const administrator = await asAdministrator();
      await administrator.retireMarket(1, GAS);
      for (const call of [
        () => update({}),
        () => administrator.setGuardianLevel(1, CAUTIOUS, GAS),
        () => administrator.retireMarket(1, GAS),
      ])
        await expect(call()).to.be.revertedWithCustomError(v.exchange, "MarketRetired").withArgs(1);
    });
  });
});
