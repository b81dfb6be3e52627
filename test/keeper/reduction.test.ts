import assert from "node:assert/strict";
import { test } from "node:test";
import { closeSize } from "../../keeper/core/closeSize.ts";
import type { MarketView } from "../../keeper/core/marketView.ts";
import { planMarket } from "../../keeper/core/planMarket.ts";
import { PARAMETERS, PRICES, position } from "./helpers/market.ts";
import { viewOf } from "./helpers/view.ts";

const thin = position(4, 100n, 60_000_000n, 1_000_000n);
const winner = (account: number, lots: bigint) => position(account, -lots, 90_000_000n, 9_000_000n);
const EMPTY = { bestBid: 0n, bestAsk: 0n };

const kindsOf = (view: MarketView, options = {}) => planMarket(view, options).plans.map(({ kind }) => kind);
const reasonsOf = (view: MarketView) => planMarket(view).skips.map(({ account, reason }) => [account, reason]);

test("behavior: the book first, as long as it takes anything", () => {
  const view = viewOf([thin, winner(3, 100n)], { preventiveLots: 50n });
  assert.deepEqual(kindsOf(view), ["liquidate"]);
});

test("behavior: an empty book is a reason to wait, unless the market is open for preventive closes", () => {
  const closed = viewOf([thin, winner(3, 100n)], { touch: EMPTY });
  assert.deepEqual(kindsOf(closed), []);
  assert.deepEqual(reasonsOf(closed), [[4, "the book cannot absorb it"]]);

  const open = viewOf([thin, winner(3, 100n)], { touch: EMPTY, preventiveLots: 50n });
  const [plan] = planMarket(open).plans;
  assert.ok(plan?.kind === "preventive");
  const wanted = closeSize(thin, PRICES, PARAMETERS, 40, 0n);
  assert.deepEqual([plan.account, plan.isLong, plan.expectedLots], [4, true, wanted < 50n ? wanted : 50n]);
});

test("behavior: as much as the allowance, the queue and the position leave", () => {
  const lotsOf = (view: MarketView, options = {}) => {
    const [plan] = planMarket(view, options).plans;
    return plan?.kind === "preventive" ? plan.expectedLots : undefined;
  };
  const wanted = closeSize(thin, PRICES, PARAMETERS, 40, 0n);
  assert.ok(wanted > 20n && wanted < 100n);
  const others = [winner(3, 10n), winner(5, 10n), winner(6, 80n)];
  const open = (preventiveLots: bigint) => viewOf([thin, ...others], { touch: EMPTY, preventiveLots });
  assert.equal(lotsOf(open(1_000n)), wanted);
  assert.equal(lotsOf(open(7n)), 7n, "the window's allowance");
  const first = lotsOf(open(1_000n), { maxCounterparties: 1 });
  assert.ok(first !== undefined && first < wanted && first % 10n === 0n, "the head of the queue");
});

test("behavior: without anybody in profit at the mark there is nobody to close against", () => {
  const loser = position(3, -100n, 50_000_000n, 19_000_000n);
  const view = viewOf([thin, loser], { touch: EMPTY, preventiveLots: 50n });
  assert.deepEqual(reasonsOf(view), [[4, "the book cannot absorb it, and no counterparty is in profit"]]);
});

test("behavior: a large position waits for its cooldown, a small one never", () => {
  const parameters = { ...PARAMETERS, largeNotional: 5_999_999_999n, stepRate: 250_000n, stepCooldown: 15n };
  const view = (now: bigint, lots = 100n) => {
    const market = viewOf([position(4, lots, 60_000_000n, 1_000_000n), winner(3, lots)], { parameters, now });
    market.state.steps.set(4, { began: 1_000n, closed: (lots + 2n) / 3n });
    return market;
  };
  assert.deepEqual(reasonsOf(view(1_014n)), [[4, "large: cooling down after a step"]]);
  const [plan] = planMarket(view(1_015n)).plans;
  assert.ok(plan?.kind === "liquidate" && plan.expectedLots === 25n);
  assert.deepEqual(kindsOf(view(1_001n, 99n)), ["liquidate"]);
});

test("behavior: a poke is for funding that has moved and that nobody accrued", () => {
  const healthy = [position(1, 10n, 60_000_000n, 20_000_000n), position(2, -10n, 60_000_000n, 20_000_000n)];
  const moved = { ok: true, ...PRICES, funding: 5n, accrued: 3n } as const;
  const view = (changes: Partial<MarketView>, accruedAt = 900n) => {
    const market = viewOf(healthy, { prices: moved, now: 945n, ...changes });
    market.state.accruedAt = accruedAt;
    return market;
  };
  const poke = { pokeSeconds: 45 };
  assert.deepEqual(planMarket(view({}), poke).plans, [{ kind: "poke", market: 1, idle: 45n, delta: 2n }]);
  assert.deepEqual(kindsOf(view({}, 901n), poke), [], "not so long ago");
  assert.deepEqual(kindsOf(view({ prices: { ...moved, funding: 3n } }), poke), [], "nothing to accrue");
  assert.deepEqual(kindsOf(view({}), { pokeSeconds: 0 }), [], "switched off");
  assert.deepEqual(kindsOf(view({ parameters: { ...PARAMETERS, fundingCap: 0n } }), poke), [], "no funding");
  assert.deepEqual(kindsOf(viewOf([], { prices: moved }), poke), [], "no positions");
  const busy = viewOf([...healthy, thin, winner(3, 100n)], { prices: moved, now: 945n });
  assert.deepEqual(kindsOf(busy, poke), ["liquidate"], "which accrues by itself");
});
