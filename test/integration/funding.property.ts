/**
 * Funding on random histories: F against the model second by second, and FUND-1 from events alone: what was paid less what was
 * received, and what is still open, is dust that stays in the pot; exact rationals, many accounts.
 */
import { expect } from "chai";
import { fundingLedger } from "../utils/fundingLedger.ts";
import { createFundingModel } from "../utils/fundingModel.ts";
import { impactTicks } from "../utils/impactTicks.ts";
import { dustX16 } from "../utils/invariants.ts";
import { X16 } from "../utils/model.ts";
import { ask, bid, type OrderOptions, submit } from "../utils/orders.ts";
import { createRandom } from "../utils/random.ts";
import { attempt } from "../utils/randomMarket.ts";
import { readExchange } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, parametersOf, setAnswer, USD, type Venue } from "../utils/venue.ts";

const FEED = 100_000_000_000n;

for (const seed of [1, 2, 3]) {
  describe(`Funding on random histories: seed ${seed}`, () => {
    const market = { fundingCap: 20_000, impactNotional: 50n * USD, maxAge: 3_000, tradeAge: 3_000 };
    const venue = useVenue({ traders: 12, deposit: 100_000n * USD, markets: [market] });

    it("F is the model's after every call, and FUND-1 holds with equality at the end", async () => {
      const v = venue();
      const { time } = v.connection.networkHelpers;
      const random = createRandom(900 + seed);
      await v.exchange.poke(1, GAS);
      const [mark] = await v.exchange.markPrice(1);
      const model = createFundingModel(parametersOf(v), await time.latest(), mark);
      let mid = 10_000;
      let accruals = 0;

      /** One call at a random second. The book was what it is now until then; a priced call accrues, a refused one changes nothing. */
      const call = async (priced: boolean, make: () => Promise<unknown>) => {
        const shown = await impactTicks(v);
        const second = (await time.latest()) + random.pick([1, 3, 20, 200, 900, 3_100]);
        await time.setNextBlockTimestamp(second);
        const price = await priceAt(v, second);
        const done = await attempt(make);
        const mined = (await time.latest()) === second;
        if (!mined) return; // refused before it was sent
        model.hold(shown, second);
        if (!priced || done === null || price === null) return;
        const before = model.funding;
        model.accrue(price);
        if (model.funding !== before) accruals++;
        expect((await v.exchange.marketAt(1)).fundingIndex).equal(model.funding);
      };

      for (let step = 0; step < 120; step++) {
        if (random.chance(0.4)) {
          const answer = (FEED * BigInt(random.int(985_000, 1_015_000))) / 1_000_000n;
          await call(false, () => setAnswer(v, answer));
          mid = Number(answer / 10_000_000n);
        } else if (step % 3 === 0) await call(false, () => setAnswer(v, BigInt(mid) * 10_000_000n));
        const t = random.pick(v.traders);
        const tick = mid + random.int(-120, 120);
        const o = { leverage: random.int(1, 3), ioc: random.chance(0.2) };
        const lots = random.int(101, 2_500);
        const kind = random.unit();
        if (kind < 0.65) {
          const order = random.chance(0.5) ? bid(tick, lots, o) : ask(tick, lots, o);
          await call(!(await onlyRests(v, order)), () => submit(t, order));
        } else if (kind < 0.75) await call(false, () => t.exchange.cancelAll(1, GAS));
        else if (kind < 0.85) await call(true, () => v.exchange.poke(1, GAS));
        else if (kind < 0.95) await call(true, () => t.exchange.addMargin(1, random.int(1, 10_000_000), GAS));
        else await call(true, () => t.exchange.removeMargin(1, random.int(1, 1_000_000), GAS));
      }

      const state = await readExchange(v);
      const [m] = state.markets;
      const ledger = await fundingLedger(v);
      const paying = [...ledger.paid.values()].filter((amount) => amount !== 0n);
      expect(accruals >= 15 && paying.length >= 8, `${accruals} accruals, ${paying.length} accounts paid`).equal(true);
      expect(ledger.index).equal(model.funding);
      expect(ledger.dustX16 >= 0n, "FUND-1").equal(true);
      // the pot's dust is the listing's unit and what funding rounded; nothing else rounds without fees and forced closes
      if (m) expect(dustX16(m) - USD * X16, "FUND-1").equal(ledger.dustX16);
    });
  });
}

/** Whether an order fills nothing: then it accrues nothing either. */
async function onlyRests(v: Venue, order: OrderOptions): Promise<boolean> {
  const { bestBid, bestAsk } = await v.exchange.marketAt(1);
  const opposite = Number(order.isBid ? bestAsk : bestBid);
  const crosses = opposite !== 0 && (order.isBid ? order.tick >= opposite : order.tick <= opposite);
  return !crosses && !order.ioc;
}

/** The mark at a second, X16; null when it would be stale. */
async function priceAt(v: Venue, second: number): Promise<bigint | null> {
  const round = await v.aggregators[0]?.latestRoundData();
  if (!round || second - Number(round[3]) > parametersOf(v).maxAge) return null;
  // 8 decimals, 10,000 lots a unit, 6 decimals of the collateral
  return (round[1] * X16) / 1_000_000n;
}
