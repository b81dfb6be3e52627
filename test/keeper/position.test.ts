import assert from "node:assert/strict";
import { test } from "node:test";
import { closeSize } from "../../keeper/core/closeSize.ts";
import { abs, ceilDiv, floorDiv } from "../../keeper/core/integers.ts";
import { marginHealth } from "../../keeper/core/marginHealth.ts";
import { bankruptcyPriceAt, equityX16, isBankrupt, settle, settledMargin } from "../../keeper/core/position.ts";
import { MARK, PARAMETERS, PRICES, position, randomPosition } from "./helpers/market.ts";
import { createRandom } from "./helpers/random.ts";

test("default: equity is margin plus result less funding", () => {
  const long = position(1, 10n, 50_000_000n, 5_000_000n);
  assert.equal(equityX16(long, PRICES), (10n * (5_000_000n + 10_000_000n)) << 16n);
  const short = position(2, -10n, 50_000_000n, 15_000_000n);
  assert.equal(equityX16(short, PRICES), (10n * (15_000_000n - 10_000_000n)) << 16n);
  // a rising index is paid by longs and received by shorts
  const funding = 1_000n << 16n;
  assert.equal(equityX16(long, { price: MARK, funding }) - equityX16(long, PRICES), -10n * funding);
  assert.equal(equityX16(short, { price: MARK, funding }) - equityX16(short, PRICES), 10n * funding);
});

test("behavior: settlement takes at least what is owed, and less than an atom more", () => {
  const random = createRandom(3);
  for (let i = 0; i < 2000; i++) {
    const p = randomPosition(random, 1);
    const funding = BigInt(random.below(2_000_000) - 1_000_000);
    const owed = p.lots * (funding - p.fundingIndex);
    const taken = (p.margin - settledMargin(p, funding)) << 16n;
    assert.ok(taken >= owed && taken - owed < 1n << 16n);
  }
});

test("behavior: a position is bankrupt exactly beyond its bankruptcy price", () => {
  const random = createRandom(4);
  for (let i = 0; i < 2000; i++) {
    const p = settle(randomPosition(random, 1), 0n);
    const x = bankruptcyPriceAt(p, 0n);
    const at = (price: bigint) => isBankrupt(p, { price, funding: 0n });
    // X is rounded down: a long with b between X and X + 1 is still bankrupt at X
    if (p.lots > 0n) assert.ok(at(x - 1n) && !at(x + 1n));
    else assert.ok(at(x + 1n) && !at(x));
  }
});

test("behavior: below maintenance is liquidatable, at it is not, below zero is bankrupt", () => {
  // maintenance is 2.5 %: 1.5m a lot at the mark of 60m
  const status = (margin: bigint) => marginHealth(position(1, 7n, 60_000_000n, margin), PRICES, PARAMETERS).status;
  assert.equal(status(1_500_000n), "healthy");
  assert.equal(status(1_499_999n), "liquidatable");
  assert.equal(status(0n), "liquidatable");
  assert.equal(status(-1n), "bankrupt");
});

test("behavior: closing the expected size restores the target after fee and slippage", () => {
  const random = createRandom(5);
  for (let i = 0; i < 2000; i++) {
    const lots = BigInt(random.below(100_000) + 1000);
    const p = position(1, random.below(2) ? lots : -lots, 60_000_000n, BigInt(random.below(1_500_000)));
    const close = closeSize(p, PRICES, PARAMETERS, 0);
    assert.ok(close > 0n && close <= lots);
    if (close === lots) continue;
    const after = (size: bigint) => {
      const cost = ceilDiv(size * MARK * (PARAMETERS.slippageRate + PARAMETERS.liquidationFeeRate), 1_000_000n);
      return (equityX16(p, PRICES) - cost) * 1_000_000n - PARAMETERS.targetRate * (lots - size) * MARK;
    };
    const tolerance = 1_000_000n; // the cost above is rounded up once
    assert.ok(after(close) >= -tolerance, "enough");
    assert.ok(after(close - 1n) < 0n, "no lot too many");
  }
});

test("behavior: what cannot be restored, and what would leave dust, is closed in full", () => {
  const hopeless = position(1, 100n, 60_000_000n, 500_000n); // below fee and slippage
  assert.equal(closeSize(hopeless, PRICES, PARAMETERS, 0), 100n);
  const dust = position(1, 1n, 60_000_000n, 1_400_000n);
  assert.equal(closeSize(dust, PRICES, PARAMETERS, 0), 1n);
});

test("default: division names its direction", () => {
  assert.deepEqual([floorDiv(-7n, 2n), floorDiv(7n, 2n), floorDiv(-8n, 2n)], [-4n, 3n, -4n]);
  assert.deepEqual([ceilDiv(-7n, 2n), ceilDiv(7n, 2n), ceilDiv(8n, 2n)], [-3n, 4n, 4n]);
  assert.equal(abs(-3n), 3n);
});
