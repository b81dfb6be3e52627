import type { NetworkConnection } from "hardhat/types/network";
import Plimsoll from "../../ignition/modules/Plimsoll.ts";
import { deploySource, type SourceChoice } from "./deploySource.ts";
import { handOver } from "./handOver.ts";
import { MARKETS, type MarketListing, type MarketParameters } from "./markets.ts";
import type { Governance } from "./readGovernance.ts";

export interface DeployedMarket {
  id: number;
  name: string;
  source: string;
  /** The feed behind a Chainlink source; of another kind, the source itself. */
  aggregator: string;
  ticksPerPrice: string;
  parameters: MarketParameters;
}

export interface DeployOptions {
  /** Existing collateral; a mock is deployed when there is none. */
  collateral?: string;
  /** Price sources by market name; the rest get mocked feeds. */
  sources?: Record<string, SourceChoice>;
  listings?: readonly MarketListing[];
  /** Hands the exchange over to a timelock at the end; without it the deployer stays the administrator. */
  governance?: Governance;
}

/** Deploys the exchange through Ignition, then sources and markets in order. The signer is the first account. */
export async function deployPlimsoll(connection: NetworkConnection, options: DeployOptions = {}) {
  const { ethers, ignition } = connection;
  const [administrator] = await ethers.getSigners();
  if (!administrator) throw new Error("the network has no account to deploy from");
  const startBlock = await ethers.provider.getBlockNumber();

  const collateralAddress = options.collateral ?? (await (await ethers.deployContract("MockCollateral")).getAddress());
  const deployed = await ignition.deploy(Plimsoll, {
    parameters: { Plimsoll: { collateral: collateralAddress, administrator: administrator.address } },
  });
  const exchangeAddress = await deployed.exchange.getAddress();
  const exchange = await ethers.getContractAt("Exchange", exchangeAddress);
  const collateral = await ethers.getContractAt("MockCollateral", collateralAddress);
  const listings = options.listings ?? MARKETS;

  // each listing seeds its pot with one unit of the collateral
  const seed = 1_000_000n * BigInt(listings.length);
  if (options.collateral === undefined) await (await collateral.mint(administrator.address, seed)).wait();
  await (await collateral.approve(exchangeAddress, seed)).wait();

  const markets: DeployedMarket[] = [];
  for (const [i, listing] of listings.entries()) {
    const choice = options.sources?.[listing.name] ?? { kind: "mock", initialPrice: listing.initialPrice };
    const { source, aggregator } = await deploySource(connection, choice);
    const { risk, tiers, ...config } = listing.parameters;
    await (await exchange.listMarket({ source, extraTiers: tiers.length, ...config }, risk, [...tiers])).wait();
    markets.push({
      id: i + 1,
      name: listing.name,
      source,
      aggregator,
      ticksPerPrice: listing.ticksPerPrice.toString(),
      parameters: listing.parameters,
    });
  }
  const timelockAddress = options.governance && (await handOver(connection, exchangeAddress, options.governance));
  return {
    startBlock,
    collateralAddress,
    exchangeAddress,
    lensAddress: await deployed.lens.getAddress(),
    insuranceFundAddress: await deployed.insuranceFund.getAddress(),
    timelockAddress,
    markets,
    exchange,
    collateral,
  };
}
