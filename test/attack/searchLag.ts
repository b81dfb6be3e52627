/** Funding: how long one transaction can make the search for an impact price take. */
import { expect } from "chai";
import { begin, ONE_TICK, pokeAt } from "../utils/fundingBook.ts";
import { bid, cross, place, requestOf } from "../utils/orders.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
const [DUST, STEPS] = [96, 25];

describe("Attack: the search for the impact price, reset at will", () => {
  const markets = [
    { fundingCap: 20_000, impactNotional: 2_000n * USD, minNotional: 10n * USD, maxAge: 3_600, tradeAge: 3_600 },
  ];
  const venue = useVenue({ traders: 8, deposit: 1_000_000n * USD, markets }, async (v) =>
    cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 100_000, longLeverage: 5, shortLeverage: 5 }),
  );
  it("an order that comes and goes in one transaction hides a depth behind dust for as many accruals as the search needs, and no longer", async () => {
    const v = venue();
    await place(v, trader(v, 2), bid(10_010, 40_000));
    for (let i = 0; i < DUST; i++) await place(v, trader(v, 3 + (i >> 5)), bid(10_011 + i, 100, { leverage: 50 }));
    for (let i = 0; i < DUST / 4 + 1; i++) await v.exchange.poke(1, GAS);
    expect(await premium(v)).equal(10n);
    const flash = trader(v, 6);
    const encode = v.exchange.interface;
    const first = (1n << 40n) | (BigInt(flash.account) << 5n);
    await flash.exchange.multicall(
      [
        encode.encodeFunctionData("placeOrder", [requestOf(bid(10_120, 25_000, { leverage: 50 }))]),
        // each change of the side brings the search four levels nearer to the best
        ...Array(STEPS).fill(encode.encodeFunctionData("placeOrder", [requestOf(bid(10_119, 100, { leverage: 50 }))])),
        encode.encodeFunctionData("cancelOrder", [1, first]),
      ],
      GAS,
    );
    const seen: bigint[] = [];
    while (seen.at(-1) !== 10n && seen.length < DUST) seen.push(await premium(v));
    expect(seen.slice(0, -1).every((p) => p === 0n)).equal(true);
    // two accruals each
    expect(seen.length > 1 && seen.length <= (DUST + 2) / 8 + 2, `${seen.length}`).equal(true);
  });
});

/** The premium in ticks that an interval of ten seconds accrues. */
async function premium(v: Venue): Promise<bigint> {
  await setTick(v, TICK);
  const start = await begin(v);
  const before = (await v.exchange.marketAt(1)).fundingIndex;
  const moved = (await pokeAt(v, start + 10)) - before;
  return (moved * 28_800n + 10n * ONE_TICK - 1n) / (10n * ONE_TICK);
}
