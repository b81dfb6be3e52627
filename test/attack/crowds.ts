/**
 * Patterns of reference/adl.md (b) 6, 15, 22: many accounts as a weapon. Who goes first among many bankrupt ones, positions laid along the
 * whole boundary of the region that a proof has to walk, tiny accounts bankrupt all at once.
 *
 * Traders are contracts (Crowd), so that there can be many. CROWD is as many as a run of seconds opens on a laptop; PLIMSOLL_CROWD=10000
 * runs the number.
 */
import { expect } from "chai";
import { deleverage } from "../utils/crash.ts";
import { ask, bid, place } from "../utils/orders.ts";
import { LIMITS } from "../utils/randomMarket.ts";
import { situationOf } from "../utils/scenarios.ts";
import { followIndex, readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const CAP = 16_777_216n;
const CROWD = Number(process.env["PLIMSOLL_CROWD"] ?? 600);
const BATCH = 30;

type Opening = { isLong: boolean; tick: number; lots: number; leverage: number; extraMargin?: bigint };

async function openMany(v: Venue, openings: readonly Opening[]) {
  const crowd = await v.connection.ethers.deployContract("Crowd", [v.deployed.exchangeAddress]);
  for (let i = 0; i < openings.length; i += BATCH) {
    const batch = openings.slice(i, i + BATCH).map((o) => ({ extraMargin: 0n, ...o, deposit: 1_000n * USD }));
    await crowd.open(1, batch, GAS);
  }
  return crowd;
}

const gasOf = async (call: Promise<{ wait(): Promise<{ gasUsed: bigint } | null> }>) =>
  (await (await call).wait())?.gasUsed ?? 0n;

describe("Attack: many accounts", () => {
  const venue = useVenue(
    {
      traders: 8,
      deposit: 100_000_000n * USD,
      markets: [{ minNotional: 1n, minMargin: 1n, maxOpenInterest: 2n ** 40n }],
    },
    undefined,
    // the check reads every account in one view, which has a gas limit
    CROWD > 1_000 ? false : { quick: true },
  );
  const dealer = () => trader(venue(), 7);

  it(`${CROWD} tiny accounts bankrupt at once: resolved one by one by anybody, thirty to a transaction, and nothing is left over`, async function () {
    this.timeout(600_000);
    const v = venue();
    await place(v, dealer(), ask(10_000, CROWD, { leverage: 1 }));
    await openMany(
      v,
      Array.from({ length: CROWD }, () => ({ isLong: true, tick: 10_000, lots: 1, leverage: 50 })),
    );
    await v.connection.networkHelpers.time.increase(60);
    await setTick(v, 9_000);
    const call = v.exchange.interface.encodeFunctionData("autoDeleverage", [1, [], LIMITS]);
    let transactions = 0;
    for (let left = CROWD; left > 0; left -= BATCH) {
      const calls = Array.from({ length: Math.min(BATCH, left) }, () => call);
      const gas = await gasOf(v.exchange.multicall(calls, GAS));
      expect(gas < CAP, `${calls.length} in ${gas} gas`).equal(true);
      transactions++;
    }
    expect(transactions).equal(Math.ceil(CROWD / BATCH));
    expect((await v.exchange.marketAt(1)).openInterest).equal(0n);
    expect(await v.exchange.poke.staticCall(1)).equal(false);
  });

  it("the caller cannot choose which bankrupt account goes first: nominees change nothing while cells are wholly past", async () => {
    const v = venue();
    await place(v, dealer(), ask(10_000, 4_000, { leverage: 1 }));
    await openMany(
      v,
      [30, 50, 40, 50].map((leverage) => ({ isLong: true, tick: 10_000, lots: 1_000, leverage })),
    );
    await v.connection.networkHelpers.time.increase(60);
    await setTick(v, 9_000);
    const accounts = [...(await readPositions(v)).values()]
      .filter(({ lots }) => lots > 0n)
      .map(({ account }) => account);
    const [x30 = 0, first50 = 0, x40 = 0, second50 = 0] = accounts;
    const resolved: number[] = [];
    for (const nominee of [x30, x40, second50, dealer().account]) {
      const events = await eventsOf(v, deleverage(v, [], { nominee, maxCounterparties: 1 }));
      resolved.push(...named(events, "DeleverageCall").map((e) => Number(e["bankrupt"])));
    }
    expect(resolved).to.deep.equal([first50, second50, x40, x30]);
  });

  it("an account once begun is finished before the next one, however the call is cut", async () => {
    const v = venue();
    for (const i of [1, 2]) await place(v, trader(v, i), ask(10_000, 1_000, { leverage: 20 + i }));
    await place(v, trader(v, 0), bid(10_000, 2_000, { leverage: 40, ioc: true }));
    await place(v, dealer(), ask(10_000, 1_000, { leverage: 1 }));
    await openMany(v, [{ isLong: true, tick: 10_000, lots: 1_000, leverage: 39 }]);
    await v.connection.networkHelpers.time.increase(60);
    await setTick(v, 9_500);
    const bankrupts: number[] = [];
    for (let i = 0; i < 3; i++) {
      const events = await eventsOf(v, deleverage(v, [], { maxCounterparties: 1 }));
      bankrupts.push(...named(events, "DeleverageCall").map((e) => Number(e["bankrupt"])));
    }
    const begun = trader(v, 0).account;
    expect(bankrupts.slice(0, 2)).to.deep.equal([begun, begun]);
    expect(bankrupts[2]).not.equal(begun);
  });

  it("positions along the whole boundary of the region: the proof walks a staircase, and stays far below the cap", async () => {
    const v = venue();
    const [victim, first, second] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await place(v, first, ask(10_000, 1_000, { leverage: 45 }));
    await place(v, second, ask(10_000, 1_000, { leverage: 44 }));
    await place(v, victim, bid(10_000, 2_000, { leverage: 50, ioc: true }));
    // a staircase below the list: entries one index cell apart from X up, each with the margin that keeps its score just below the list's
    const stairs: Opening[] = [];
    for (let step = 0; step < 120; step++) {
      const tick = 9_810 + Math.round(step * 1.6);
      stairs.push({
        isLong: false,
        tick,
        lots: 1,
        leverage: 40 - Math.floor(step / 5),
        extraMargin: BigInt(step * 40),
      });
    }
    const bare = await v.connection.networkHelpers.takeSnapshot();
    await v.connection.networkHelpers.time.increase(60);
    await setTick(v, 9_500);
    const alone = await gasOf(deleverage(v, [first.account, second.account]));
    await bare.restore();
    await setTick(v, 9_900);
    for (const tick of new Set(stairs.map((stair) => stair.tick))) {
      const lots = stairs.filter((stair) => stair.tick === tick).length;
      await place(v, dealer(), bid(tick, lots, { leverage: 1 }));
      await openMany(
        v,
        stairs.filter((stair) => stair.tick === tick),
      );
    }
    await v.connection.networkHelpers.time.increase(60);
    await setTick(v, 9_500);
    const now = await situationOf(v, followIndex(v));
    const head = now?.list ?? [];
    expect(now?.queue.length).greaterThan(100);
    const cost = await gasOf(deleverage(v, head));
    const perEntry = Number(cost) / head.length;
    expect(
      cost < CAP / 4n,
      `${cost} gas for ${head.length} counterparties, ${alone} for 2 alone, ${perEntry} each`,
    ).equal(true);
    expect((await readPositions(v)).has(victim.account)).equal(false);
  });
});
