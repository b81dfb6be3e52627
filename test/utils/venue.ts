/**
 * A small exchange on its own in-process chain: traders with deposits, prices in ticks, orders, and every event of a call, parsed.
 *
 * Prices are set in ticks: at tick T the mark is exactly T · tickValue quote atoms per lot, so notionals are exact.
 */
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";
import { deployPlimsoll } from "../../scripts/lib/deployPlimsoll.ts";
import { MARKETS, type MarketListing, type MarketParameters, type RiskParameters } from "../../scripts/lib/markets.ts";
import type { Lens } from "../../types/ethers-contracts/lens/Lens.ts";
import type { MockAggregator } from "../../types/ethers-contracts/mocks/MockAggregator.ts";
import type { InsuranceFund } from "../../types/ethers-contracts/vault/InsuranceFund.ts";

export type Deployed = Awaited<ReturnType<typeof deployPlimsoll>>;
export type ExchangeContract = Deployed["exchange"];
type Signer = Awaited<ReturnType<NetworkConnection["ethers"]["getSigners"]>>[number];

export const USD = 1_000_000n;
export const GAS = { gasLimit: 16_777_216n };
/** One in pips. */
export const PIPS = 1_000_000n;

export interface Trader {
  signer: Signer;
  address: string;
  account: number;
  /** The exchange, called by this trader. */
  exchange: ExchangeContract;
}

export interface ParsedEvent {
  name: string;
  args: Record<string, unknown> & { toObject(): Record<string, unknown> };
}

export interface Venue {
  connection: NetworkConnection;
  deployed: Deployed;
  exchange: ExchangeContract;
  lens: Lens;
  fund: InsuranceFund;
  aggregators: MockAggregator[];
  listings: MarketListing[];
  traders: Trader[];
}

export interface VenueOptions {
  /** One entry a market; each overrides the defaults of `plain`. */
  markets?: Partial<MarketParameters>[];
  /** First tick of every market. */
  tick?: number;
  traders?: number;
  /** Quote atoms a trader. */
  deposit?: bigint;
  /** Trade a token that misbehaves when it is told to. */
  hostileCollateral?: boolean;
}

/** Every limit off, so that a test meets only the one that it sets. */
export const noLimits: RiskParameters = {
  cautiousRatio: 0,
  reduceOnlyRatio: 0,
  hysteresis: 0,
  jumpRate: 0,
  calmPeriod: 0,
  cautiousFactor: 1_000_000,
  volatilityPeriod: 3_600,
  volatilityFactor: 0,
  maxInitialRate: 1_000_000,
  growthLots: (1n << 40n) - 1n,
  growthPeriod: 1,
  largeNotional: (1n << 64n) - 1n,
  stepRate: 1_000_000,
  stepCooldown: 0,
  preventivePeriod: 60,
};

/**
 * Parameters under which arithmetic in tests is easy to follow: no trading fees, and prices that stay fresh for hours, because every
 * transaction on the in-process chain takes a second.
 */
export const plain: MarketParameters = {
  ...firstListing().parameters,
  maxAge: 65_535,
  tradeAge: 65_535,
  takerFeeRate: 0,
  rewardRate: 0, // never more than the fees
  makerFeeRate: 0,
  insuranceShare: 800_000,
  treasuryShare: 0,
  fundingCap: 0,
  impactNotional: 0n,
  risk: noLimits,
  tiers: [],
};

function firstListing(): MarketListing {
  const [listing] = MARKETS;
  if (!listing) throw new Error("there is no market to take parameters from");
  return listing;
}

/** The 8-decimal answer of a feed at which the mark is exactly `tick`. */
export function answerAt(parameters: MarketParameters, tick: number): bigint {
  return BigInt(tick) * BigInt(parameters.tickValue) * parameters.lotsPerUnit * 100n;
}

export async function createVenue(options: VenueOptions = {}): Promise<Venue> {
  const connection = await network.create();
  const { ethers } = connection;
  const tick = options.tick ?? 10_000;
  const listings = (options.markets ?? [{}]).map((overrides, i) => {
    const parameters = { ...plain, ...overrides };
    return { ...firstListing(), name: `M${i + 1}`, initialPrice: Number(answerAt(parameters, tick)) / 1e8, parameters };
  });
  const collateral = options.hostileCollateral ? await hostileCollateral(connection, listings.length) : undefined;
  const deployed = await deployPlimsoll(connection, { listings, ...(collateral ? { collateral } : {}) });
  const venue: Venue = {
    connection,
    deployed,
    exchange: deployed.exchange,
    lens: await ethers.getContractAt("Lens", deployed.lensAddress),
    fund: await ethers.getContractAt("InsuranceFund", deployed.insuranceFundAddress),
    aggregators: await Promise.all(deployed.markets.map((m) => ethers.getContractAt("MockAggregator", m.aggregator))),
    listings,
    traders: [],
  };
  const signers = await ethers.getSigners();
  for (let i = 1; i <= (options.traders ?? 4); i++) {
    const signer = signers[i];
    if (!signer) throw new Error(`the network has no account ${i}`);
    await join(venue, signer, options.deposit ?? 1_000_000n * USD);
  }
  return venue;
}

/** A token with the units that listing the markets takes already in the administrator's hands. */
async function hostileCollateral(connection: NetworkConnection, listings: number): Promise<string> {
  const token = await connection.ethers.deployContract("HostileCollateral");
  const [administrator] = await connection.ethers.getSigners();
  if (!administrator) throw new Error("the network has no account to deploy from");
  await token.mint(administrator.address, BigInt(listings) * USD);
  return token.getAddress();
}

/** Funds a signer and opens its account. */
export async function join(venue: Venue, signer: Signer, amount: bigint): Promise<Trader> {
  const { collateral, exchangeAddress, exchange } = venue.deployed;
  await collateral.mint(signer.address, amount);
  await collateral.connect(signer).approve(exchangeAddress, 2n ** 255n);
  const own = exchange.connect(signer);
  await own.deposit(amount, GAS);
  const account = Number(await exchange.accountOf(signer.address));
  const trader = { signer, address: signer.address, account, exchange: own };
  venue.traders.push(trader);
  return trader;
}

/** The trader at a place in the venue's list, or with an account id. */
export function trader(venue: Venue, index: number): Trader {
  const found = venue.traders[index];
  if (!found) throw new Error(`the venue has no trader ${index}`);
  return found;
}

export function byAccount(venue: Venue, account: number): Trader {
  const found = venue.traders.find((t) => t.account === account);
  if (!found) throw new Error(`no trader has account ${account}`);
  return found;
}

export function parametersOf(venue: Venue, market = 1): MarketParameters {
  const listing = venue.listings[market - 1];
  if (!listing) throw new Error(`no market ${market}`);
  return listing.parameters;
}

/** Makes `tick` the mark, with a fresh timestamp. */
export async function setTick(venue: Venue, tick: number, market = 1): Promise<void> {
  await setAnswer(venue, answerAt(parametersOf(venue, market), tick), market);
}

/** Sets the feed's raw answer (8 decimals). */
export async function setAnswer(venue: Venue, answer: bigint, market = 1): Promise<void> {
  const aggregator = venue.aggregators[market - 1];
  if (!aggregator) throw new Error(`no market ${market}`);
  await aggregator.setAnswer(answer, GAS);
}

/** Waits for a call and parses every event of the exchange in it, in order. */
export async function eventsOf(
  venue: Venue,
  call: Promise<{
    wait(): Promise<{ logs: readonly { address: string; topics: readonly string[]; data: string }[] } | null>;
  }>,
): Promise<ParsedEvent[]> {
  const receipt = await (await call).wait();
  const events: ParsedEvent[] = [];
  for (const log of receipt?.logs ?? []) {
    if (log.address !== venue.deployed.exchangeAddress) continue;
    const parsed = venue.exchange.interface.parseLog({ topics: [...log.topics], data: log.data });
    if (parsed) events.push({ name: parsed.name, args: parsed.args as unknown as ParsedEvent["args"] });
  }
  return events;
}

export function named(events: readonly ParsedEvent[], name: string): ParsedEvent["args"][] {
  return events.filter((e) => e.name === name).map((e) => e.args);
}
