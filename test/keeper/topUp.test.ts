import assert from "node:assert/strict";
import { test } from "node:test";
import type { MarketView } from "../../keeper/core/marketView.ts";
import { planMarket } from "../../keeper/core/planMarket.ts";
import { topUpCandidates } from "../../keeper/core/planTopUps.ts";
import { topUpAmount } from "../../keeper/core/topUp.ts";
import { PARAMETERS, PRICES, position } from "./helpers/market.ts";
import { viewOf } from "./helpers/view.ts";

const USD = 1_000_000n;
/** 6,000 dollars of notional; initial margin is 300. */
const thin = position(4, 100n, 60_000_000n, 1_000_000n);
const order = { triggerRate: 20_000n, remaining: 1_000n * USD };

test("default: up to initial margin, below the trigger only", () => {
  assert.deepEqual(topUpAmount(thin, order, PRICES, PARAMETERS), { amount: 200n * USD, tip: USD / 5n });
  const at = (margin: bigint) => topUpAmount(position(4, 100n, 60_000_000n, margin), order, PRICES, PARAMETERS);
  assert.equal(at(1_200_000n), undefined, "at 2 % exactly");
  assert.equal(at(1_199_999n)?.amount, 300n * USD - 119_999_900n);
  assert.equal(topUpAmount(thin, { ...order, triggerRate: 0n }, PRICES, PARAMETERS), undefined, "withdrawn");
});

test("behavior: at least ten dollars, and the tip is at most one", () => {
  const small = position(4, 2n, 60_000_000n, 1_000_000n); // needs 6 dollars, has 2
  assert.deepEqual(topUpAmount(small, order, PRICES, PARAMETERS), { amount: 10n * USD, tip: 10_000n });
  const large = position(4, 1_000n, 60_000_000n, 1_000_000n);
  assert.deepEqual(topUpAmount(large, order, PRICES, PARAMETERS), { amount: 2_000n * USD, tip: USD });
});

test("behavior: funding owed counts against the position", () => {
  const prices = { ...PRICES, funding: 200_000n << 16n }; // 0.2 dollars a lot
  assert.equal(topUpAmount(thin, order, prices, PARAMETERS)?.amount, 220n * USD);
});

function viewWith(changes: Partial<MarketView> & { readonly free?: ReadonlyMap<number, bigint> }): MarketView {
  const view = viewOf([thin, position(9, -100n, 60_000_000n, 9_000_000n)], changes);
  view.state.topUps.set(4, order);
  return view;
}

test("behavior: topped up rather than liquidated, and paid for if we have another account", () => {
  const view = viewWith({ free: new Map([[4, 500n * USD]]) });
  assert.deepEqual(topUpCandidates(view.state, PRICES, PARAMETERS), [4]);
  const { plans, skips } = planMarket(view, { caller: 7 });
  const expected = { kind: "topUp", market: 1, account: 4, isLong: true, lots: 100n };
  assert.deepEqual(plans, [{ ...expected, amount: 200n * USD, tip: USD / 5n }]);
  assert.deepEqual(
    skips.map(({ account, reason }) => [account, reason]),
    [[4, "topped up first"]],
  );
  for (const caller of [0, 4]) {
    assert.deepEqual(planMarket(view, { caller }).plans, [{ ...expected, amount: 200n * USD, tip: 0n }]);
  }
});

test("behavior: where the order or the free collateral does not reach, the position is liquidated", () => {
  const short = viewWith({ free: new Map([[4, 200n * USD]]) });
  const kinds = (view: MarketView, caller: number) => planMarket(view, { caller }).plans.map(({ kind }) => kind);
  assert.deepEqual(kinds(short, 0), ["topUp"], "without a tip it reaches");
  assert.deepEqual(kinds(short, 7), ["liquidate"]);
  const used = viewWith({ free: new Map([[4, 500n * USD]]) });
  used.state.topUps.set(4, { ...order, remaining: 199n * USD });
  const { plans, skips } = planMarket(used);
  assert.deepEqual(
    plans.map(({ kind }) => kind),
    ["liquidate"],
  );
  assert.equal(skips[0]?.reason, "top-up beyond its order or the free collateral");
});

test("behavior: nobody is topped up while the market is insolvent; who is bankrupt by less than a cell is", () => {
  const bankrupt = position(1, 10n, 70_000_000n, 7_000_000n);
  const gated = viewOf([thin, bankrupt, position(9, -110n, 60_000_000n, 9_000_000n)], {
    free: new Map([[4, 500n * USD]]),
  });
  gated.state.topUps.set(4, order);
  assert.deepEqual(
    planMarket(gated).plans.map(({ kind }) => kind),
    ["deleverage"],
  );
  const edge = position(4, 100n, 60_000_000n, 0n);
  const prices = { ok: true, price: PRICES.price - 1n, funding: 0n, accrued: 0n } as const;
  const view = viewOf([edge, position(9, -100n, 60_000_000n, 9_000_000n)], {
    prices,
    free: new Map([[4, 500n * USD]]),
  });
  view.state.topUps.set(4, order);
  assert.deepEqual(
    planMarket(view).plans.map(({ kind }) => kind),
    ["topUp"],
  );
});
