/** Where a call must end, against its meaning: somebody else is in profit at X, or another tick of the book is within the limit. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bankruptcyCost, deficit, shareRoundedOutward, takeShare } from "../../keeper/core/closing.ts";
import { eligibility } from "../../keeper/core/eligibility.ts";
import { baseFor, entryPrice, entryTick } from "../../keeper/core/grid.ts";
import { abs, ceilDiv, floorDiv } from "../../keeper/core/integers.ts";
import { bankruptcyPriceAt } from "../../keeper/core/position.ts";
import { isBeyond, thresholdsOf } from "../../keeper/core/thresholds.ts";
import type { Position, Prices } from "../../keeper/core/types.ts";
import { createRandom } from "../utils/random.ts";

/** What the thresholds stand for. */
function looksAt(b: Position, prices: Prices, budget: bigint, base: number, tickValue: bigint) {
  const { uLimit } = eligibility(b.lots > 0n, bankruptcyPriceAt(b, prices.funding), prices, base);
  const short = deficit(b, prices);
  const cover = short < budget ? short : budget;
  const unit = abs(b.lots) * tickValue;
  const tick = b.lots > 0n ? ceilDiv(bankruptcyCost(b) - cover, unit) : floorDiv(bankruptcyCost(b) + cover, unit);
  return { uLimit, tick };
}

test("property: beyond exactly where another cell is in profit at X, or another tick is within the limit", () => {
  const random = createRandom(17);
  const seen = { beyond: 0, edge: 0, tick: 0, within: 0 };
  for (let n = 0; n < 3_000; n++) {
    const isLong = random.chance(0.5);
    const side = isLong ? 1n : -1n;
    const size = BigInt(random.int(2, 400));
    const atoms = 100_000n + random.bits(17);
    const base = baseFor(atoms << 16n);
    const tickValue = BigInt(random.pick([1, 10, 1_000]));
    // X at an edge of an entry tick or at a tick of the book, but for an atom or two of K
    const edge = random.chance(0.5) ? entryPrice(entryTick(atoms << 16n, base), base) >> 16n : atoms;
    const at = random.chance(0.5) ? edge : (edge / tickValue) * tickValue;
    const k = at * size + side * BigInt(random.int(0, 2));
    const b: Position = { account: 1, lots: side * size, cost: k, margin: 0n, fundingIndex: 0n };
    const prices = { price: (at - (side * at) / 20n) << 16n, funding: 0n };
    const budget = random.chance(0.5) ? 0n : BigInt(random.int(1, 50)) * size;
    const lots = BigInt(random.int(1, Number(size) - 1));
    const payable = deficit(b, prices) < budget ? deficit(b, prices) : budget;
    const left = budget - (payable * lots) / size;
    const rest = takeShare(b, lots, shareRoundedOutward(b, lots)).rest;
    const [was, is] = [looksAt(b, prices, budget, base, tickValue), looksAt(rest, prices, left, base, tickValue)];
    const expected = was.uLimit !== is.uLimit || was.tick !== is.tick;
    const thresholds = thresholdsOf(b, prices, budget, { base, tickValue });
    assert.equal(isBeyond(thresholds, b, prices, budget), false);
    assert.equal(isBeyond(thresholds, rest, prices, left), expected, `${n}: K ${k} of ${b.lots}, ${lots} closed`);
    seen[expected ? "beyond" : "within"]++;
    if (was.uLimit !== is.uLimit) seen.edge++;
    if (was.tick !== is.tick) seen.tick++;
  }
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 50, `${what}: ${count}`);
});
