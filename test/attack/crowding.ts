/**
 * Patterns 15, 22 and the "dust": many small positions and orders, to make a call dear or to hold it up. Traders are contracts
 * (Crowd), so that there can be many.
 */
import { expect } from "chai";
import { deleverage } from "../utils/crash.ts";
import { ask, bid, place, requestOf } from "../utils/orders.ts";
import { LIMITS } from "../utils/randomMarket.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const CAP = 16_777_216n;

interface Opening {
  isLong: boolean;
  tick: number;
  lots: number;
  leverage: number;
}

/** Opens positions of new accounts against what rests in the book, thirty to a transaction. */
async function openMany(v: Venue, openings: Opening[]) {
  const crowd = await v.connection.ethers.deployContract("Crowd", [v.deployed.exchangeAddress]);
  for (let i = 0; i < openings.length; i += 30) {
    const batch = openings.slice(i, i + 30).map((o) => ({ ...o, extraMargin: 0n, deposit: 1_000n * USD }));
    await crowd.open(1, batch, GAS);
  }
  return crowd;
}

const gasOf = async (call: Promise<{ wait(): Promise<{ gasUsed: bigint } | null> }>) =>
  (await (await call).wait())?.gasUsed ?? 0n;

describe("Attack: crowding", () => {
  const venue = useVenue(
    { traders: 6, deposit: 10_000_000n * USD, markets: [{ minNotional: 1n, minMargin: 1n }] },
    undefined,
    {
      quick: true,
    },
  );
  /** The victim and three good counterparties; a dealer takes the other side of everybody else. */
  async function crash(v: Venue, crowd: Opening[]): Promise<void> {
    const [victim, dealer] = [trader(v, 0), trader(v, 5)];
    for (const [i, leverage] of [40, 30, 20].entries())
      await place(v, trader(v, i + 1), ask(10_000, 1_000, { leverage }));
    await place(v, victim, bid(10_000, 3_000, { leverage: 50, ioc: true }));
    const lots = crowd.reduce((s, o) => s + o.lots, 0);
    if (lots > 0) await place(v, dealer, bid(10_000, lots, { leverage: 1 }));
    await openMany(v, crowd);
    await v.connection.networkHelpers.time.increase(60);
    await setTick(v, 9_500);
  }
  const list = () => [1, 2, 3].map((i) => trader(venue(), i).account);

  it("ninety dust positions in one cell below the list do not make its proof dearer", async () => {
    const v = venue();
    const bare = await v.connection.networkHelpers.takeSnapshot();
    await crash(v, []);
    const alone = await gasOf(deleverage(v, list()));
    await bare.restore();
    await crash(
      v,
      Array.from({ length: 90 }, () => ({ isLong: false, tick: 10_000, lots: 1, leverage: 10 })),
    );
    const crowded = await gasOf(deleverage(v, list()));
    // one more cell to look at, however many are in it
    expect(crowded - alone < 30_000n, `${alone} alone, ${crowded} crowded`).equal(true);
  });

  it("dust positions at the head of the queue are closed forty to a call, and the good ones come after", async () => {
    const v = venue();
    await crash(
      v,
      Array.from({ length: 90 }, () => ({ isLong: false, tick: 10_000, lots: 1, leverage: 50 })),
    );
    let calls = 0;
    while ((await v.exchange.bankruptAccount(1, 0)).account !== 0n) {
      const gas = await gasOf(deleverage(v, [], { maxCounterparties: 40 }));
      expect(gas < CAP).equal(true);
      calls++;
    }
    expect(calls).equal(3);
    expect((await readPositions(v)).get(trader(v, 0).account)).equal(undefined);
  });

  it("sixty tiny accounts bankrupt at once: a multicall takes many in one transaction, and all are resolved", async () => {
    const v = venue();
    const dealer = trader(v, 5);
    await place(v, dealer, ask(10_000, 60, { leverage: 1 }));
    await openMany(
      v,
      Array.from({ length: 60 }, () => ({ isLong: true, tick: 10_000, lots: 1, leverage: 50 })),
    );
    await v.connection.networkHelpers.time.increase(60);
    await setTick(v, 9_000);
    const call = v.exchange.interface.encodeFunctionData("autoDeleverage", [1, [], LIMITS]);
    for (let i = 0; i < 2; i++) {
      const gas = await gasOf(
        v.exchange.multicall(
          Array.from({ length: 30 }, () => call),
          GAS,
        ),
      );
      expect(gas < CAP, `30 in ${gas} gas`).equal(true);
    }
    expect((await readPositions(v)).size).equal(0);
    expect(await v.exchange.poke.staticCall(1)).equal(false);
  });

  it("dust orders within the limit cost steps, not the call; and none can be posted again while the gate is closed", async () => {
    const v = venue();
    const attacker = trader(v, 4);
    for (let i = 0; i < 32; i++) await place(v, attacker, bid(9_900, 1, { leverage: 1 }));
    await crash(v, []);
    const first = await eventsOf(v, deleverage(v, list(), { maxSteps: 20 }));
    expect(named(first, "Trade")).to.have.length(20);
    await expect(attacker.exchange.placeOrder(requestOf(bid(9_900, 1)), GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "MarketInsolvent",
    );
    const second = await eventsOf(v, deleverage(v, list(), { maxSteps: 20 }));
    expect(named(second, "Trade")).to.have.length(12);
    expect(named(second, "AutoDeleveraged")).to.have.length(3);
  });

  it("a sweep through 64 makers that all open stays below the transaction cap", async () => {
    const v = venue();
    const crowd = await v.connection.ethers.deployContract("Crowd", [v.deployed.exchangeAddress]);
    for (let i = 0; i < 64; i++) {
      await crowd.join(1_000n * USD, GAS);
      const order = requestOf(bid(9_950 - i, 40 + i, { leverage: 10 + (i % 30) }));
      await crowd.run(i, v.exchange.interface.encodeFunctionData("placeOrder", [order]), GAS);
    }
    await crash(v, []);
    const gas = await gasOf(deleverage(v, [], { maxSteps: 64, maxCounterparties: 40 }));
    expect(gas < CAP, `${gas} gas`).equal(true);
  });

  it("equal scores in different cells are ranked by cell, the same on chain and in every list", async () => {
    const v = venue();
    await crash(
      v,
      [2, 2, 3, 3, 4, 4].map((leverage) => ({ isLong: false, tick: 10_000, lots: 10, leverage })),
    );
    const queue = await v.exchange.adlQueue(1, true, 9_800n * 655_360n, 100);
    expect(queue.map((e) => Number(e.rank))).to.deep.equal(queue.map((_, i) => i + 1));
    for (let i = 1; i < queue.length; i++) expect((queue[i - 1]?.score ?? 0n) >= (queue[i]?.score ?? 0n)).equal(true);
    await deleverage(v, queue.map((e) => Number(e.account)).slice(0, 3));
  });
});
