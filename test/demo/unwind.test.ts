import assert from "node:assert/strict";
import { test } from "node:test";
import { abs } from "../../keeper/core/integers.ts";
import type { Position } from "../../keeper/core/types.ts";
import { planUnwind } from "../../scripts/demo/closing/planUnwind.ts";
import { MARKET, x16 } from "./helpers/market.ts";

function position(account: number, lots: bigint, entry: number, margin: number): Position {
  return { account, lots, cost: abs(lots) * BigInt(entry * 100), margin: BigInt(margin * 1e6), fundingIndex: 0n };
}

test("default: shorts rest at the mark, longs take", () => {
  const orders = planUnwind(MARKET, x16(100_000), [
    position(1, 50n, 101_000, 200),
    position(2, -30n, 99_000, 200),
    position(3, -20n, 100_000, 200),
  ]);
  assert.deepEqual(
    orders.map(({ account, isBid, tick, lots, rests }) => [account, isBid, tick, lots, rests]),
    [
      [2, true, 1_000_000n, 30n, true],
      [3, true, 1_000_000n, 20n, true],
      [1, false, 1_000_000n, 50n, false],
    ],
  );
  assert.deepEqual(planUnwind(MARKET, x16(100_000), []), []);
});

test("behavior: who cannot bear the fee at the mark asks for more, and the strongest pays it", () => {
  // the long's equity is 0.10 dollars, its fee 0.45
  const weak = position(1, 100n, 101_000, 10.1);
  const orders = planUnwind(MARKET, x16(100_000), [
    weak,
    position(2, -60n, 100_000, 30),
    position(3, -40n, 100_000, 400),
  ]);
  const [ask, ...bids] = orders;
  assert.ok(ask !== undefined && ask.account === 1 && ask.rests && !ask.isBid && ask.tick > 1_000_000n);
  assert.deepEqual(
    bids.map(({ account, lots, isBid, rests }) => [account, lots, isBid, rests]),
    [
      [3, 40n, true, false],
      [2, 60n, true, false],
    ],
  );
  assert.ok(bids.every(({ tick }) => tick === ask.tick));
});

test("behavior: dust cannot rest, so it takes", () => {
  const market = { ...MARKET, minNotional: 1_000_000_000n };
  const dust = position(1, -2n, 100_000, 5);
  const orders = planUnwind(market, x16(100_000), [
    position(2, 500n, 100_000, 2_000),
    position(3, -498n, 100_000, 2_000),
    dust,
  ]);
  assert.deepEqual(
    orders.map(({ account, rests, isBid }) => [account, rests, isBid]),
    [
      [2, true, false],
      [1, false, true],
    ],
  );
});
