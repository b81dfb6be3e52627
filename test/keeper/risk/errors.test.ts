import assert from "node:assert/strict";
import { test } from "node:test";
import { createRiskMarket } from "../../../keeper/core/risk/createRiskMarket.ts";
import { hourlyVolatility } from "../../../keeper/core/risk/hourlyVolatility.ts";
import { RiskRangeError } from "../../../keeper/core/risk/RiskRangeError.ts";
import { totalRisk } from "../../../keeper/core/risk/totalRisk.ts";
import { createRandom } from "../helpers/random.ts";
import { randomBook } from "./helpers/randomBook.ts";

const input = randomBook(createRandom(5));
const p = { account: 1, lots: 1n, cost: 1n, margin: 1n, fundingIndex: 0n };

test("error: outside the exact range, with what and how much", () => {
  const market = createRiskMarket({ ...input, positions: [] });
  const expect = (act: () => unknown, message: RegExp) =>
    assert.throws(act, (error) => error instanceof RiskRangeError && message.test(error.message));
  expect(() => market.apply({ ...p, lots: 1n << 48n }), /Account 1 has 281474976710656 lots/);
  expect(() => market.apply({ ...p, cost: 1n << 80n }), /position of account 1 is worth/);
  expect(() => market.setPrices({ price: 0n, funding: 0n }), /mark of 0/);
  expect(() => market.setPrices({ price: 1n << 62n, funding: 0n }), /out of range/);
  expect(() => market.shortfall(-1_000_000n), /move of -1000000 pips leaves no price/);
  expect(() => market.predict(1n << 70n), /leaves the range of prices/);
});

test("behavior: a position too large for doubles is kept exactly", () => {
  const wide = { ...p, cost: (1n << 90n) + 3n, margin: (1n << 90n) - 5_000n };
  const prices = { ...input.prices, funding: 0n };
  const market = createRiskMarket({ ...input, prices, positions: [wide, { ...p, account: 2 }] });
  assert.equal(market.positionRisk(1)?.margin, wide.margin);
  // K = 5003 for one lot
  assert.equal(market.positionRisk(1)?.bankruptcyPrice, (5_003n << 16n) - 1n);
  assert.equal(market.exposure().longs.margin, wide.margin + 1n);
});

test("behavior: hourly volatility of the contract's variance", () => {
  // 1 % an hour is a variance of 1e-4/3600 a second
  assert.equal(hourlyVolatility(10n ** 14n / 3600n), 9_999n);
  assert.equal(hourlyVolatility(0n), 0n);
});

test("property: the total is the sum of the markets, under one fund", () => {
  const random = createRandom(6);
  for (let i = 0; i < 200; i++) {
    const markets = [createRiskMarket(randomBook(random)), createRiskMarket(randomBook(random))];
    const claim = random.bits(45);
    const total = totalRisk(markets, { claim });
    const caps = markets.reduce((sum, market) => sum + market.insurance(), 0n);
    const payable = claim > 1_000_000n ? claim - 1_000_000n : 0n;
    assert.equal(total.adequacy.insurance, payable < caps ? payable : caps);
    for (const { scenario, shortfall } of total.adequacy.scenarios) {
      assert.equal(
        shortfall,
        markets.reduce((sum, market) => sum + market.shortfall(scenario.move).total, 0n),
      );
    }
    const { worstShortfall, ratio, band, insurance } = total.adequacy;
    const weak = insurance < worstShortfall;
    const strong = insurance * 2n >= worstShortfall * 3n;
    assert.equal(band, worstShortfall === 0n || strong ? "strong" : weak ? "weak" : "adequate");
    assert.equal(ratio, worstShortfall === 0n ? undefined : (insurance * 1_000_000n) / worstShortfall);
    const shares = total.top.reduce((sum, { share }) => sum + share, 0n);
    assert.ok(shares <= 1_000_000n && total.concentration.top10 >= total.concentration.top5);
    assert.equal(
      total.positions,
      markets.reduce((sum, market) => sum + market.size(), 0),
    );
  }
});
