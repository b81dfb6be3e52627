/** Markets on a Pyth source: listing one, and updates as Pyth would sign them. */

import type { UniquePyth } from "../../types/ethers-contracts/mocks/UniquePyth.ts";
import type { PythSource } from "../../types/ethers-contracts/oracle/PythSource.ts";
import { answerAt, parametersOf, USD, type Venue } from "./venue.ts";

/** Seconds: long enough for a test's transactions, each of which takes one. */
export const WINDOW = 60;
/** Of one update, wei. */
export const FEE = 1_000n;

/** As MockPyth wants it: id, price and moving average (price, confidence, exponent, publish time), and the publish time before. */
const MOCK_UPDATE = [
  "tuple(bytes32, tuple(int64, uint64, int32, uint256), tuple(int64, uint64, int32, uint256))",
  "uint64",
];

export interface PythMarket {
  /** The market's id. */
  id: number;
  pyth: UniquePyth;
  source: PythSource;
  feedId: string;
}

/**
 * Lists a market with the first one's parameters on a Pyth source of its own, at `tick`, or on what `wrap` makes of that source.
 * The venue's invariants cover it.
 */
export async function listPythMarket(
  venue: Venue,
  tick: number,
  wrap: (source: string) => Promise<string> = async (source) => source,
): Promise<PythMarket> {
  const { ethers } = venue.connection;
  const id = venue.deployed.markets.length + 1;
  const feedId = ethers.id(`market ${id}`);
  const pyth = await ethers.deployContract("UniquePyth", [FEE]);
  const source = await ethers.deployContract("PythSource", [await pyth.getAddress(), feedId, WINDOW, 10_000]);
  const market = { id, pyth, source, feedId };
  const [listing] = venue.listings;
  if (!listing) throw new Error("the venue has no market to take parameters from");
  venue.listings.push({ ...listing, name: `M${id}` });

  const start = await nextWindow(venue);
  await source.update([signed(venue, market, tick, start)], { value: FEE });
  const { risk, tiers, ...config } = parametersOf(venue, id);
  const listed = await wrap(await source.getAddress());
  await venue.deployed.collateral.mint((await ethers.provider.getSigner(0)).address, USD);
  await venue.deployed.collateral.approve(venue.deployed.exchangeAddress, USD);
  await venue.exchange.listMarket({ source: listed, extraTiers: tiers.length, ...config }, risk, [...tiers]);
  venue.deployed.markets.push({
    id,
    name: `M${id}`,
    source: listed,
    aggregator: listed,
    ticksPerPrice: "1",
    parameters: parametersOf(venue, id),
  });
  return market;
}

/** An update that makes `tick` the mark. By default the first of the window in which it is published. */
export function signed(
  venue: Venue,
  { id, feedId }: PythMarket,
  tick: number,
  published: number,
  previous = windowOf(published) - 1,
): string {
  const value = answerAt(parametersOf(venue, id), tick);
  const price = [value, value / 10_000n, -8, published];
  return venue.connection.ethers.AbiCoder.defaultAbiCoder().encode(MOCK_UPDATE, [[feedId, price, price], previous]);
}

/** Goes on to the next window and delivers its first update, at `tick`, to each market's source. */
export async function deliver(venue: Venue, markets: readonly PythMarket[], tick: number): Promise<void> {
  const start = await nextWindow(venue);
  for (const market of markets) await market.source.update([signed(venue, market, tick, start)], { value: FEE });
}

/** Start of the window that a time is in. */
export function windowOf(time: number): number {
  return time - (time % WINDOW);
}

/** Goes on to the start of the next window, and returns it. */
export async function nextWindow(venue: Venue): Promise<number> {
  const { time } = venue.connection.networkHelpers;
  const start = windowOf(await time.latest()) + WINDOW;
  await time.increaseTo(start);
  return start;
}
