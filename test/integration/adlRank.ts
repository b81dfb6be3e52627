/**
 * The Lens's ADL rank in a market of many: what it costs, that paging bounds it, and whom it does not count.
 */
import { expect } from "chai";
import { rankAll as rankByKeeper } from "../../keeper/core/risk/rankAll.ts";
import type { Prices } from "../../keeper/core/types.ts";
import { keeperView } from "../utils/keeperView.ts";
import { rankAll } from "../utils/model.ts";
import { bid, cross, place } from "../utils/orders.ts";
import { followIndex, readPrices } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, setTick, trader, USD } from "../utils/venue.ts";

const SHORTS = 300;

describe("Lens.adlRank", () => {
  const venue = useVenue(
    { traders: 3, deposit: 100_000_000n * USD, markets: [{ minNotional: 1n, minMargin: 1n }] },
    async (v) => {
      await place(v, trader(v, 0), bid(10_000, SHORTS * 10, { leverage: 1 }));
      const crowd = await v.connection.ethers.deployContract("Crowd", [v.deployed.exchangeAddress]);
      const openings = Array.from({ length: SHORTS }, (_, i) => ({
        isLong: false,
        tick: 10_000,
        lots: 10,
        leverage: 1 + (i % 40),
        extraMargin: BigInt((i * 37) % 1_000) * 100n,
        deposit: 1_000n * USD,
      }));
      for (let i = 0; i < SHORTS; i += 30) await crowd.open(1, openings.slice(i, i + 30), GAS);
      await setTick(v, 9_900);
    },
    { quick: true },
  );

  it("in one call: below 20,000 gas a position in line; and the same in pages of a million gas", async () => {
    const v = venue();
    const shadow = followIndex(v);
    await shadow.sync();
    const account = shadow.positions().find(({ lots }) => lots < 0n)?.account ?? 0;
    const [, rank] = await v.lens.adlRank(1, account);
    expect(rank.queued).equal(BigInt(SHORTS));
    const gas = await v.lens.adlRank.estimateGas(1, account);
    const each = Number(gas) / SHORTS;
    expect(each < 20_000, `${each} gas a position`).equal(true);
    if (process.env["PLIMSOLL_PRINT"]) console.log(`      ${Math.round(each)} gas a position, ${gas} for ${SHORTS}`);
    let [cursor, ahead, queued] = [0n, 0n, 0n];
    do {
      const page = await v.lens.adlRankPage(1, account, cursor, 50, { gasLimit: 1_000_000n });
      [cursor, ahead, queued] = [page.next, ahead + page.ahead, queued + page.queued];
    } while (cursor !== 0n);
    expect([ahead + 1n, queued]).to.deep.equal([rank.rank, rank.queued]);
  });

  it("first in line has five lights and percentile 10,000; the last one light", async () => {
    const v = venue();
    const shadow = followIndex(v);
    await shadow.sync();
    const prices = await readPrices(v);
    const queue = rankAll(shadow.positions(), true, prices.mark, prices);
    const [first, last] = [queue[0]?.position.account ?? 0, queue.at(-1)?.position.account ?? 0];
    const of = async (account: number) => {
      const [, r] = await v.lens.adlRank(1, account);
      return [r.rank, r.queued, r.percentile, r.rating].map(Number);
    };
    expect(await of(first)).to.deep.equal([1, SHORTS, 10_000, 5]);
    expect(await of(last)).to.deep.equal([SHORTS, SHORTS, Math.floor(10_000 / SHORTS), 1]);
  });

  it("under the waterfill: by effective leverage, as the keeper counts", async () => {
    const v = venue();
    const [market] = v.deployed.markets;
    if (market === undefined) throw new Error("no market");
    const { risk, tiers, ...config } = market.parameters;
    const parameters = { source: market.source, extraTiers: tiers.length, ...config, rankPolicy: 1 };
    await v.exchange.updateMarket(1, parameters, risk, [...tiers]);
    const view = await keeperView(v, followIndex(v));
    const ranks = rankByKeeper(view.state, view.prices as Prices, false, "leverageWaterfill");
    expect(ranks.filter(({ rank }) => rank !== undefined).length).equal(SHORTS);
    for (let i = 0; i < SHORTS; i += 23) {
      const expected = ranks[i];
      const [, r] = await v.lens.adlRank(1, expected?.account ?? 0);
      expect([Number(r.rank), Number(r.rating), r.score]).to.deep.equal([i + 1, expected?.rating, expected?.score]);
    }
    const byProfit = rankByKeeper(view.state, view.prices as Prices, false, "pnlLeverage");
    // all shorts here entered at one price, so the order is the same; what they are ranked by is not
    expect(byProfit[0]?.score).not.equal(ranks[0]?.score);
  });

  it("not in line: no position, or no profit; nobody is counted for who has none", async () => {
    const v = venue();
    const [, none] = await v.lens.adlRank(1, trader(v, 2).account);
    expect([none.rank, none.queued, none.percentile, none.rating, none.score]).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
    const [, loser] = await v.lens.adlRank(1, trader(v, 0).account);
    expect([loser.rank, loser.queued, loser.rating]).to.deep.equal([0n, 0n, 0n]);
    await cross(v, trader(v, 1), trader(v, 2), { tick: 9_900, lots: 100, longLeverage: 1, shortLeverage: 1 });
    const [, atMark] = await v.lens.adlRank(1, trader(v, 2).account);
    expect([atMark.rank, atMark.queued, atMark.rating]).to.deep.equal([0n, BigInt(SHORTS), 0n]);
  });
});
