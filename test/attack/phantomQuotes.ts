/**
 * Quotes that nobody can fill, and whether they move funding. The attacker is short and wants longs to pay. Only firm orders count for an impact
 * price, and none outside the band. What is left are quotes that their owner's margin does not reach for: they count until somebody meets them.
 */
import { expect } from "chai";
import { at, begin, IMPACT, ONE_TICK, pokeAt } from "../utils/fundingBook.ts";
import { ask, bid, cross, place, Reason, requestOf } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, named, setTick, type Trader, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
const SECONDS = 500;
/** What a premium of `ticks` moves F by in an interval of the tests. */
const moved = (ticks: number) => (BigInt(ticks) * BigInt(SECONDS) * ONE_TICK) / 28_800n;

describe("Attack: funding moved by quotes that nobody can fill", () => {
  const markets = [
    { fundingCap: 20_000, impactNotional: IMPACT, minNotional: 10n * USD, maxAge: 3_600, tradeAge: 3_600 },
  ];
  const venue = useVenue({ traders: 7, deposit: 1_000_000n * USD, markets }, async (v) =>
    cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 100_000, longLeverage: 5, shortLeverage: 5 }),
  );
  const interval = async (v: Venue): Promise<bigint> => {
    await setTick(v, TICK);
    const start = await begin(v);
    const before = (await v.exchange.marketAt(1)).fundingIndex;
    return (await pokeAt(v, start + SECONDS)) - before;
  };
  /** What a stranger gets who sells 1,000 lots for whatever is bid at `tick` or above. */
  const sold = async (v: Venue, tick: number): Promise<bigint> =>
    (
      await trader(v, 4).exchange.placeOrder.staticCall(requestOf(ask(tick, 1_000, { ioc: true, leverage: 1 })), GAS)
    )[1];

  it("expired: a bid that could be filled for one second counts for as long as nobody sweeps it", async () => {
    const v = venue();
    await place(v, trader(v, 2), ask(10_050, 2_000)); // an honest ask
    const expiry = (await v.connection.networkHelpers.time.latest()) + 2;
    await place(v, trader(v, 3), bid(10_049, 1_000, { leverage: 50, expiry }));
    await v.connection.networkHelpers.time.increase(10);
    await setTick(v, TICK);
    expect(await sold(v, 10_049)).equal(0n);
    expect(await interval(v)).equal(0n, "moved F by the premium of 49 ticks");
  });

  it("reduce-only: 32 times a position's lots, without a reserve, and still there when the position is not", async () => {
    const v = venue();
    const attacker = trader(v, 3);
    await cross(v, trader(v, 5), attacker, { tick: TICK, lots: 100, longLeverage: 5, shortLeverage: 5 });
    for (let i = 0; i < 10; i++) await place(v, attacker, bid(10_049, 100, { reduceOnly: true }));
    await place(v, trader(v, 5), ask(10_050, 2_000));
    await attacker.exchange.closePosition(1, 10_050, 10, GAS);
    expect((await readPositions(v)).has(attacker.account)).equal(false);
    const { free } = await v.exchange.accountAt(attacker.account);
    await attacker.exchange.withdraw(free, attacker.address, GAS);
    expect(await sold(v, 10_049)).equal(0n);
    expect(await interval(v)).equal(0n, "moved F by the premium of 49 ticks");
  });

  it("outside the band: a bid that every seller only removes", async () => {
    const v = venue();
    await place(v, trader(v, 3), bid(12_500, 1_000, { leverage: 50 }));
    expect(await sold(v, 10_000)).equal(0n);
    expect(await interval(v)).equal(0n, "moved F by the clamp");
  });

  it("outside the band for half of the time: the other half counts", async () => {
    const v = venue();
    await setTick(v, TICK);
    await place(v, trader(v, 2), bid(10_030, 1_000));
    const start = await begin(v);
    const before = (await v.exchange.marketAt(1)).fundingIndex;
    await at(v, start + 250);
    await place(v, trader(v, 3), bid(12_500, 1_000, { leverage: 50 }));
    expect((await pokeAt(v, start + 500)) - before).equal((30n * 250n * ONE_TICK) / 28_800n);
  });

  it("left behind by the price: quotes of before it jumped out of their band", async () => {
    const v = venue();
    await place(v, trader(v, 3), bid(9_990, 2_000));
    await setTick(v, TICK);
    const start = await begin(v);
    const before = (await v.exchange.marketAt(1)).fundingIndex;
    await at(v, start + SECONDS - 1);
    await setTick(v, 9_500); // 9,990 is 5.2 % above
    expect((await pokeAt(v, start + SECONDS)) - before).equal(0n);
  });

  it("a quote outside the band hides its side until somebody sells into it, which fills nothing and takes it away", async () => {
    const v = venue();
    await place(v, trader(v, 2), bid(10_030, 1_000));
    await place(v, trader(v, 3), bid(12_500, 1_000, { leverage: 50 }));
    expect(await interval(v)).equal(0n);
    const { filled } = await place(v, trader(v, 4), ask(10_040, 1_000, { ioc: true }));
    expect(filled).equal(0n);
    expect(await interval(v)).equal(moved(30));
  });

  it("unbacked: what gave way to fills on the other side counts until somebody meets it; one order removes it", async () => {
    const v = venue();
    const attacker = trader(v, 3);
    await place(v, attacker, ask(10_000, 100, { leverage: 1 })); // 10 of notional, 10 of margin
    await place(v, attacker, bid(9_990, 5_000, { leverage: 50 })); // 499.5 of notional, five times the depth, 9.99 of margin
    await place(v, trader(v, 4), bid(10_000, 100, { ioc: true, leverage: 1 }));
    await place(v, trader(v, 5), ask(10_050, 2_000));
    await attacker.exchange.closePosition(1, 10_050, 10, GAS);
    const { free } = await v.exchange.accountAt(attacker.account);
    await attacker.exchange.withdraw(free, attacker.address, GAS);
    expect((await v.exchange.orderMarginAt(1, attacker.account)).bidReserve).equal(0n);
    await metOnce(v, attacker, 9_950, 9_990, 0n);
  });

  it("short of margin: its reserve alone does not reach above the mark at the highest leverage; the same", async () => {
    const v = venue();
    const attacker = trader(v, 3);
    await place(v, attacker, bid(10_040, 1_000, { leverage: 50 }));
    const { free } = await v.exchange.accountAt(attacker.account);
    await attacker.exchange.withdraw(free, attacker.address, GAS);
    // of a part, the order's whole reserve is put up: that part fills
    await metOnce(v, attacker, TICK, 10_040, 100n);
  });

  /** With the mark at `mark` and the attacker's bid 40 ticks above it: what it moves, and that an order of 100 lots ends it, and gets `lots`. */
  async function metOnce(v: Venue, attacker: Trader, mark: number, tick: number, lots: bigint): Promise<void> {
    await setTick(v, mark);
    const start = await begin(v);
    const before = (await v.exchange.marketAt(1)).fundingIndex;
    const after = await pokeAt(v, start + SECONDS);
    expect(after - before).equal(moved(40), "the residual that docs/security.md describes");
    // whoever pays it offers to sell there: what fills, fills above the index
    const { filled, events } = await place(v, trader(v, 0), ask(tick, 100, { ioc: true, reduceOnly: true }));
    const [removed] = named(events, "OrderRemoved");
    expect([filled, removed?.["account"], removed?.["reason"]]).to.deep.equal([
      lots,
      BigInt(attacker.account),
      Reason.MarginShort,
    ]);
    const again = await begin(v);
    const from = (await v.exchange.marketAt(1)).fundingIndex;
    expect((await pokeAt(v, again + SECONDS)) - from).equal(0n);
  }
});
