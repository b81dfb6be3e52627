import assert from "node:assert/strict";
import { test } from "node:test";
import { bankruptcyLimit, liquidationLimit } from "../../keeper/audit/closeLimits.ts";
import { predictClosings, sweepFill } from "../../keeper/audit/predictClosings.ts";
import { principalQueue, queueByBruteForce } from "../../keeper/audit/queue.ts";
import { bestTick } from "../../keeper/audit/restingOrders.ts";
import { applyChange } from "../../keeper/core/applyChange.ts";
import { bankruptcyCost } from "../../keeper/core/closing.ts";
import { eligibility } from "../../keeper/core/eligibility.ts";
import { abs } from "../../keeper/core/integers.ts";
import { equityX16, isBankrupt } from "../../keeper/core/position.ts";
import { rankCounterparties } from "../../keeper/core/rankCounterparties.ts";
import type { Position } from "../../keeper/core/types.ts";
import { createCatalogue } from "../../scripts/demo/invariants/catalogue.ts";
import { checkPositions } from "../../scripts/demo/invariants/checkBoundary.ts";
import { createRandom } from "../../scripts/demo/path/random.ts";
import { createReplay, type MarketReplay } from "../../scripts/demo/replay/replayState.ts";
import { heldBy, releaseAll, releaseFilled, reserve, reservesOf } from "../../scripts/demo/replay/reserves.ts";
import { MARKET, x16 } from "./helpers/market.ts";

/** A position opened at a price in dollars with a leverage. */
function position(account: number, lots: bigint, entry: number, leverage: number): Position {
  const cost = abs(lots) * BigInt(Math.round(entry * 100));
  return { account, lots, cost, margin: cost / BigInt(leverage), fundingIndex: 0n };
}

function marketWith(positions: readonly Position[]): MarketReplay {
  const [one] = createReplay([MARKET]);
  assert.ok(one !== undefined);
  for (const p of positions) applyChange(one.positions, p);
  return one;
}

function crowd(seed: number, count: number): Position[] {
  const random = createRandom(seed, "crowd");
  return Array.from({ length: count }, (_, i) => {
    const size = BigInt(1 + random.below(5_000));
    return position(i + 1, random.chance(0.5) ? size : -size, random.between(90_000, 130_000), 1 + random.below(50));
  });
}

test("default: brute force and the keeper agree about the queue, in random books", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const one = marketWith(crowd(seed, 120));
    for (const bankruptIsLong of [true, false]) {
      const prices = { price: x16(bankruptIsLong ? 105_000 : 115_000), funding: 0n };
      const x = x16(110_000);
      const region = eligibility(bankruptIsLong, x, prices, MARKET.parameters.base);
      const expected = rankCounterparties(one.positions, region, { lots: 10n ** 12n, entries: 1_000 });
      const queue = queueByBruteForce(one.positions, bankruptIsLong, x, prices);
      assert.ok(queue.length > 5);
      assert.deepEqual(
        queue.map(({ entry, score }) => [entry.account, score]),
        expected.map(({ entry, score }) => [entry.account, score]),
      );
    }
  }
});

test("behavior: the principal stage goes by bankruptcy price alone", () => {
  const one = marketWith([position(1, 10n, 100_000, 2), position(2, 10n, 100_000, 50), position(3, 10n, 100_000, 10)]);
  assert.deepEqual(
    principalQueue(one.positions, false).map(({ account }) => account),
    [2, 3, 1],
  );
});

test("behavior: closing a bankrupt position moves equity from one side to the other, and nothing gets lost", () => {
  const prices = { price: x16(100_000), funding: 0n };
  const bankrupt = position(1, 1_000n, 104_000, 50);
  assert.ok(isBankrupt(bankrupt, prices));
  const others = [position(2, -300n, 110_000, 20), position(3, -900n, 108_000, 7)];
  const one = marketWith([bankrupt, ...others]);
  const queue = queueByBruteForce(one.positions, true, x16(101_920), prices).map(({ entry }) => entry);
  for (const budget of [0n, 1_000n, 10n ** 12n]) {
    const { closings, bankrupt: rest } = predictClosings(bankrupt, queue, budget, prices);
    assert.equal(rest.lots, 0n);
    assert.equal(bankruptcyCost(rest), 0n);
    assert.deepEqual(
      closings.map(({ lots }) => lots),
      [300n, 700n],
    );
    const given = closings.reduce((sum, { traded, lots }) => sum + (traded << 16n) - lots * prices.price, 0n);
    assert.equal(given, -equityX16(bankrupt, prices));
    const cover = closings.reduce((sum, closing) => sum + closing.cover, 0n);
    assert.ok(cover <= budget);
    if (budget === 0n) assert.ok(closings.every(({ pnl }) => pnl > 0n));
  }
});

test("behavior: a sweep draws what its price is worse than the bankruptcy price, and never beyond the limit", () => {
  const bankrupt = position(1, 1_000n, 104_000, 50); // X = 101,920
  const better = sweepFill(bankrupt, { tick: 1_020_000n, lots: 400n }, 10n);
  assert.equal(better.cover, 0n);
  const worse = sweepFill(bankrupt, { tick: 1_015_000n, lots: 400n }, 10n);
  assert.equal(worse.cover, 400n * (1_019_200n - 1_015_000n) * 10n);
  assert.equal(bankruptcyCost(worse.rest) * 1_000n, bankruptcyCost(bankrupt) * 600n, "X stays where it was");
  assert.equal(sweepFill(bankrupt, { tick: 1_019_200n, lots: 1_000n }, 10n).rest.lots, 0n);
  assert.equal(bankruptcyLimit(bankrupt, MARKET.parameters, x16(101_900), 0n), 1_019_200n);
  assert.equal(
    bankruptcyLimit(bankrupt, MARKET.parameters, x16(101_900), 10n ** 12n),
    1_013_905n,
    "the mark less slippage",
  );
});

test("behavior: the limit of a full liquidation leaves its fee, that of a partial one is the slippage", () => {
  const p = position(1, 1_000n, 100_000, 50); // K = 98,000
  assert.equal(liquidationLimit(p, MARKET.parameters, x16(98_500), false, 64), 980_075n);
  const whole = liquidationLimit(p, MARKET.parameters, x16(98_500), true, 64);
  assert.equal(whole, 980_986n, "98,000 and a thousandth of the mark");
});

test("behavior: a fill that opens also takes from the reserve of the other side", () => {
  const one = marketWith([]);
  const order = (id: bigint, isBid: boolean, lots: bigint) => ({
    id,
    account: 7,
    isBid,
    tick: 1_000_000n,
    lots,
    leverage: 5n,
    reduceOnly: false,
  });
  const [bid, ask] = [order(1n, true, 100n), order(2n, false, 80n)];
  for (const one_ of [bid, ask]) {
    one.orders.set(one_.id, one_);
    reserve(one, one_);
  }
  assert.deepEqual(reservesOf(one, 7), { bid: 200_000_000n, ask: 160_000_000n });
  assert.equal(heldBy(reservesOf(one, 7)), 200_000_000n);
  releaseFilled(one, bid, 50n);
  assert.deepEqual(reservesOf(one, 7), { bid: 100_000_000n, ask: 60_000_000n });
  applyChange(one.positions, position(7, 50n, 100_000, 5));
  releaseFilled(one, ask, 20n);
  assert.deepEqual(
    reservesOf(one, 7),
    { bid: 100_000_000n, ask: 20_000_000n },
    "a fill that closes takes its own part only",
  );
  releaseAll(one, { ...ask, lots: 60n });
  assert.deepEqual(reservesOf(one, 7), { bid: 100_000_000n, ask: 0n });
  assert.equal(bestTick(one.orders.values(), true), 1_000_000n);
});

test("error: unequal sides and a closed corridor are noticed", () => {
  const catalogue = createCatalogue();
  checkPositions(marketWith([position(1, 10n, 100_000, 10), position(2, -10n, 100_000, 10)]), "good", catalogue);
  assert.deepEqual([...catalogue.verdict("SOLV-3").broken, ...catalogue.verdict("SOLV-6").broken], []);
  checkPositions(marketWith([position(1, 10n, 100_000, 10), position(2, -9n, 100_000, 10)]), "unequal", catalogue);
  assert.equal(catalogue.verdict("SOLV-3").broken.length, 1);
  // b of both is 90,000
  checkPositions(marketWith([position(1, 10n, 100_000, 10), position(2, -10n, 80_000, 8)]), "touching", catalogue);
  assert.deepEqual(
    catalogue.verdict("SOLV-6").broken.map((text) => text.split(":")[0]),
    ["touching"],
  );
});

test("error: what was never checked does not count as held", () => {
  const catalogue = createCatalogue();
  catalogue.note("SOLV-1", undefined);
  const results = catalogue.results(["ADL-4"]);
  assert.deepEqual([results["SOLV-1"], results["SOLV-2"], results["ADL-4"]], [true, false, true]);
});
