import assert from "node:assert/strict";
import { test } from "node:test";
import { marginHealth } from "../../keeper/core/marginHealth.ts";
import { isBankrupt } from "../../keeper/core/position.ts";
import { screenPositions } from "../../keeper/core/screenPositions.ts";
import type { MarketParameters, Position } from "../../keeper/core/types.ts";
import { MARK, marketOf, PARAMETERS, randomPosition } from "./helpers/market.ts";
import { createRandom } from "./helpers/random.ts";

const tier = (from: bigint, rate: bigint) => ({
  from,
  initialRate: 2n * rate,
  maintenanceRate: rate,
  targetRate: rate,
});
const TIERED: MarketParameters = { ...PARAMETERS, tiers: [tier(600_000_000n, 40_000n), tier(1_500_000_000n, 90_000n)] };

test("behavior: nobody below maintenance is left out, and nobody healthy by more than rounding is let in", () => {
  const random = createRandom(11);
  const seen = { below: 0, endangered: 0, edge: 0 };
  for (let round = 0; round < 150; round++) {
    const parameters = round % 2 === 0 ? PARAMETERS : TIERED;
    const price = (MARK * BigInt(random.below(120) + 40)) / 100n + BigInt(random.below(1 << 20));
    const prices = { price, funding: BigInt(random.below(4_000) - 2_000) << 14n };
    const positions: Position[] = Array.from({ length: 60 }, (_, i) => {
      const p = randomPosition(random, i + 1);
      // exactly at the line, or one atom off it
      return i % 3 === 0 ? { ...p, margin: p.margin + atLine(p) + BigInt(random.below(3) - 1) } : p;
      function atLine(q: Position): bigint {
        const { equityX16, maintenanceX16Pips } = marginHealth(q, prices, parameters);
        return (maintenanceX16Pips / 1_000_000n - equityX16) >> 16n;
      }
    });
    positions.push({ account: 99, lots: -(2n ** 57n) - 1n, cost: 2n ** 82n, margin: 2n ** 80n, fundingIndex: 5n });
    const state = marketOf(positions);
    const move = BigInt(random.below(200_000) + 1);
    const { below, endangered } = screenPositions(state.columns, prices, parameters, move);
    const found = new Set(below.map((row) => state.columns.account[row]));
    const risky = new Set(endangered.map((row) => state.columns.account[row]));
    const shift = (price * move) / 1_000_000n;
    for (const p of positions) {
      const { status, equityX16, maintenanceX16Pips } = marginHealth(p, prices, parameters);
      if (status !== "healthy") assert.ok(found.has(p.account), `round ${round}, account ${p.account}`);
      const over = equityX16 - maintenanceX16Pips / 1_000_000n;
      if (found.has(p.account) && status === "healthy") {
        seen.edge++;
        assert.ok(over >> 16n <= 4n || p.account === 99, `${over} over the line is not doubtful`);
      }
      if (status !== "healthy") seen.below++;
      const then = { price: p.lots > 0n ? price - shift : price + shift, funding: prices.funding };
      if (isBankrupt(p, prices) || !isBankrupt(p, then)) continue;
      seen.endangered++;
      assert.ok(risky.has(p.account), `round ${round}, account ${p.account} is endangered`);
    }
  }
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 50, `${what}: ${count}`);
});
