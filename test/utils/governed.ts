/** A venue whose deployer handed it over: timelock, proposer, guardian, and calls as each of them. */
import { expect } from "chai";
import { handOver } from "../../scripts/lib/handOver.ts";
import { MIN_DELAY } from "../../scripts/lib/readGovernance.ts";
import type { Timelock } from "../../types/ethers-contracts/governance/Timelock.ts";
import { useVenue } from "./useVenue.ts";
import { GAS, noLimits, parametersOf, type Venue } from "./venue.ts";

export type Role = "deployer" | "proposer" | "guardian" | "outsider";

/** Seconds. */
export const DELAY = MIN_DELAY + 3_600;
export const ADMINISTRATOR_ROLE = `0x${"00".repeat(32)}`;
export const NOBODY = `0x${"00".repeat(20)}`;
/** Levels of the circuit breaker. */
export const [NORMAL, CAUTIOUS, REDUCE_ONLY] = [0, 1, 2];
/** Of the second market: a jump steps its level for a minute. */
export const BREAKER = { ...noLimits, jumpRate: 50_000, calmPeriod: 60 };

export async function signer(v: Venue, role: Role) {
  const index = { deployer: 0, proposer: 20, guardian: 21, outsider: 22 }[role];
  const found = (await v.connection.ethers.getSigners())[index];
  if (!found) throw new Error(`no signer ${index}`);
  return found;
}

export function useGoverned() {
  let known: Timelock | undefined;
  const venue = useVenue(
    {
      traders: 6,
      markets: [
        { takerFeeRate: 1_000, makerFeeRate: 1_000, insuranceShare: 700_000, treasuryShare: 300_000 },
        { risk: BREAKER },
      ],
    },
    async (v) => {
      const address = await handOver(v.connection, v.deployed.exchangeAddress, {
        proposer: (await signer(v, "proposer")).address,
        delay: DELAY,
        guardian: (await signer(v, "guardian")).address,
      });
      known = await v.connection.ethers.getContractAt("Timelock", address);
    },
  );
  const timelock = () => {
    if (!known) throw new Error("the timelock is made before the first test");
    return known;
  };
  const config = (market = 1) => {
    const { risk: _, tiers, ...rest } = parametersOf(venue(), market);
    return { ...rest, extraTiers: tiers.length, source: venue().deployed.markets[market - 1]?.source ?? "" };
  };
  /** The exchange, called by the timelock itself: for what needs many calls of the administrator. */
  async function asAdministrator() {
    const { networkHelpers, ethers } = venue().connection;
    const address = await timelock().getAddress();
    await networkHelpers.impersonateAccount(address);
    await networkHelpers.setBalance(address, 10n ** 20n);
    return venue().exchange.connect(await ethers.getSigner(address));
  }
  return {
    venue,
    timelock,
    config,
    asAdministrator,
    exchangeAs: async (role: Role) => venue().exchange.connect(await signer(venue(), role)),
    timelockAs: async (role: Role) => timelock().connect(await signer(venue(), role)),
    /** Changes the first market as the administrator. */
    update: async (change: object, riskChange: object = {}, tiers: object[] = []) =>
      (await asAdministrator()).updateMarket(
        1,
        { ...config(), extraTiers: tiers.length, ...change },
        { ...noLimits, ...riskChange },
        tiers as never,
        GAS,
      ),
    unauthorized: async (call: Promise<unknown>, role: Role, id: string) =>
      expect(call)
        .to.be.revertedWithCustomError(venue().exchange, "AccessControlUnauthorizedAccount")
        .withArgs((await signer(venue(), role)).address, id),
  };
}
