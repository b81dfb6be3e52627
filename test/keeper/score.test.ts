import assert from "node:assert/strict";
import { test } from "node:test";
import { eligibility } from "../../keeper/core/eligibility.ts";
import { MAX } from "../../keeper/core/grid.ts";
import { score } from "../../keeper/core/score.ts";
import { BASE, MARK, PRICES } from "./helpers/market.ts";
import { createRandom } from "./helpers/random.ts";

for (const bankruptIsLong of [true, false]) {
  test(`behavior: the score never grows with u or v against a bankrupt ${bankruptIsLong ? "long" : "short"}`, () => {
    const x = bankruptIsLong ? (MARK * 11n) / 10n : (MARK * 9n) / 10n;
    const region = eligibility(bankruptIsLong, x, PRICES, BASE);
    const random = createRandom(2);
    for (let i = 0; i < 3000; i++) {
      const u = random.below(region.uLimit - 1);
      const v = region.vMin + random.below(MAX - region.vMin);
      const here = score(region, u, v);
      assert.ok(here > 0n, "eligible cells are in profit");
      assert.ok(score(region, u + 1, v) <= here, `u ${u} v ${v}`);
      assert.ok(score(region, u, v + 1) <= here, `u ${u} v ${v}`);
    }
  });
}

test("behavior: nobody is in profit at a price of zero or below", () => {
  assert.equal(eligibility(false, 0n, PRICES, BASE).uLimit, 0);
  assert.equal(eligibility(true, -5n, PRICES, BASE).uLimit, 0);
});
