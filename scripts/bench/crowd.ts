// A market with thousands of open positions, built through the exchange's real entry points.
import type { NetworkConnection } from "hardhat/types/network";
import { deployPlimsoll } from "../lib/deployPlimsoll.ts";
import { MARKETS } from "../lib/markets.ts";
import { createRandom } from "./random.ts";

export const MARKET = 1n;
export const USD = 1_000_000n;
/** The mark at which everything is measured, in ticks of 0.1 USD. */
export const MARK = 1_000_000;
/** No long of the book is bankrupt above this: the price has to visit 0.951 of the mark for the bankrupt short to be opened. */
const HIGHEST_BANKRUPTCY = 0.945;
const BATCH = 20;

export type Bench = Awaited<ReturnType<typeof deployBench>>;

/** The exchange with one market at the mark, a crowd, and a maker with deep pockets. */
export async function deployBench(connection: NetworkConnection) {
  const { ethers, networkHelpers } = connection;
  const listing = MARKETS[0];
  if (!listing) throw new Error("no market to bench");
  // the book is built over many blocks of a clock that the bench does not drive: prices must not age meanwhile
  const { risk, tiers, ...rest } = listing.parameters;
  const parameters = {
    ...rest,
    maxAge: 60_000,
    tradeAge: 60_000,
    maturity: 0,
    // prices that move by percents a second would make every position well margined; and the largest positions reach the tiers
    risk: { ...risk, jumpRate: 0, volatilityFactor: 0 },
    tiers: tiers.map((tier) => ({ ...tier, from: tier.from * 100n })),
  };
  const deployed = await deployPlimsoll(connection, {
    listings: [{ ...listing, initialPrice: MARK / Number(listing.ticksPerPrice), parameters }],
  });
  const { exchange, collateral } = deployed;
  const aggregator = await ethers.getContractAt("MockAggregator", deployed.markets[0]?.aggregator ?? "");
  const crowd = await ethers.deployContract("Crowd", [deployed.exchangeAddress]);
  const [, maker, keeper] = await ethers.getSigners();
  if (!maker || !keeper) throw new Error("the network has too few accounts");
  for (const signer of [maker, keeper]) {
    await collateral.mint(signer.address, 10n ** 18n);
    await collateral.connect(signer).approve(deployed.exchangeAddress, 10n ** 18n);
    await exchange.connect(signer).deposit(10n ** 18n - 1n);
  }
  /** Sets the mark, in ticks. */
  const setMark = async (tick: number): Promise<void> => {
    await aggregator.setAnswer(BigInt(Math.round(tick)) * 10n ** 7n);
  };
  const order = (fields: { isBid: boolean; tick: number; lots: bigint; leverage?: number; ioc?: boolean }) => ({
    market: MARKET,
    isBid: fields.isBid,
    tick: fields.tick,
    lots: fields.lots,
    timeInForce: fields.ioc ? 1 : 0,
    selfTrade: 0,
    reduceOnly: false,
    leverage: fields.leverage ?? 10,
    expiry: 0,
    maxSteps: 64,
    clientId: 0,
  });
  return { ...deployed, ethers, networkHelpers, aggregator, crowd, maker, keeper, setMark, order };
}

/**
 * Opens `count` longs: entries lognormal ±10 % around the mark, leverage lognormal 2–50, sizes lognormal; the maker is short against
 * all of them. Opened in ascending order of entry, so that the rising price never makes one bankrupt on the way.
 */
export async function openLongs(bench: Bench, count: number, seed = 42): Promise<void> {
  const random = createRandom(seed + count);
  const book: { tick: number; lots: bigint; leverage: number; extra: bigint; notional: bigint }[] = [];
  while (book.length < count) {
    const tick = Math.round(MARK * Math.exp(0.1 * random.normal()));
    const drawn = Math.min(50, Math.max(2, Math.exp(Math.log(8) + 0.8 * random.normal())));
    const lots = BigInt(Math.max(100, Math.floor(Math.exp(Math.log(1_000) + 1.5 * random.normal()))));
    const leverage = Math.min(drawn, tick / Math.max(1, tick - HIGHEST_BANKRUPTCY * MARK));
    if (leverage < 1 || tick < 0.6 * MARK || tick > 1.5 * MARK) continue;
    const notional = lots * BigInt(tick) * 10n;
    const whole = Math.max(1, Math.min(49, Math.ceil(leverage)));
    const margin = BigInt(Math.ceil(Number(notional) / leverage));
    const extra = margin > notional / BigInt(whole) ? margin - notional / BigInt(whole) : 0n;
    book.push({ tick, lots, leverage: whole, extra, notional });
  }
  book.sort((a, b) => a.tick - b.tick);
  const maker = bench.exchange.connect(bench.maker);
  while (book.length > 0) {
    const first = book[0];
    if (!first) break;
    // every entry of a batch fills at one mark, so all of them must lie within the band around it
    const within = book.findIndex((b) => b.tick > first.tick * 1.02);
    const batch = book.splice(0, Math.min(BATCH, within === -1 ? BATCH : within));
    await bench.setMark(first.tick);
    for (const tick of new Set(batch.map((b) => b.tick))) {
      const lots = batch.filter((b) => b.tick === tick).reduce((sum, b) => sum + b.lots, 0n);
      await maker.placeOrder(bench.order({ isBid: false, tick, lots, leverage: 1 }));
    }
    await bench.crowd.open(
      MARKET,
      batch.map((b) => ({
        isLong: true,
        tick: b.tick,
        lots: b.lots,
        leverage: b.leverage,
        extraMargin: b.extra,
        deposit: 2n * b.notional + 100n * USD,
      })),
    );
  }
  await bench.setMark(MARK);
}
