import assert from "node:assert/strict";
import { test } from "node:test";
import { bookCanAbsorb, limitTick } from "../../keeper/core/absorption.ts";
import { closeSize, isLarge, stepSize } from "../../keeper/core/closeSize.ts";
import { tickWidth } from "../../keeper/core/grid.ts";
import { ceilDiv } from "../../keeper/core/integers.ts";
import { marginHealth } from "../../keeper/core/marginHealth.ts";
import { equityX16 } from "../../keeper/core/position.ts";
import { initialX16Pips, maintenanceX16Pips, standingRequirement, targetRate } from "../../keeper/core/requirements.ts";
import type { MarketParameters } from "../../keeper/core/types.ts";
import { MARK, PARAMETERS, PRICES, position } from "./helpers/market.ts";
import { createRandom } from "./helpers/random.ts";

const USD = 1_000_000n;
/** 2.5 % up to 600,000 dollars (10,000 lots at the mark), 5 % up to 6 million, 10 % above. */
const TIERED: MarketParameters = {
  ...PARAMETERS,
  tiers: [
    { from: 600_000n * USD, initialRate: 100_000n, maintenanceRate: 50_000n, targetRate: 80_000n },
    { from: 6_000_000n * USD, initialRate: 200_000n, maintenanceRate: 100_000n, targetRate: 150_000n },
  ],
};
const atoms = (x16pips: bigint) => ceilDiv(x16pips, 1_000_000n << 16n);

test("default: each tier's rate holds for its own slice", () => {
  const at = (lots: bigint) => [
    atoms(initialX16Pips(TIERED, lots, MARK)),
    atoms(maintenanceX16Pips(TIERED, lots, MARK)),
    targetRate(TIERED, lots, MARK),
  ];
  // 5 % and 2.5 % of 600,000
  assert.deepEqual(at(10_000n), [30_000n * USD, 15_000n * USD, 40_000n]);
  // and a lot more: 60 dollars at 10 % and 5 %
  assert.deepEqual(at(10_001n), [30_000n * USD + 6n * USD, 15_000n * USD + 3n * USD, 80_000n]);
  // 600,000 + 5,400,000 + 1,200,000
  assert.deepEqual(at(120_000n), [
    (30_000n + 540_000n + 240_000n) * USD,
    (15_000n + 270_000n + 120_000n) * USD,
    150_000n,
  ]);
});

test("behavior: a gain alone never makes a position liquidatable, whatever tier it reaches", () => {
  const random = createRandom(11);
  for (let i = 0; i < 500; i++) {
    const lots = BigInt(random.below(200_000) + 1);
    const p = position(1, lots, 60_000_000n, BigInt(random.below(6_000_000)));
    const at = (price: bigint) => marginHealth(p, { price, funding: 0n }, TIERED).status;
    if (at(MARK) !== "healthy") continue;
    assert.equal(at(MARK + (BigInt(random.below(60_000_000)) << 16n)), "healthy");
  }
});

test("behavior: a partial close of a tiered position ends at the target of the tier that it reached, in the least lots", () => {
  const random = createRandom(12);
  let partial = 0;
  for (let i = 0; i < 2_000; i++) {
    const lots = BigInt(random.below(150_000) + 9_000);
    const p = position(1, random.below(2) ? lots : -lots, 60_000_000n, BigInt(random.below(3_000_000)));
    if (marginHealth(p, PRICES, TIERED).status !== "liquidatable") continue;
    const close = closeSize(p, PRICES, TIERED, 0);
    if (close === lots) continue;
    partial++;
    const target = targetRate(TIERED, lots, MARK);
    const after = (size: bigint) => {
      const cost = size * MARK * (TIERED.slippageRate + TIERED.liquidationFeeRate);
      return equityX16(p, PRICES) * 1_000_000n - cost - target * (lots - size) * MARK;
    };
    assert.ok(after(close) >= 0n, "enough");
    assert.ok(after(close - 1n) < 0n, "no lot too many");
    const [rest, sign] = [lots - close, p.lots > 0n ? 1n : -1n];
    const left = {
      ...p,
      lots: sign * rest,
      cost: rest * 60_000_000n,
      margin: ((after(close) / 1_000_000n) >> 16n) + 1n + ceilDiv(target * rest * MARK, 1_000_000n << 16n),
    };
    assert.equal(marginHealth(left, PRICES, TIERED).status, "healthy");
  }
  assert.ok(partial > 100);
});

test("behavior: a large position is closed a step at a time, a smaller one at once", () => {
  const NEW = { began: 0n, closed: 0n };
  const stepped = { ...TIERED, largeNotional: 600_000n * USD, stepRate: 250_000n };
  const p = position(1, 40_001n, 60_000_000n, 1_000_000n);
  assert.ok(isLarge(40_001n, MARK, stepped) && isLarge(10_001n, MARK, stepped) && !isLarge(10_000n, MARK, stepped));
  assert.equal(stepSize(p, PRICES, stepped, 64, NEW), 10_001n, "a quarter, rounded up");
  assert.equal(
    stepSize({ ...p, lots: 36_001n, cost: 36_001n * 60_000_000n }, PRICES, stepped, 64, { began: 0n, closed: 4_000n }),
    6_001n,
  );
  assert.equal(stepSize(p, PRICES, TIERED, 64, NEW), closeSize(p, PRICES, TIERED, 64));
  const small = position(1, 10_000n, 60_000_000n, 1_400_000n);
  assert.equal(stepSize(small, PRICES, stepped, 64, NEW), closeSize(small, PRICES, stepped, 64));
});

test("behavior: the limit of a part is the slippage, that of the whole leaves the fee", () => {
  const p = position(1, 100n, 60_000_000n, 1_000_000n);
  // 0.5 % below 6,000,000 ticks
  assert.equal(limitTick(p, PRICES, PARAMETERS, 40n, 64), 5_970_000n);
  // K = 59m a lot, the fee 0.3m; 64 atoms for roundings are less than a tick
  assert.equal(limitTick(p, PRICES, PARAMETERS, 100n, 64), 5_930_001n);
  const short = position(1, -100n, 60_000_000n, 1_000_000n);
  assert.equal(limitTick(short, PRICES, PARAMETERS, 40n, 64), 6_030_000n);
  assert.equal(limitTick(short, PRICES, PARAMETERS, 100n, 64), 6_069_999n);
});

test("behavior: the book absorbs within the limit and the band only", () => {
  const book = (bestBid: bigint, bestAsk: bigint) => ({ bestBid, bestAsk });
  assert.ok(bookCanAbsorb(true, 5_970_000n, book(5_970_000n, 0n), MARK, PARAMETERS));
  assert.ok(!bookCanAbsorb(true, 5_970_000n, book(5_969_999n, 0n), MARK, PARAMETERS));
  assert.ok(!bookCanAbsorb(true, 5_970_000n, book(0n, 6_000_000n), MARK, PARAMETERS), "an empty side");
  assert.ok(bookCanAbsorb(false, 6_030_000n, book(0n, 6_030_000n), MARK, PARAMETERS));
  assert.ok(!bookCanAbsorb(false, 6_030_000n, book(0n, 6_030_001n), MARK, PARAMETERS));
  // a limit beyond the band of 5 % does not help
  assert.ok(bookCanAbsorb(true, 5_000_000n, book(5_700_000n, 0n), MARK, PARAMETERS));
  assert.ok(!bookCanAbsorb(true, 5_000_000n, book(5_699_999n, 0n), MARK, PARAMETERS));
});

test("behavior: what a topped-up position needs is the most of three requirements", () => {
  // initial margin of 5 %
  assert.equal(standingRequirement(PARAMETERS, 100n, PRICES), 300n * USD);
  assert.equal(standingRequirement(TIERED, 20_000n, PRICES), (30_000n + 60_000n) * USD);
  // the market's minimum
  assert.equal(standingRequirement({ ...PARAMETERS, minMargin: 301n * USD }, 100n, PRICES), 301n * USD);
  // two cells at P' and 64 atoms a lot, where the rate is tiny
  const thin = { ...PARAMETERS, initialRate: 1n };
  const perLot = 2n * tickWidth(MARK, PARAMETERS.base) + (64n << 16n);
  assert.equal(standingRequirement(thin, 100n, PRICES), ceilDiv(100n * perLot, 1n << 16n));
});
