/**
 * The ADL queue, three times: the contract's view, brute force over all positions from the definitions, and the keeper's core.
 */
import { expect } from "chai";
import { applyChange } from "../../keeper/core/applyChange.ts";
import { eligibility } from "../../keeper/core/eligibility.ts";
import { createMarketState } from "../../keeper/core/marketState.ts";
import { rankCounterparties } from "../../keeper/core/rankCounterparties.ts";
import { rankAll as adlRanks } from "../../keeper/core/risk/rankAll.ts";
import { setFunding } from "../utils/funding.ts";
import { checkInvariants } from "../utils/invariants.ts";
import { rankAll, X16 } from "../utils/model.ts";
import { createRandom } from "../utils/random.ts";
import { type MarketStyle, randomStep } from "../utils/randomMarket.ts";
import { followIndex, type IndexShadow, readPrices } from "../utils/state.ts";
import { createVenue, setTick, type Venue } from "../utils/venue.ts";

const EVERYBODY = { lots: 1n << 60n, entries: 1 << 20 };
const BOOKS = Number(process.env["PLIMSOLL_BOOKS"] ?? 240);

interface Style extends MarketStyle {
  name: string;
  seed: number;
  trades: number;
  step: number;
  funded?: boolean;
}

const STYLES: Style[] = [
  { name: "scattered", seed: 1, trades: 4, step: 0.02 },
  { name: "scattered, high leverage", seed: 2, trades: 4, step: 0.004, maxLeverage: 50 },
  { name: "trending, far-off entries", seed: 3, trades: 2, step: 0.15, maxLeverage: 8 },
  { name: "clustered: equal cells and equal scores", seed: 4, trades: 6, step: 0, clustered: true },
  { name: "dust", seed: 5, trades: 4, step: 0.02, maxLots: 300 },
  { name: "with funding", seed: 6, trades: 4, step: 0.02, funded: true },
];

describe("ADL queue", () => {
  for (const style of STYLES) {
    it(`contract = brute force = keeper: ${style.name}`, async () => {
      const venue = await createVenue({ traders: 40, tick: 10_000, markets: [{ minNotional: 1n }] });
      const random = createRandom(style.seed);
      const shadow = followIndex(venue);
      const seen = { books: 0, entries: 0, ties: 0, shared: 0, ranks: 0, outside: 0 };
      let mark = 10_000;
      for (let book = 0; book < BOOKS / STYLES.length; book++) {
        // up to 2 % of the price, either way
        if (style.funded)
          await setFunding(venue, (BigInt(random.int(-2_000, 2_000)) * BigInt(mark) * 10n * X16) / 100_000n);
        mark = await randomStep(venue, random, mark, style);
        await shadow.sync();
        for (const factor of [0.5, 0.93, 1, 1.07, 1.9]) {
          const at = Math.round(mark * factor * (0.99 + 0.02 * random.unit()));
          await setTick(venue, at);
          if (factor === 1) await compareRanks(venue, shadow, random.int(1, 7), seen);
          for (const bankruptIsLong of [true, false]) {
            const x = (BigInt(Math.round(mark * (0.85 + 0.3 * random.unit()) * 1_000)) * 10n * X16) / 1_000n;
            await compare(venue, shadow, bankruptIsLong, x, seen);
          }
        }
        await setTick(venue, mark);
        seen.books++;
      }
      await checkInvariants(venue, { shadows: [shadow] });
      expect(seen.entries, "queues were not empty").greaterThan(1_000);
      expect(seen.ranks, "ranks were compared").greaterThan(50);
      expect(seen.outside, "and of accounts that are not in the queue").greaterThan(5);
      if (style.clustered) expect(seen.shared, "cells were shared").greaterThan(200);
    });
  }
});

async function compare(
  venue: Venue,
  shadow: IndexShadow,
  bankruptIsLong: boolean,
  x: bigint,
  seen: { entries: number; ties: number; shared: number },
): Promise<void> {
  const prices = await readPrices(venue);
  const expected = rankAll(shadow.positions(), bankruptIsLong, x, prices);
  const queue = await venue.exchange.adlQueue(1, bankruptIsLong, x, 1_000);
  expect(queue.map((e) => [Number(e.account), e.score, e.lots, Number(e.rank)])).to.deep.equal(
    expected.map((e, i) => [
      e.position.account,
      e.score,
      e.position.lots > 0n ? e.position.lots : -e.position.lots,
      i + 1,
    ]),
  );

  const state = createMarketState(prices.base);
  for (const p of shadow.positions()) applyChange(state, p);
  const region = eligibility(bankruptIsLong, x, { price: prices.mark, funding: prices.funding }, prices.base);
  const ranked = rankCounterparties(state, region, EVERYBODY);
  expect(ranked.map((r) => [r.entry.account, r.score])).to.deep.equal(
    expected.map((e) => [e.position.account, e.score]),
  );

  seen.entries += expected.length;
  for (let i = 1; i < expected.length; i++) {
    if (expected[i]?.score === expected[i - 1]?.score) seen.ties++;
    if (expected[i]?.cell.id === expected[i - 1]?.cell.id) seen.shared++;
  }
}

/** The Lens counts each account's place; brute force and the keeper sort. In one call, and in pages of any size. */
async function compareRanks(
  venue: Venue,
  shadow: IndexShadow,
  work: number,
  seen: { ranks: number; outside: number },
): Promise<void> {
  await shadow.sync();
  const prices = await readPrices(venue);
  const state = createMarketState(prices.base);
  for (const p of shadow.positions()) applyChange(state, p);
  for (const isLong of [true, false]) {
    const queue = rankAll(shadow.positions(), !isLong, prices.mark, prices);
    const keeper = adlRanks(state, { price: prices.mark, funding: prices.funding }, isLong);
    const all = shadow.positions().filter((p) => p.lots > 0n === isLong);
    // every fifth account, and the first in line
    const asked = all.filter((p, i) => i % 5 === 0 || p.account === queue[0]?.position.account);
    for (const { account } of asked) {
      const place = queue.findIndex(({ position }) => position.account === account);
      const [, lens] = await venue.lens.adlRank(1, account);
      const n = queue.length;
      const inQueue = place !== -1;
      expect([lens.rank, lens.queued, lens.percentile, lens.rating, lens.score].map(Number).slice(0, 4)).to.deep.equal(
        inQueue
          ? [place + 1, n, Math.floor(((n - place) * 10_000) / n), 5 - Math.floor((place * 5) / n)]
          : [0, n, 0, 0],
      );
      expect(lens.score).equal(queue[place]?.score ?? 0n);
      const known = keeper.find((rank) => rank.account === account);
      expect([known?.rank ?? 0, known?.rating, known?.percentage, known?.score ?? 0n]).to.deep.equal([
        Number(lens.rank),
        Number(lens.rating),
        Number(lens.percentile) / 100,
        lens.score,
      ]);
      inQueue ? seen.ranks++ : seen.outside++;
    }
    const account = asked.at(-1)?.account;
    if (account !== undefined) await comparePages(venue, account, work);
  }
}

async function comparePages(venue: Venue, account: number, work: number): Promise<void> {
  const [, whole] = await venue.lens.adlRank(1, account);
  let [cursor, ahead, queued, inQueue, pages] = [0n, 0n, 0n, false, 0];
  do {
    const page = await venue.lens.adlRankPage(1, account, cursor, work);
    [cursor, ahead, queued, inQueue] = [page.next, ahead + page.ahead, queued + page.queued, page.inQueue];
    if (++pages > 5_000) throw new Error("paging does not end");
  } while (cursor !== 0n);
  expect([inQueue ? ahead + 1n : 0n, queued]).to.deep.equal([whole.rank, whole.queued]);
}
