import assert from "node:assert/strict";
import { test } from "node:test";
import { predictClosings } from "../../../keeper/audit/predictClosings.ts";
import { applyChange } from "../../../keeper/core/applyChange.ts";
import { eligibility } from "../../../keeper/core/eligibility.ts";
import { createMarketState, type MarketState } from "../../../keeper/core/marketState.ts";
import { pickBankrupt } from "../../../keeper/core/pickBankrupt.ts";
import { settle } from "../../../keeper/core/position.ts";
import { rankCounterparties } from "../../../keeper/core/rankCounterparties.ts";
import { createRiskMarket } from "../../../keeper/core/risk/createRiskMarket.ts";
import { insuranceFor } from "../../../keeper/core/risk/insuranceFor.ts";
import { runningSteps } from "../../../keeper/core/risk/runningSteps.ts";
import type { RiskMarketInput } from "../../../keeper/core/risk/types.ts";
import type { Position, Prices } from "../../../keeper/core/types.ts";
import { BASE, MARK, PARAMETERS, position } from "../helpers/market.ts";
import { createRandom, type Random } from "../helpers/random.ts";
import { judge } from "./helpers/bruteForce.ts";

const ATOMS = 60_000_000n;

function inputOf(positions: readonly Position[], changes: Partial<RiskMarketInput> = {}): RiskMarketInput {
  return {
    parameters: {
      ...PARAMETERS,
      tickValue: 10n,
      bandRate: 100_000n,
      largeNotional: 1n << 60n,
      stepRate: 250_000n,
      tiers: [],
    },
    prices: { price: MARK, funding: 0n },
    positions,
    depth: { bids: [], asks: [] },
    fund: { claim: 0n, coverLeft: 0n },
    volatility: 0n,
    taken: 0,
    ...changes,
  };
}

/** Both sides hold the same lots, all solvent at the mark, levered 4 to 40 times, in profit or loss. */
function balancedBook(random: Random, pairs: number): Position[] {
  const positions: Position[] = [];
  // in half of the books the shorts came in low and put much in: solvent, and in profit only after a long fall
  const low = random.below(2) === 0;
  for (let i = 0; i < pairs; i++) {
    const lots = 10n + random.bits(10);
    for (const isLong of [true, false]) {
      const shift = low && !isLong ? 2_000 : 0;
      const entry = (ATOMS * BigInt(9_700 - shift + random.below(600))) / 10_000n;
      const margin = ATOMS / BigInt(4 + random.below(37)) + (ATOMS * BigInt(400 + shift)) / 10_000n;
      positions.push(position(positions.length + 1, isLong ? lots : -lots, entry, margin));
    }
  }
  return positions;
}

test("property: without a book, the prediction is the keeper's next plan, run to its end by the demo's arithmetic", () => {
  const random = createRandom(91);
  let [deleverages, principals] = [0, 0];
  for (let i = 0; i < 200; i++) {
    const positions = balancedBook(random, 2 + random.below(20));
    const fund = { claim: random.bits(40), coverLeft: random.bits(40) };
    const market = createRiskMarket(inputOf(positions, { fund }));
    const move = BigInt(random.below(500_000) - 250_000);
    const before = [market.adlRanks(true), market.adlRanks(false), market.exposure()];
    const prediction = market.predict(move);
    assert.deepEqual([market.adlRanks(true), market.adlRanks(false), market.exposure()], before, "it changes nothing");

    const state = createMarketState(BASE);
    for (const p of positions) applyChange(state, p);
    const prices = { price: prediction.price, funding: 0n };
    let budget = insuranceFor(fund);
    for (const predicted of prediction.deleverages) {
      const expected = runOne(state, prices, budget);
      assert.equal(predicted.account, expected.account);
      assert.equal(predicted.price, expected.price);
      assert.equal(predicted.sweptLots, 0n);
      assert.equal(predicted.cover, expected.cover);
      assert.deepEqual(predicted.counterparties.map(essence), expected.counterparties.map(essence), `book ${i}`);
      assert.deepEqual(predicted.principal.map(essence), expected.principal.map(essence), `book ${i}`);
      budget -= expected.cover;
      deleverages += predicted.counterparties.length;
      principals += predicted.principal.length;
    }
    assert.equal(pickBankrupt(state, prices, 0), undefined, "nobody is left bankrupt");
    const below = [...state.positions.values()].filter((p) => {
      const { bankrupt, belowMaintenance } = judge(inputOf([], { prices }), p, prices.price);
      return belowMaintenance && !bankrupt;
    });
    assert.deepEqual(
      prediction.liquidations.map(({ account }) => account).sort((a, b) => a - b),
      below.map(({ account }) => account).sort((a, b) => a - b),
    );
  }
  assert.ok(deleverages > 300 && principals > 20, `${deleverages} deleveraged, ${principals} by principal`);
});

type Closed = { account: number; lots: bigint; pnl: bigint; payout: bigint };
const essence = ({ account, lots, pnl, payout }: Closed) => ({ account, lots, pnl, payout });

/** One bankrupt position to its end: queue, then the opposing side by v, u and FIFO. Changes the state. */
function runOne(state: MarketState, prices: Prices, budget: bigint) {
  const entry = pickBankrupt(state, prices, 0)?.entry;
  assert.ok(entry !== undefined);
  const bankrupt = settle(bare(entry), prices.funding);
  const { price } = predictClosings(bankrupt, [], budget, prices);
  const region = eligibility(entry.isLong, price, prices, state.base);
  const queue = rankCounterparties(state, region, { lots: 1n << 60n, entries: 1e9 }).map((ranked) => ranked.entry);
  const first = predictClosings(bankrupt, queue, budget, prices);
  for (const { rest } of first.closings) applyChange(state, bare(rest));
  const spent = first.closings.reduce((sum, { cover }) => sum + cover, 0n);
  const others = [...state.positions.values()]
    .filter(({ isLong }) => isLong !== entry.isLong)
    .sort((a, b) => a.v - b.v || a.u - b.u || a.joined - b.joined);
  const rest = first.bankrupt.lots === 0n ? undefined : predictClosings(first.bankrupt, others, budget - spent, prices);
  const second = rest ?? { ...first, closings: [] };
  for (const { rest } of second.closings) applyChange(state, bare(rest));
  applyChange(state, bare(second.bankrupt));
  const closedOf = ({ closings }: typeof first): Closed[] =>
    closings.map(({ counterparty, lots, pnl, pay }) => ({
      account: counterparty.account,
      lots,
      pnl,
      payout: pay > 0n ? pay : 0n,
    }));
  const cover = spent + second.closings.reduce((sum, closing) => sum + closing.cover, 0n);
  return { account: entry.account, price, cover, counterparties: closedOf(first), principal: closedOf(second) };
}

function bare({ account, lots, cost, margin, fundingIndex }: Position): Position {
  return { account, lots, cost, margin, fundingIndex };
}

const long = position(1, 100n, 60_000_000n, 6_000_000n); // X = 54m
const short = position(2, -100n, 60_000_000n, 30_000_000n);

test("behavior: bids within the limit are swept first, at what they bid", () => {
  // at 52m the limit is X = 54m without a fund: the bid at 55m is taken, the one at 53m is not
  const bids = [
    { tick: 5_500_000, lots: 30n },
    { tick: 5_300_000, lots: 500n },
  ];
  const market = createRiskMarket(inputOf([long, short], { depth: { bids, asks: [] } }));
  const [done] = market.predict(0n, { price: 52_000_000n << 16n }).deleverages;
  assert.ok(done !== undefined);
  assert.deepEqual([done.account, done.sweptLots, done.cover], [1, 30n, 0n]);
  // 30 lots at 55m instead of 54m leave 30m for 70 lots: X falls to ⌈(54m·70 − 30m)/70⌉ and no bid reaches it
  assert.equal(done.price, ((54_000_000n * 70n - 30_000_000n) << 16n) / 70n);
  assert.deepEqual(
    done.counterparties.map(({ account, lots, rank }) => ({ account, lots, rank })),
    [{ account: 2, lots: 70n, rank: 1 }],
  );
});

test("behavior: the fund moves the limit down to the mark, and pays what a bid is below X", () => {
  const fund = { claim: 1_000_000_000_000n, coverLeft: 1_000_000_000_000n };
  const bids = [{ tick: 5_300_000, lots: 40n }];
  const market = createRiskMarket(inputOf([long, short], { fund, depth: { bids, asks: [] } }));
  const [done] = market.predict(0n, { price: 52_000_000n << 16n }).deleverages;
  // 40 lots at 1m below X from the book, 60 at 2m below X against the short
  assert.deepEqual([done?.sweptLots, done?.cover], [40n, 40n * 1_000_000n + 60n * 2_000_000n]);
});

test("behavior: a partial liquidation by the closed form, with tiers and steps", () => {
  // equity 200m on 10,000 of notional-millions: at 60m below 2.5 %, target 4 %, drag 1 %
  const thin = position(3, 100n, 60_000_000n, 1_000_000n);
  const bids = [{ tick: 5_990_000, lots: 25n }];
  const market = createRiskMarket(inputOf([thin, short], { depth: { bids, asks: [] } }));
  // x* = (0.04·6000m − 100m + 64)/(60m·(0.04 − 0.01)) = 77.8, and less than all
  assert.deepEqual(market.predict(0n).liquidations, [
    { account: 3, isLong: true, lots: 100n, closeLots: 78n, filledLots: 25n },
  ]);
  const parameters = { ...inputOf([]).parameters, largeNotional: 1_000_000_000n };
  const stepped = createRiskMarket(inputOf([thin, short], { parameters }));
  assert.equal(stepped.predict(0n).liquidations[0]?.closeLots, 25n);
  const tiers = [{ from: 3_000_000_000n, maintenanceRate: 30_000n, targetRate: 30_000n }];
  const tiered = createRiskMarket(inputOf([thin, short], { parameters: { ...inputOf([]).parameters, tiers } }));
  // target 3 %: (180m − 100m + 64)/(60m·0.02) = 66.7
  assert.equal(tiered.predict(0n).liquidations[0]?.closeLots, 67n);
});

test("behavior: a step that is running leaves what is not closed of it, and no more", () => {
  const [thin, short] = [position(3, 100n, 60_000_000n, 1_000_000n), position(4, -100n, 60_000_000n, 60_000_000n)];
  const parameters = { ...inputOf([]).parameters, largeNotional: 1_000_000_000n };
  const market = createRiskMarket(inputOf([thin, short], { parameters, steps: new Map([[3, 20n]]) }));
  const closeLots = () => market.predict(0n).liquidations[0]?.closeLots;
  // a quarter of the 120 that were open is 30, and 20 of them are closed
  assert.equal(closeLots(), 10n);
  market.setSteps(new Map([[3, 40n]]));
  assert.equal(closeLots(), 0n);
  market.setSteps(new Map());
  assert.equal(closeLots(), 25n);
  // not large: no steps, whatever is known of them
  const small = createRiskMarket(inputOf([thin, short], { steps: new Map([[3, 20n]]) }));
  assert.equal(small.predict(0n).liquidations[0]?.closeLots, 78n);
});

test("behavior: a step runs until its cooldown is over", () => {
  const state = { steps: new Map([[7, { began: 100n, closed: 5n }]]) };
  assert.deepEqual(runningSteps(state, 159n, { stepCooldown: 60n }), new Map([[7, 5n]]));
  assert.deepEqual(runningSteps(state, 160n, { stepCooldown: 60n }), new Map());
});

test("property: ranks and lights are the order of the contract's scores", () => {
  const random = createRandom(92);
  for (let i = 0; i < 100; i++) {
    const market = createRiskMarket(inputOf(balancedBook(random, 1 + random.below(30))));
    for (const isLong of [true, false]) {
      const ranks = market.adlRanks(isLong);
      const queue = ranks.filter(({ rank }) => rank !== undefined);
      assert.deepEqual(
        queue.map(({ rank }) => rank),
        queue.map((_, k) => k + 1),
      );
      const scores = queue.map((entry) => entry.score ?? -1n);
      assert.deepEqual(
        scores,
        [...scores].sort((a, b) => (a > b ? -1 : a < b ? 1 : 0)),
      );
      for (const [k, entry] of queue.entries()) {
        assert.equal(entry.rating, Math.ceil((5 * (queue.length - k)) / queue.length));
        assert.equal(entry.percentage, Math.floor((1e4 * (queue.length - k)) / queue.length) / 100);
        assert.deepEqual(market.adlRank(entry.account), entry);
      }
      for (const other of ranks.slice(queue.length)) assert.deepEqual([other.rating, other.rank], [0, undefined]);
      assert.equal(ranks.length, market.exposure()[isLong ? "longs" : "shorts"].positions);
    }
  }
  assert.equal(createRiskMarket(inputOf([])).adlRank(1), undefined);
});

test("behavior: a change joins the tail of its cell, an unchanged cell keeps its place", () => {
  const twins = [1, 2, 3].map((account) => position(account, -10n, 90_000_000n, 9_000_000n));
  const market = createRiskMarket(inputOf([...twins, position(9, 30n, 60_000_000n, 20_000_000n)]));
  const order = () => market.adlRanks(false).map(({ account }) => account);
  assert.deepEqual(order(), [1, 2, 3]);
  market.apply(position(1, -20n, 90_000_000n, 9_000_000n));
  assert.deepEqual(order(), [1, 2, 3], "same entry and b: same cell");
  market.apply(position(1, 0n, 0n, 0n));
  market.apply(position(1, -20n, 90_000_000n, 9_000_000n));
  assert.deepEqual(order(), [2, 3, 1], "closed and opened: last");
});
