/** Paged views: every page together is the whole, at one block, and the same numbers as the executors'. */
import { expect } from "chai";
import { accountsOf, type Crash, deleverage, openCrash } from "../utils/crash.ts";
import { ask, bid, place } from "../utils/orders.ts";
import { createRandom } from "../utils/random.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, setTick, trader } from "../utils/venue.ts";

describe("Lens", () => {
  let crash: Crash;
  const venue = useVenue({ traders: 12 }, async (v) => {
    crash = await openCrash(v, "long");
  });

  for (const count of [1, 2, 3, 5, 11, 12, 100]) {
    it(`positions and health in pages of ${count}`, async () => {
      const v = venue();
      const latest = BigInt(await v.connection.ethers.provider.getBlockNumber());
      const accounts: { positions: number[]; health: number[] } = { positions: [], health: [] };
      for (const view of ["positions", "health"] as const) {
        let from = 0n;
        do {
          const [block, entries, next] = await v.lens[view](1, from, count);
          expect(block).equal(latest);
          accounts[view].push(...entries.map((e) => Number(e.account)));
          from = next;
        } while (from !== 0n);
      }
      expect(accounts.positions).to.deep.equal(accountsOf([crash.victim, ...crash.counterparties]));
      expect(accounts.health).to.deep.equal(accounts.positions);
    });
  }

  it("a page beyond the last account is empty and ends the walk", async () => {
    const [, entries, next] = await venue().lens.positions(1, 500, 10);
    expect([entries.length, next]).to.deep.equal([0, 0n]);
  });

  it("depth, best first, in pages; and from a tick on", async () => {
    const v = venue();
    const t = trader(v, 7);
    for (const [i, tick] of [9_900, 9_000, 9_899, 5_000, 300].entries()) await place(v, t, bid(tick, 5_000 + i));
    for (const [i, tick] of [10_100, 16_777_214, 10_101, 20_000].entries())
      await place(v, t, ask(tick, 1_000 + i, { leverage: 50 }));
    await place(v, trader(v, 8), bid(9_900, 1_000));
    for (const [isBid, expected] of [
      [true, [9_900, 9_899, 9_000, 5_000, 300]],
      [false, [10_100, 10_101, 20_000, 16_777_214]],
    ] as const) {
      for (const count of [1, 2, 10]) {
        const ticks: number[] = [];
        let from = 0n;
        do {
          const [, levels, next] = await v.lens.depth(1, isBid, from, count);
          ticks.push(...levels.map((l) => Number(l.tick)));
          from = next;
        } while (from !== 0n);
        expect(ticks).to.deep.equal([...expected]);
      }
    }
    const [, [best]] = await v.lens.depth(1, true, 0, 1);
    expect([best?.tick, best?.lots, best?.orders]).to.deep.equal([9_900n, 6_000n, 2n]);
    const [, [behind]] = await v.lens.depth(1, true, 8_999, 1);
    expect(behind?.tick).equal(5_000n);
  });

  it("adlQueue: empty while nobody is bankrupt, then exactly the list that is accepted", async () => {
    const v = venue();
    const [, none, , nobody] = await v.lens.adlQueue(1, 0, 10);
    expect([none, nobody.length]).to.deep.equal([0n, 0]);
    await setTick(v, crash.crashed);
    const [, bankrupt, price, entries] = await v.lens.adlQueue(1, 0, 10);
    expect([Number(bankrupt), price]).to.deep.equal([crash.victim.account, 9_800n * 655_360n]);
    const [, , , three] = await v.lens.adlQueue(1, 0, 3);
    expect(three.map((e) => e.account)).to.deep.equal(entries.slice(0, 3).map((e) => e.account));
    await deleverage(
      v,
      entries.map((e) => Number(e.account)),
    );
    expect((await readPositions(v)).size).equal(0);
  });

  it("adlQueue with a nominee in the mark's own cell", async () => {
    const v = venue();
    await setTick(v, 9_799);
    const { account } = crash.victim;
    expect((await v.lens.adlQueue(1, 0, 10))[1]).equal(0n);
    const [, bankrupt, , entries] = await v.lens.adlQueue(1, account, 10);
    expect(Number(bankrupt)).equal(account);
    await deleverage(
      v,
      entries.map((e) => Number(e.account)),
      { nominee: account },
    );
  });
});

describe("Tick bitmap, over all 24 bits", () => {
  const venue = useVenue({
    traders: 8,
    deposit: 10n ** 18n,
    markets: [{ minNotional: 1n, maxOpenInterest: 10n ** 12n }],
  });

  it("random orders at random ticks come and go; levels and best prices stay right", async () => {
    const v = venue();
    const random = createRandom(81);
    const open: { id: bigint; owner: number }[] = [];
    for (let i = 0; i < 400; i++) {
      const owner = random.int(0, 7);
      const t = trader(v, owner);
      const { orderIds } = await v.exchange.orderMarginAt(1, t.account);
      if (orderIds.length === 32 || (open.length > 60 && random.chance(0.6))) {
        await t.exchange
          .cancelOrder(1, random.pick(orderIds.length > 0 ? [...orderIds] : [0n]), GAS)
          .catch(() => undefined);
        continue;
      }
      const isBid = random.chance(0.5);
      // bids up to the mark, asks from it to the last tick, edges of the bitmap's words among them
      const edge = random.pick([255, 256, 257, 65_535, 65_536, 65_537, 16_777_214, 1]);
      const any = 1 + Number(random.bits(24) % 16_777_214n);
      const tick = random.chance(0.2) ? edge : any;
      if (isBid ? tick >= 10_000 : tick <= 10_000) continue;
      const { orderId } = await place(v, t, { isBid, tick, lots: random.int(1, 50), leverage: 50 });
      open.push({ id: orderId, owner });
    }
    expect(open.length).greaterThan(100);
  });
});
