/**
 * The impact prices that the book keeps, against a count of the whole book: orders come and go in every way there is, many of them a little
 * in front of or behind the price, and what is kept is exact whenever it says that it is final.
 */
import { expect } from "chai";
import { impactTick } from "../utils/fundingModel.ts";
import { requestOf } from "../utils/orders.ts";
import { createRandom } from "../utils/random.ts";
import { attempt } from "../utils/randomMarket.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, parametersOf, setTick, USD, type Venue } from "../utils/venue.ts";

const OPERATIONS = Number(process.env["PLIMSOLL_OPERATIONS"] ?? 250);
const MARK = 10_000;
/** Where the book's first word is: the mapping of markets is the exchange's seventh word, the book a market's sixteenth. */
const [MARKETS_SLOT, BOOK_OFFSET] = [6n, 15n];

interface Kept {
  tick: number;
  counted: bigint;
  reached: boolean;
}

for (const seed of [1, 2]) {
  describe(`Attack: the impact prices, on random changes of the book: seed ${seed}`, () => {
    const market = { fundingCap: 20_000, impactNotional: 60n * USD, minNotional: 1n, minMargin: 1n };
    const venue = useVenue({ traders: 6, deposit: 100_000n * USD, markets: [market] });

    it(`${OPERATIONS} operations: final means exact, and a few calls make it final`, async () => {
      const v = venue();
      const random = createRandom(4_000 + seed);
      const [seen, finals] = [new Map<string, number>(), { reached: 0, thin: 0, open: 0 }];
      let mark = MARK;
      for (let i = 0; i < OPERATIONS; i++) {
        const what = await operation(v, random, mark);
        if (what) seen.set(what, (seen.get(what) ?? 0) + 1);
        if (random.chance(0.06)) {
          mark = MARK + random.int(-900, 900);
          await setTick(v, mark);
        }
        await check(v, finals);
        if (i % 20 !== 19) continue;
        for (let call = 0; call < 20; call++) await v.exchange.poke(1, GAS);
        const before = finals.open;
        await check(v, finals);
        expect(finals.open, "twenty calls were not enough").equal(before);
      }
      expect(Math.min(finals.reached, finals.thin) > OPERATIONS / 20).equal(true);
      const ways = ["placed", "cancelled", "all cancelled", "amended", "closed"];
      for (const way of ways) expect(seen.get(way) ?? 0, way).greaterThan(OPERATIONS / 100);
    });
  });
}

type Random = ReturnType<typeof createRandom>;

async function operation(v: Venue, random: Random, mark: number): Promise<string | null> {
  const t = random.pick(v.traders);
  const draw = random.unit();
  const seats = (await v.exchange.orderMarginAt(1, t.account)).orderIds;
  if (draw < 0.08 && seats.length > 0) {
    return (await attempt(() => t.exchange.cancelOrder(1, random.pick(seats), GAS))) ? "cancelled" : null;
  }
  if (draw < 0.1) return (await attempt(() => t.exchange.cancelAll(1, GAS))) ? "all cancelled" : null;
  if (draw < 0.25 && seats.length > 0) {
    const id = random.pick(seats);
    const order = BigInt(await v.exchange.orderAt(1, id & ((1n << 40n) - 1n)));
    const [lots, tick] = [Number((order >> 106n) & ((1n << 40n) - 1n)), Number((order >> 146n) & 0xffffffn)];
    const [to, size] = random.chance(0.5)
      ? [tick, random.int(1, lots)]
      : [tick + random.int(-6, 6), random.int(1, 600)];
    return (await attempt(() => t.exchange.amendOrder(1, id, to, size, GAS))) ? "amended" : null;
  }
  if (draw < 0.28) return (await attempt(() => t.exchange.closePosition(1, mark, 64, GAS))) ? "closed" : null;
  if (draw < 0.31) {
    const { free } = await v.exchange.accountAt(t.account);
    if (random.chance(0.5) && free > 0n) {
      return (await attempt(() => t.exchange.withdraw(free, t.address, GAS))) ? "withdrawn" : null;
    }
    return (await attempt(() => t.exchange.deposit(20_000n * USD, GAS))) ? "deposited" : null;
  }
  if (draw < 0.34) {
    const victim = random.pick(v.traders);
    return (await attempt(() => t.exchange.liquidate(1, victim.account, 64, GAS))) ? "liquidated" : null;
  }
  if (draw < 0.37) {
    const limits = {
      minPrice: -(2n ** 127n),
      maxPrice: 2n ** 127n - 1n,
      maxSteps: 64,
      maxCounterparties: 20,
      deadline: 0,
      nominee: 0,
    };
    return (await attempt(() => t.exchange.autoDeleverage(1, [], limits, GAS))) ? "deleveraged" : null;
  }
  const isBid = random.chance(0.5);
  const now = await v.connection.networkHelpers.time.latest();
  const request = requestOf({
    isBid,
    tick: mark + random.int(-14, 14) + (isBid ? -6 : 6) + (random.chance(0.05) ? random.int(-1_500, 1_500) : 0),
    lots: random.chance(0.15) ? random.int(300, 1_500) : random.int(1, 120),
    timeInForce: random.pick([0, 0, 0, 0, 1, 2, 3]),
    selfTrade: random.int(0, 2),
    reduceOnly: random.chance(0.2),
    leverage: random.pick([1, 5, 50]),
    expiry: random.chance(0.3) ? now + random.int(1, 30) : 0,
    maxSteps: random.pick([1, 3, 64]),
  });
  return (await attempt(() => t.exchange.placeOrder(request, GAS))) ? "placed" : null;
}

async function check(v: Venue, finals: { reached: number; thin: number; open: number }): Promise<void> {
  const word = await bookWord(v);
  const { bestBid, bestAsk } = await v.exchange.marketAt(1);
  expect([word & 0xffffffn, (word >> 24n) & 0xffffffn]).to.deep.equal([bestBid, bestAsk]);
  const parameters = parametersOf(v);
  const depth = (parameters.impactNotional + BigInt(parameters.tickValue) - 1n) / BigInt(parameters.tickValue);
  for (const isBid of [true, false]) {
    const kept = unpack(isBid ? word >> 88n : word >> 168n);
    const book = await levelsOf(v, isBid);
    const price = impactTick(parameters, book);
    const end = isBid ? 0 : 2 ** 24 - 1;
    if (kept.counted >= depth || (!kept.reached && kept.tick !== end)) {
      finals.open++;
      continue;
    }
    const better = (tick: number) => !kept.reached || (isBid ? tick > kept.tick : tick < kept.tick);
    const counted = book.filter((l) => better(l.tick)).reduce((sum, l) => sum + l.lots * BigInt(l.tick), 0n);
    expect([kept.reached ? kept.tick : 0, kept.counted]).to.deep.equal([price, counted]);
    if (kept.reached) finals.reached++;
    else finals.thin++;
  }
}

function unpack(front: bigint): Kept {
  return {
    tick: Number(front & 0xffffffn),
    counted: (front >> 24n) & ((1n << 55n) - 1n),
    reached: ((front >> 79n) & 1n) !== 0n,
  };
}

async function bookWord(v: Venue): Promise<bigint> {
  const { ethers } = v.connection;
  const base = ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [1n, MARKETS_SLOT]));
  return BigInt(await ethers.provider.getStorage(v.deployed.exchangeAddress, BigInt(base) + BOOK_OFFSET));
}

async function levelsOf(v: Venue, isBid: boolean): Promise<{ tick: number; lots: bigint }[]> {
  const found: { tick: number; lots: bigint }[] = [];
  let from = isBid ? 2 ** 24 - 1 : 1;
  while (from > 0) {
    const tick = Number(await v.exchange.nextTick(1, isBid, from));
    if (tick === 0) break;
    found.push({ tick, lots: (await v.exchange.levelAt(1, isBid, tick)).firm });
    from = isBid ? tick - 1 : tick + 1;
  }
  return found;
}
