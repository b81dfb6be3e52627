/** The keeper's judgement of prices against the contract's, through the keeper's own reading of the chain. */
import { expect } from "chai";
import type { Chain } from "../../keeper/chain/connect.ts";
import { readBlock } from "../../keeper/chain/readBlock.ts";
import { checkPrices } from "../../keeper/oracle/checkPrices.ts";
import { judgeMark, judgeSource, PRICE_STATUS, type SourceReading } from "../../keeper/oracle/judgePrice.ts";
import { readSource } from "../../keeper/oracle/readSource.ts";
import { type Feeds, resolveFeeds } from "../../keeper/oracle/resolveFeeds.ts";
import { createFollower } from "../../keeper/state/createFollower.ts";
import { keeperChain } from "../utils/keeperChain.ts";
import { deliver, FEE, listPythMarket, nextWindow, type PythMarket, signed, WINDOW } from "../utils/pythMarket.ts";
import { createRandom } from "../utils/random.ts";
import { useVenue } from "../utils/useVenue.ts";
import { answerAt, GAS, parametersOf, setTick, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
const [TRADE_AGE, MAX_AGE] = [100, 300];

async function feedsOf(v: Venue, chain: Chain): Promise<Feeds> {
  const block = await readBlock(chain);
  const listed = v.deployed.markets.map(({ id, source }) => ({ parameters: { id }, source: source as `0x${string}` }));
  return resolveFeeds(chain, block, listed as never);
}

describe("The keeper's judgement of prices", () => {
  let market: PythMarket;
  let bounded: PythMarket;
  const ages = { tradeAge: TRADE_AGE, maxAge: MAX_AGE };
  const venue = useVenue({ traders: 2, deposit: 10_000n * USD, markets: [ages] }, async (v) => {
    market = await listPythMarket(v, TICK);
    bounded = await listPythMarket(v, TICK, async (primary) => {
      const reference = v.deployed.markets[0]?.source;
      const source = await v.connection.ethers.deployContract("BoundedSource", [primary, reference, 20_000, 600]);
      return source.getAddress();
    });
    await setTick(v, TICK);
    await deliver(v, [market, bounded], TICK);
  });

  it("knows what is behind every market, and who announces its prices", async () => {
    const v = venue();
    const { sources, emitters } = await feedsOf(v, await keeperChain(v));
    expect([...sources.values()].map(({ kind }) => kind)).to.deep.equal(["chainlink", "pyth", "bounded"]);
    const feed = (await v.aggregators[0]?.getAddress())?.toLowerCase() ?? "";
    expect(emitters.get(feed)).to.deep.equal([1, 3]);
    expect(emitters.get((await market.source.getAddress()).toLowerCase())).to.deep.equal([2]);
    expect(emitters.get((await bounded.source.getAddress()).toLowerCase())).to.deep.equal([3]);
  });

  it("is the contract's for random answers, ages and windows, in every state of a feed", async () => {
    const v = venue();
    const chain = await keeperChain(v);
    const feeds = await feedsOf(v, chain);
    const random = createRandom(7);
    const { time } = v.connection.networkHelpers;
    const [feed] = v.aggregators;
    const seen = new Map<string, number>();
    for (let round = 0; round < 160; round++) {
      const now = await time.latest();
      const answer = answerAt(parametersOf(v, 1), Math.round(TICK * (1 + (random.unit() - 0.5) * 0.05)));
      const odd = random.pick([0n, -1n, 1n, 1n << 200n, (1n << 255n) - 1n]);
      const at = random.chance(0.1) ? 0 : now - random.pick([-50, 0, 50, 99, 100, 101, 299, 300, 301, 500, 90_000]);
      await feed?.setFailing(random.chance(0.1), GAS);
      await feed?.setRound(random.chance(0.2) ? odd : answer, at, GAS);
      if (random.chance(0.5)) await time.increase(random.int(1, 3 * WINDOW));
      if (random.chance(0.5)) {
        const start = await nextWindow(v);
        const tick = random.chance(0.1) ? 0 : Math.round(TICK * (1 + (random.unit() - 0.5) * 0.06));
        for (const one of [market, bounded]) await one.source.update([signed(v, one, tick, start)], { value: FEE });
      }
      await v.connection.networkHelpers.mine();
      const block = await readBlock(chain);
      expect(await checkPrices(chain, block, feeds), `round ${round}`).to.deep.equal([]);
      for (const [id, source] of feeds.sources) {
        const reading = await readSource(chain, block, source);
        if (reading === undefined) throw new Error("a source of a kind that is not known");
        const judged = judgeSource(reading, block.timestamp);
        const contract = await v.connection.ethers.getContractAt("IPriceSource", source.address);
        const [status, price, , timestamp] = await contract.latestPrice({ blockTag: Number(block.number) });
        const said = PRICE_STATUS[Number(status)] as string;
        expect([judged.status, judged.status === "Ok" ? judged.price : 0n], `market ${id}`).to.deep.equal([
          said,
          price,
        ]);
        if (status === 0n) expect(judged.timestamp).equal(timestamp);
        const { maxAge, tradeAge, lotsPerUnit } = parametersOf(v, id);
        const rules = { maxAge: BigInt(maxAge), tradeAge: BigInt(tradeAge), lotsPerUnit };
        const mark = judgeMark(reading, rules, block.timestamp);
        if (mark.ok) count(mark.mayOpen ? "fresh" : "only closing");
        else count(mark.error === "StalePrice" ? "StalePrice" : mark.status);
      }
    }
    await feed?.setFailing(false, GAS);
    const states = [
      "fresh",
      "only closing",
      "StalePrice",
      "NotPositive",
      "NoData",
      "FromFuture",
      "Stale",
      "OutsideBand",
    ];
    for (const state of [...states, "OutOfRange", "ReferenceUnavailable", "ReferenceStale"]) {
      expect(seen.get(state) ?? 0, state).greaterThan(0);
    }

    function count(what: string) {
      seen.set(what, (seen.get(what) ?? 0) + 1);
    }
  });

  it("is the contract's while a sequencer is down, back for too short, or unknown", async () => {
    const v = venue();
    const chain = await keeperChain(v);
    const { ethers, networkHelpers } = v.connection;
    const uptime = await ethers.deployContract("MockAggregator", [0, 0]);
    const [feed] = v.aggregators;
    const GRACE = 60;
    const source = await ethers.deployContract("ChainlinkSource", [
      await feed?.getAddress(),
      3_600,
      await uptime.getAddress(),
      GRACE,
    ]);
    const address = (await source.getAddress()) as `0x${string}`;
    const block = await readBlock(chain);
    const { sources } = await resolveFeeds(chain, block, [{ parameters: { id: 1 }, source: address }] as never);
    const resolved = sources.get(1);
    if (resolved === undefined) throw new Error("not resolved");
    const seen = new Set<string>();
    for (const [answer, age] of [
      [1, 10],
      [0, GRACE - 1],
      [0, GRACE],
      [0, GRACE + 5],
      [0, -30],
      [1, 5_000],
    ] as const) {
      for (const failing of [false, true]) {
        await feed?.setAnswer(answerAt(parametersOf(v, 1), TICK), GAS);
        await uptime.setFailing(failing);
        const now = await networkHelpers.time.latest();
        await networkHelpers.time.setNextBlockTimestamp(now + 5);
        await uptime.setRound(answer, now + 5 - age);
        const at = await readBlock(chain);
        const reading = (await readSource(chain, at, resolved)) as SourceReading;
        const [status] = await source.latestPrice({ blockTag: Number(at.number) });
        const judged = judgeSource(reading, at.timestamp);
        expect(judged.status, `${answer} for ${age} s`).equal(PRICE_STATUS[Number(status)]);
        seen.add(judged.status);
      }
    }
    expect([...seen].sort()).to.deep.equal(["Ok", "SequencerDown", "SequencerGrace", "SequencerUnknown"]);
  });

  it("a follower hears prices of both kinds, and its state is the Lens's", async () => {
    const v = venue();
    const follower = createFollower(await keeperChain(v), { pageSize: 10, logRange: 10_000 });
    await follower.advance();
    await setTick(v, TICK);
    await deliver(v, [market], TICK);
    const { events, snapshot } = await follower.advance();
    expect(snapshot).equal(false);
    const names = events.map(({ eventName }) => eventName);
    expect(names).to.include.members(["AnswerUpdated", "PriceTaken"]);
    expect(await follower.reconcile()).to.deep.equal([]);
  });
});
