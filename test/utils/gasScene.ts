/**
 * A market for worst cases: every feature on, and parameters under which as many positions, fills and levels as possible lie in words
 * of storage that nothing else has touched. Traders beyond the first few are members of a crowd.
 */
import type { MarketParameters } from "../../scripts/lib/markets.ts";
import { ask, bid, type OrderOptions, place, requestOf } from "./orders.ts";
import { createVenue, GAS, noLimits, setTick, type Trader, trader, USD, type Venue } from "./venue.ts";

/** A lot costs one unit of quote at this tick, and 64 ticks in the band can be in 64 words of the tick bitmap. */
export const TICK = 100_000;
/** Lots of an order or a position of the crowd: a hundred units at TICK. */
export const LOTS = 100;
/** Orders that one call may visit. */
export const STEPS = 64;

export const TIERS = [1, 2, 3, 4, 5, 6, 7].map((i) => ({
  from: BigInt(i) * 1_000_000_000n * USD,
  initialRate: 200_000 + i,
  maintenanceRate: 190_000 + i,
  targetRate: 200_000 + i,
}));

/** 5x at most, so that what may be filled within the limits reaches over 20 % of the price. */
export const FULL: Partial<MarketParameters> = {
  initialRate: 200_000,
  maintenanceRate: 190_000,
  targetRate: 200_000,
  slippageRate: 200_000,
  bandRate: 500_000,
  takerFeeRate: 450,
  makerFeeRate: 150,
  liquidationFeeRate: 1_000,
  rewardRate: 200,
  insuranceShare: 700_000,
  treasuryShare: 100_000,
  maturity: 0,
  fundingCap: 5_000,
  impactNotional: 1_000n * USD,
  risk: {
    ...noLimits,
    cautiousRatio: 150_000,
    reduceOnlyRatio: 150_000,
    jumpRate: 1_000_000,
    calmPeriod: 1,
    volatilityFactor: 30,
    maxInitialRate: 200_000,
    growthPeriod: 600,
    largeNotional: 1_000n * USD,
    stepCooldown: 15,
  },
  tiers: TIERS,
};

export type Scene = Awaited<ReturnType<typeof createScene>>;
export type MemberOrder = Omit<OrderOptions, "lots" | "ioc"> & { lots?: number };

export async function createScene(markets: Partial<MarketParameters>[] = [FULL]) {
  const v: Venue = await createVenue({ markets, tick: TICK, traders: 4, deposit: 100_000_000n * USD });
  const crowd = await v.connection.ethers.deployContract("Crowd", [v.deployed.exchangeAddress]);
  const [dealer, victim, caller, staker] = [0, 1, 2, 3].map((i) => trader(v, i)) as [Trader, Trader, Trader, Trader];
  const { signer } = staker;
  await v.deployed.collateral.mint(signer.address, 100_000n * USD);
  await v.deployed.collateral.connect(signer).approve(v.deployed.insuranceFundAddress, 100_000n * USD);
  await v.fund.connect(signer).deposit(100_000n * USD, signer.address, GAS);
  const start = await v.connection.networkHelpers.takeSnapshot();
  const encode = (o: MemberOrder) =>
    v.exchange.interface.encodeFunctionData("placeOrder", [requestOf({ ...o, lots: o.lots ?? LOTS })]);
  return {
    v,
    crowd,
    dealer,
    victim,
    caller,
    staker,
    restore: () => start.restore(),
    /** Adds members with a deposit each; answers the index of the first. */
    async join(count: number, deposit = 10_000n * USD) {
      const first = Number(await crowd.size());
      for (let i = 0; i < count; i++) await crowd.join(deposit, GAS);
      return first;
    },
    rest: (member: number, o: MemberOrder) => crowd.run(member, encode(o), GAS),
    /** Several orders of one member in one transaction. */
    restAll: (member: number, orders: MemberOrder[]) =>
      crowd.run(member, v.exchange.interface.encodeFunctionData("multicall", [orders.map(encode)]), GAS),
    run: (member: number, data: string) => crowd.run(member, data, GAS),
    account: async (member: number) => Number(await v.exchange.accountOf(await crowd.members(member))),
  };
}

/**
 * `count` shorts, each in a word of its own of the rank index on both of its lower levels' sides: entries on eight ticks from `from` on,
 * bankruptcy prices over three octaves above 130 % of TICK. Then the victim has as many lots long, at TICK and 5x: bankrupt at 80 %.
 */
export async function populate(s: Scene, from: number, count: number): Promise<void> {
  const { v } = s;
  const perTick = Math.ceil(count / 8);
  let opened = 0;
  for (let group = 0; opened < count; group++) {
    const tick = from + group * 2_000;
    const size = Math.min(perTick, count - opened);
    await setTick(v, tick);
    await place(v, s.dealer, bid(tick, size * LOTS, { leverage: 1 }));
    const openings = Array.from({ length: size }, (_, i) => ({
      isLong: false,
      tick,
      lots: LOTS,
      leverage: 5,
      // 10 atoms a lot and tick; what 5x leaves short of the bankruptcy price
      extraMargin: BigInt(Math.round(1.3 * TICK * 2 ** ((3 * i) / perTick) - 1.2 * tick)) * 10n * BigInt(LOTS),
      deposit: 5_000n * USD,
    }));
    for (let i = 0; i < size; i += 15) await s.crowd.open(1, openings.slice(i, i + 15), GAS);
    opened += size;
  }
  await setTick(v, TICK);
  await place(v, s.victim, bid(TICK, count * LOTS, { leverage: 5 }));
  const { filled } = await place(v, s.dealer, ask(TICK, count * LOTS, { leverage: 1, ioc: true }));
  if (filled !== BigInt(count * LOTS)) throw new Error(`the victim got ${filled} lots`);
}

/** As many bids as one call may visit, of as many members, from `best` down; each opens in a cell of its own. */
export async function fillBids(s: Scene, best: number, apart: number): Promise<void> {
  const first = await s.join(STEPS);
  for (let i = 0; i < STEPS; i++) {
    await s.rest(first + i, { isBid: true, tick: best - i * apart, leverage: 1 + (i % 5) });
  }
}

/** The victim's 32 orders, each on a level of its own, that go before anything else. */
export async function fillSeats(s: Scene): Promise<void> {
  for (let i = 0; i < 32; i++) await place(s.v, s.victim, ask(110_000 + 300 * i, LOTS, { leverage: 5 }));
}
