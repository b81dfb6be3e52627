/** Governance: the hand-over to the timelock, and changes through it from schedule to effect. */
import { expect } from "chai";
import { MAX_DELAY, MIN_DELAY, readGovernance } from "../../scripts/lib/readGovernance.ts";
import {
  ADMINISTRATOR_ROLE,
  CAUTIOUS,
  DELAY,
  NOBODY,
  NORMAL,
  REDUCE_ONLY,
  signer,
  useGoverned,
} from "../utils/governed.ts";
import { cross } from "../utils/orders.ts";
import { GAS, noLimits, setTick, trader } from "../utils/venue.ts";

describe("Governance", () => {
  const { venue, timelock, config, asAdministrator, exchangeAs, timelockAs, unauthorized } = useGoverned();
  const data = (name: string, args: readonly unknown[]) =>
    venue().exchange.interface.encodeFunctionData(name as "withdrawTreasury", args as never);

  describe("hand-over", () => {
    it("the timelock administers, the guardian guards, and the deployer has nothing left", async () => {
      const x = venue().exchange;
      const admin = await x.DEFAULT_ADMIN_ROLE();
      const guardian = await x.GUARDIAN_ROLE();
      expect(await x.hasRole(admin, await timelock().getAddress())).equal(true);
      expect(await x.hasRole(guardian, (await signer(venue(), "guardian")).address)).equal(true);
      for (const role of ["deployer", "proposer", "guardian", "outsider"] as const)
        expect(await x.hasRole(admin, (await signer(venue(), role)).address), role).equal(false);
      expect(await timelock().getMinDelay()).equal(BigInt(DELAY));
      // the timelock has no administrator but itself
      for (const role of ["deployer", "proposer", "guardian"] as const)
        expect(await timelock().hasRole(ADMINISTRATOR_ROLE, (await signer(venue(), role)).address), role).equal(false);
      expect(await timelock().hasRole(ADMINISTRATOR_ROLE, await timelock().getAddress())).equal(true);
    });

    it("nobody else can do what the administrator does", async () => {
      for (const role of ["deployer", "proposer", "guardian", "outsider"] as const) {
        const x = await exchangeAs(role);
        const to = (await signer(venue(), role)).address;
        await unauthorized(x.listMarket(config(), noLimits, [], GAS), role, ADMINISTRATOR_ROLE);
        await unauthorized(x.updateMarket(1, config(), noLimits, [], GAS), role, ADMINISTRATOR_ROLE);
        await unauthorized(x.retireMarket(1, GAS), role, ADMINISTRATOR_ROLE);
        await unauthorized(x.withdrawTreasury(1, to, GAS), role, ADMINISTRATOR_ROLE);
        await unauthorized(x.setInsuranceFund(to, GAS), role, ADMINISTRATOR_ROLE);
        await unauthorized(x.grantRole(ADMINISTRATOR_ROLE, to, GAS), role, ADMINISTRATOR_ROLE);
        await unauthorized(x.grantRole(await x.GUARDIAN_ROLE(), to, GAS), role, ADMINISTRATOR_ROLE);
      }
    });

    it("the delay is bounded: below the insurance fund's cooldown nobody could leave in time", async () => {
      const { ethers } = venue().connection;
      const deploy = (delay: number) => ethers.deployContract("Timelock", [delay, NOBODY.replace(/0$/, "1")]);
      for (const delay of [0, MIN_DELAY - 1, MAX_DELAY + 1])
        await expect(deploy(delay))
          .to.be.revertedWithCustomError(timelock(), "InvalidDelay")
          .withArgs(delay, MIN_DELAY, MAX_DELAY);
      for (const delay of [MIN_DELAY, MAX_DELAY])
        expect(await (await deploy(delay)).getMinDelay()).equal(BigInt(delay));
      expect(BigInt(MIN_DELAY) - (await venue().fund.COOLDOWN())).equal(86_400n);
      const own = await timelock().getAddress();
      await asAdministrator();
      const self = timelock().connect(await ethers.getSigner(own));
      await expect(self.updateDelay(MIN_DELAY - 1)).to.be.revertedWithCustomError(timelock(), "InvalidDelay");
      await self.updateDelay(MIN_DELAY);
      expect(await timelock().getMinDelay()).equal(BigInt(MIN_DELAY));
      await expect((await timelockAs("proposer")).updateDelay(MIN_DELAY)).to.be.revertedWithCustomError(
        timelock(),
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
    const paths: [
      name: string,
      args: () => readonly unknown[],
      before: () => Promise<unknown>,
      effect: () => Promise<void>,
    ][] = [
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
        const operation = [
          v.deployed.exchangeAddress,
          0,
          data(name, args()),
          ADMINISTRATOR_ROLE,
          ADMINISTRATOR_ROLE,
        ] as const;
        const proposer = await timelockAs("proposer");
        const outsider = await timelockAs("outsider");
        for (const role of ["outsider", "guardian", "deployer"] as const)
          await expect((await timelockAs(role)).schedule(...operation, DELAY)).to.be.revertedWithCustomError(
            timelock(),
            "AccessControlUnauthorizedAccount",
          );
        await expect(proposer.schedule(...operation, DELAY - 1))
          .to.be.revertedWithCustomError(timelock(), "TimelockInsufficientDelay")
          .withArgs(DELAY - 1, DELAY);
        await proposer.schedule(...operation, DELAY);
        const { time } = v.connection.networkHelpers;
        const due = (await time.latest()) + DELAY;
        await time.increaseTo(due - 10);
        for (const market of [1, 2]) await setTick(v, 10_000, market);
        await time.setNextBlockTimestamp(due - 1);
        await expect(outsider.execute(...operation, GAS)).to.be.revertedWithCustomError(
          timelock(),
          "TimelockUnexpectedOperationState",
        );
        await time.setNextBlockTimestamp(due);
        await outsider.execute(...operation, GAS);
        await effect();
        await expect(outsider.execute(...operation, GAS)).to.be.revertedWithCustomError(
          timelock(),
          "TimelockUnexpectedOperationState",
        );
      });
    }

    it("what was cancelled never runs, and only the proposer cancels", async () => {
      const v = venue();
      const operation = [
        v.deployed.exchangeAddress,
        0,
        data("setGuardianLevel", [1, CAUTIOUS]),
        ADMINISTRATOR_ROLE,
        ADMINISTRATOR_ROLE,
      ] as const;
      await (await timelockAs("proposer")).schedule(...operation, DELAY);
      const id = await timelock().hashOperation(...operation);
      await expect((await timelockAs("outsider")).cancel(id)).to.be.revertedWithCustomError(
        timelock(),
        "AccessControlUnauthorizedAccount",
      );
      await (await timelockAs("proposer")).cancel(id);
      await v.connection.networkHelpers.time.increase(DELAY + 1);
      await expect((await timelockAs("outsider")).execute(...operation, GAS)).to.be.revertedWithCustomError(
        timelock(),
        "TimelockUnexpectedOperationState",
      );
    });
  });
});
