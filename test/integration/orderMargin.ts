/** What resting orders hold back, under random placing, filling and cancelling: the larger side, against a model of each side's sum. */
import { expect } from "chai";
import { ceilDiv } from "../utils/model.ts";
import { ask, bid, cross, place } from "../utils/orders.ts";
import { createRandom } from "../utils/random.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, setTick, trader, USD } from "../utils/venue.ts";

const TICK = 10_000;

interface Resting {
  id: bigint;
  isBid: boolean;
  tick: number;
  lots: bigint;
  leverage: number;
  reduceOnly: boolean;
}

/** ⌈notional / leverage⌉; nothing for an order that can only reduce. */
const holds = (o: Resting, lots: bigint): bigint =>
  o.reduceOnly ? 0n : ceilDiv(lots * BigInt(o.tick) * 10n, BigInt(o.leverage));

/** One account's sums a side. */
function createReserves() {
  const side = { bid: 0n, ask: 0n };
  const take = (isBid: boolean, amount: bigint) => {
    const key = isBid ? "bid" : "ask";
    side[key] = side[key] > amount ? side[key] - amount : 0n;
  };
  return {
    side,
    rest(o: Resting) {
      side[o.isBid ? "bid" : "ask"] += holds(o, o.lots);
    },
    cancel(o: Resting) {
      take(o.isBid, holds(o, o.lots));
    },
    /** A fill takes its part off its own side; when it opens exposure, the other side could only close that again, and gives way too. */
    fill(o: Resting, lots: bigint, opens: boolean) {
      const part = holds(o, o.lots) - holds(o, o.lots - lots);
      take(o.isBid, part);
      if (opens) take(!o.isBid, part);
    },
  };
}

describe("Order margin", () => {
  const venue = useVenue({ traders: 3, deposit: 100_000n * USD });

  for (const seed of [1, 2, 3]) {
    it(`random quotes, fills and cancels: the larger side is held, to the atom (seed ${seed})`, async () => {
      const v = venue();
      const random = createRandom(70 + seed);
      const [maker, taker] = [trader(v, 0), trader(v, 1)];
      const reserves = createReserves();
      let open: Resting[] = [];
      let position = 0n;
      let [fills, cancels] = [0, 0];
      for (let step = 0; step < 130; step++) {
        const kind = random.unit();
        if (kind < 0.45 && open.length < 20) {
          const isBid = random.chance(0.5);
          const tick = isBid ? random.int(9_900, 9_990) : random.int(10_010, 10_100);
          const [lots, leverage] = [BigInt(random.int(101, 1_999)), random.int(1, 40)];
          const { orderId } = await place(v, maker, { isBid, tick, lots, leverage });
          const o = { id: orderId, isBid, tick, lots, leverage, reduceOnly: false };
          open.push(o);
          reserves.rest(o);
        } else if (kind < 0.6 && open.length > 0) {
          const o = random.pick(open);
          await maker.exchange.cancelOrder(1, o.id, GAS);
          reserves.cancel(o);
          open = open.filter((other) => other !== o);
          cancels++;
        } else {
          // meets exactly the best order, never more of it than there is, and never through zero: a flip is two fills
          const buys = random.chance(0.5);
          const best = open
            .filter((o) => o.isBid !== buys)
            .sort((a, b) => (buys ? a.tick - b.tick : b.tick - a.tick))[0];
          const alone = best && open.filter((o) => o.isBid === best.isBid && o.tick === best.tick).length === 1;
          if (!best || !alone || best.lots < 101n) continue;
          const closes = position !== 0n && position > 0n !== best.isBid;
          const size = position < 0n ? -position : position;
          const most = closes && size < best.lots ? size : best.lots;
          if (most < 101n) continue;
          const lots = BigInt(random.int(101, Number(most)));
          const done = await place(v, taker, { isBid: buys, tick: best.tick, lots, leverage: 1, ioc: true });
          expect(done.filled).equal(lots);
          reserves.fill(best, lots, !closes);
          position += best.isBid ? lots : -lots;
          best.lots -= lots;
          if (best.lots === 0n) open = open.filter((o) => o !== best);
          fills++;
        }
        const m = await v.exchange.orderMarginAt(1, maker.account);
        expect([m.bidReserve, m.askReserve], `step ${step}`).to.deep.equal([reserves.side.bid, reserves.side.ask]);
      }
      expect(fills > 8 && cancels > 3, `${fills} fills, ${cancels} cancels`).equal(true);
      // held is the larger side: the rest is free collateral or in the position (nothing else moved)
      const { free } = await v.exchange.accountAt(maker.account);
      const before = reserves.side.bid > reserves.side.ask ? reserves.side.bid : reserves.side.ask;
      await maker.exchange.cancelAll(1, GAS);
      expect((await v.exchange.accountAt(maker.account)).free - free).equal(before);
    });
  }

  it("an opening fill frees as much of the other side; a closing one leaves it", async () => {
    const v = venue();
    const [maker, taker] = [trader(v, 0), trader(v, 1)];
    await place(v, maker, bid(9_990, 1_000, { leverage: 10 })); // 9.99
    await place(v, maker, ask(10_010, 800, { leverage: 10 })); // 8.008
    await place(v, taker, ask(9_990, 300, { ioc: true, leverage: 10 }));
    let m = await v.exchange.orderMarginAt(1, maker.account);
    expect([m.bidReserve, m.askReserve]).to.deep.equal([6_993_000n, 8_008_000n - 2_997_000n]);
    await place(v, taker, bid(10_010, 200, { ioc: true, leverage: 10 })); // closes 200 of the maker's 300
    m = await v.exchange.orderMarginAt(1, maker.account);
    expect([m.bidReserve, m.askReserve]).to.deep.equal([6_993_000n, 8_008_000n - 2_997_000n - 2_002_000n]);
  });

  it("reduce-only orders hold nothing on either side, before, during and after their fills", async () => {
    const v = venue();
    const [maker, taker, other] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, maker, other, { tick: TICK, lots: 1_000 });
    await place(v, maker, bid(9_990, 500, { leverage: 10 }));
    const before = await v.exchange.orderMarginAt(1, maker.account);
    await place(v, maker, ask(10_010, 700, { reduceOnly: true }));
    for (const lots of [200, 300]) {
      const m = await v.exchange.orderMarginAt(1, maker.account);
      expect([m.bidReserve, m.askReserve]).to.deep.equal([before.bidReserve, 0n]);
      await place(v, taker, bid(10_010, lots, { ioc: true }));
    }
    await maker.exchange.cancelAll(1, GAS);
    const m = await v.exchange.orderMarginAt(1, maker.account);
    expect([m.bidReserve, m.askReserve]).to.deep.equal([0n, 0n]);
    await setTick(v, TICK);
  });
});
