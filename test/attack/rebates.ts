/** Two accounts of one owner trade with each other for the maker's rebate, the caller's reward, or what rounding leaves. */
import { expect } from "chai";
import { equityX16 } from "../utils/model.ts";
import { ask, bid, cross, place } from "../utils/orders.ts";
import { createRandom } from "../utils/random.ts";
import { LIMITS } from "../utils/randomMarket.ts";
import { readExchange, readPositions, readPrices } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, setTick, type Trader, trader, USD, type Venue } from "../utils/venue.ts";

/** Free collateral, what orders hold, and equity at the mark of some accounts, × 2^16. */
async function wealth(v: Venue, traders: readonly Trader[]): Promise<bigint> {
  const [state, prices, positions] = [await readExchange(v), await readPrices(v), await readPositions(v)];
  let sum = 0n;
  for (const { account } of traders) {
    const order = state.markets[0]?.reserved.get(account);
    const reserve = order ? (order.bid > order.ask ? order.bid : order.ask) : 0n;
    sum += ((state.free.get(account) ?? 0n) + reserve) * 65_536n;
    const p = positions.get(account);
    if (p) sum += equityX16(p, prices);
  }
  return sum;
}

const pairOf = (v: Venue): [Trader, Trader] => [trader(v, 0), trader(v, 1)];

describe("Attack: wash trading for the rebate", () => {
  // the highest rebate there may be: all of the taker's fee
  const full = {
    takerFeeRate: 450,
    makerFeeRate: -450,
    rewardRate: 0,
    insuranceShare: 700_000,
    treasuryShare: 300_000,
  };
  const venue = useVenue({ traders: 4, deposit: 100_000n * USD, markets: [full] });

  it("odd sizes, hundreds of roundings, at the highest rebate there may be: the pair never gains an atom", async () => {
    const v = venue();
    const random = createRandom(17);
    const pair = pairOf(v);
    let last = await wealth(v, pair);
    const first = last;
    for (let round = 0; round < 40; round++) {
      const [maker, taker] = random.shuffle(pair);
      if (!maker || !taker) throw new Error("a pair has two");
      const tick = random.int(9_900, 10_100);
      const buys = random.chance(0.5);
      // many resting orders in one taking: every fill is rounded by itself
      const sizes = Array.from({ length: random.int(1, 12) }, () => random.int(101, 333));
      for (const lots of sizes) await place(v, maker, { isBid: !buys, tick, lots, leverage: random.int(1, 20) });
      const lots = sizes.reduce((a, b) => a + b, 0) - random.int(0, 99);
      await place(v, taker, { isBid: buys, tick, lots, leverage: random.int(1, 20), ioc: true });
      await maker.exchange.cancelAll(1, GAS);
      const now = await wealth(v, pair);
      expect(now <= last, `round ${round}: ${now - last} X16 atoms gained`).equal(true);
      last = now;
    }
    expect(last < first).equal(true); // what rounds is the exchange's
  });

  it("single lots at one tick: the rebate of a lot is rounded to nothing before the fee is", async () => {
    const v = venue();
    const pair = pairOf(v);
    const before = await wealth(v, pair);
    // 101 lots rest, 100 are taken: one lot is left, and the next taker takes it alone
    for (let i = 0; i < 20; i++) {
      await place(v, pair[0], ask(10_000, 101, { leverage: 1 }));
      await place(v, pair[1], bid(10_000, 100, { leverage: 1, ioc: true }));
      await place(v, pair[1], bid(10_000, 100, { leverage: 1, ioc: true }));
    }
    expect((await wealth(v, pair)) <= before).equal(true);
  });
});

describe("Attack: rebate and reward together", () => {
  // 2 · rewardRate = takerFeeRate + makerFeeRate: the most that a listing allows; no cover, which is another account's money
  const most = { takerFeeRate: 450, makerFeeRate: -150, rewardRate: 150, maturity: 30, dailyCoverCap: 0n };
  const venue = useVenue({ traders: 8, deposit: 100_000n * USD, markets: [most] });

  for (const crash of [9_790, 9_700, 9_500, 9_000]) {
    it(`a pair that opens against itself, goes bankrupt at ${crash} and deleverages itself nets nothing`, async () => {
      const v = venue();
      // somebody else's fees fill the reserve
      for (let i = 0; i < 4; i++)
        await cross(v, trader(v, 4), trader(v, 5), { tick: 10_000, lots: 90_000, longLeverage: 1, shortLeverage: 1 });
      const pair = pairOf(v);
      const before = await wealth(v, pair);
      await cross(v, pair[0], pair[1], { tick: 10_000, lots: 50_000, longLeverage: 50, shortLeverage: 50 });
      await v.connection.networkHelpers.time.increase(3_600);
      await setTick(v, crash);
      const reserve = await v.exchange.keeperReserve();
      const limits = { ...LIMITS, nominee: pair[0].account };
      for (;;) {
        const [account] = await v.exchange.bankruptAccount(1, limits.nominee);
        if (account === 0n) break;
        await pair[1].exchange.autoDeleverage(1, [], limits, GAS);
      }
      const paid = reserve - (await v.exchange.keeperReserve());
      expect(paid > 0n, "a reward was paid").equal(true);
      expect((await wealth(v, pair)) <= before, "the pair is richer").equal(true);
    });
  }
});
