import assert from "node:assert/strict";
import { test } from "node:test";
import { abs } from "../../../keeper/core/integers.ts";
import { bankruptcyThreshold } from "../../../keeper/core/risk/bankruptcyThreshold.ts";
import { createThresholds } from "../../../keeper/core/risk/createThresholds.ts";
import { liquidationThreshold } from "../../../keeper/core/risk/liquidationThreshold.ts";
import { settledCost } from "../../../keeper/core/risk/settledCost.ts";
import { tierLines } from "../../../keeper/core/risk/tierLines.ts";
import { createRandom } from "../helpers/random.ts";
import { judge, maintenanceX16 } from "./helpers/bruteForce.ts";
import { randomBook } from "./helpers/randomBook.ts";

test("property: at the threshold the contract's test is true, one X16 unit further inside it is false", () => {
  const random = createRandom(71);
  let checked = 0;
  for (let i = 0; i < 1_500; i++) {
    const input = randomBook(random);
    const lines = tierLines(input.parameters);
    for (const p of input.positions) {
      const isLong = p.lots > 0n;
      const inside = isLong ? 1n : -1n;
      const k = settledCost(p, input.prices.funding);
      const bankruptcy = bankruptcyThreshold(isLong, abs(p.lots), k);
      const liquidation = liquidationThreshold(isLong, abs(p.lots), k, lines);
      if (k > 0n) assert.ok(isLong ? liquidation >= bankruptcy : liquidation <= bankruptcy, "liquidation comes first");
      if (bankruptcy > 0n) {
        assert.ok(judge(input, p, bankruptcy).bankrupt, `book ${i}`);
        assert.ok(!judge(input, p, bankruptcy + inside).bankrupt, `book ${i}`);
      }
      if (liquidation > 0n) {
        assert.ok(judge(input, p, liquidation).belowMaintenance, `book ${i}`);
        const further = liquidation + inside;
        assert.ok(further <= 0n || !judge(input, p, further).belowMaintenance, `book ${i}`);
      }
      checked++;
    }
  }
  assert.ok(checked > 10_000, `${checked} positions`);
});

test("property: floating point says what bigint says, near and far from whole quotients", () => {
  const random = createRandom(72);
  let exact = 0;
  for (let i = 0; i < 40_000; i++) {
    const { parameters } = randomBook(random);
    const lines = tierLines(parameters);
    const fast = createThresholds(lines);
    const lots = 1n + random.bits(40);
    // every third K is a whole number of lots: the quotient is an integer
    const k = random.below(3) === 0 ? lots * (random.bits(20) + 1n) : random.bits(52);
    if (k > 1n << 52n) continue;
    for (const isLong of [true, false]) {
      const ask = () => {
        exact++;
        return k;
      };
      const b = fast.bankruptcy(isLong, Number(lots), Number(k), ask);
      assert.equal(BigInt(b), bankruptcyThreshold(isLong, lots, k), `case ${i}`);
      const l = fast.liquidation(isLong, Number(lots), Number(k), ask);
      assert.equal(BigInt(l), liquidationThreshold(isLong, lots, k, lines), `case ${i}`);
    }
  }
  assert.ok(exact > 0 && exact < 80_000, `bigint was needed ${exact} times of 160,000`);
});

test("property: the maintenance of marginal tiers is the maximum of their lines", () => {
  const random = createRandom(73);
  for (let i = 0; i < 5_000; i++) {
    const input = randomBook(random);
    const lots = 1n + random.bits(20);
    const most = tierLines(input.parameters)
      .map(({ rate, offset }) => lots * input.prices.price * rate - offset)
      .reduce((a, b) => (a > b ? a : b));
    assert.equal(most, maintenanceX16(lots, input.prices.price, input));
  }
});
