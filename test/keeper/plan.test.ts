import assert from "node:assert/strict";
import { test } from "node:test";
import { pickBankrupt } from "../../keeper/core/pickBankrupt.ts";
import type { Plan } from "../../keeper/core/plan.ts";
import { planMarket } from "../../keeper/core/planMarket.ts";
import { bankruptcyPriceAt, isBankrupt } from "../../keeper/core/position.ts";
import { MARK, marketOf, PRICES, position } from "./helpers/market.ts";
import { viewOf } from "./helpers/view.ts";

const winner = (account: number, entry = 90_000_000n) => position(account, -10n, entry, 9_000_000n);
const levered = position(4, -10n, 90_000_000n, 5_000_000n);
const healthy = position(9, 10n, 60_000_000n, 20_000_000n);
const thin = position(8, 100n, 60_000_000n, 1_000_000n); // below maintenance, solvent
const bankrupt = position(1, 10n, 70_000_000n, 7_000_000n); // b = 63m
const worse = position(2, 10n, 80_000_000n, 8_000_000n); // b = 72m

const accountOf = (plan: Plan) => ("account" in plan ? plan.account : undefined);

test("behavior: nothing to do, with a reason", () => {
  assert.deepEqual(planMarket(viewOf([])).skips, [{ market: 1, reason: "no positions" }]);
  const near = position(7, 10n, 60_000_000n, 2_000_000n);
  assert.deepEqual(planMarket(viewOf([healthy, near])), { plans: [], skips: [] });
});

test("behavior: warns of who the next move would make bankrupt, nearest first, and of nobody else", () => {
  const at = (account: number, side: bigint, margin: bigint) => position(account, side * 10n, 60_000_000n, margin);
  const view = viewOf([at(1, 1n, 5_000_000n), at(2, 1n, 1_900_000n), at(3, -1n, 2_500_000n), at(4, 1n, 3_000_000n)]);
  const { warning } = planMarket(view, { warnMove: 50_000n });
  // five per cent of 60m are 3.0m: account 4 is then at zero, which is not bankrupt
  assert.equal(warning?.accounts, 2);
  assert.deepEqual(
    warning.nearest.map(({ account, isLong, lots, bankruptcyPrice }) => [account, isLong, lots, bankruptcyPrice]),
    [
      [2, true, 10n, (58_100_000n << 16n) - 1n],
      [3, false, 10n, (62_500_000n << 16n) + 1n],
    ],
  );
  assert.equal(planMarket(view, { warnMove: 30_000n }).warning, undefined, "account 2 is bankrupt after 3.17 %");
  assert.equal(planMarket(viewOf([bankrupt, winner(3)]), { warnMove: 1_000n }).warning, undefined, "bankrupt already");
});

test("behavior: without a price there is no plan", () => {
  const reason = "StalePrice(1, 4000, 3600)";
  const { plans, skips } = planMarket(viewOf([bankrupt, winner(3)], { prices: { ok: false, reason } }));
  assert.deepEqual(plans, []);
  assert.deepEqual(skips, [{ market: 1, reason: "price unavailable", details: reason }]);
});

test("behavior: below maintenance is liquidated, worst first", () => {
  const thinner = position(6, 100n, 60_000_000n, 900_000n);
  const { plans } = planMarket(viewOf([healthy, thin, thinner]));
  assert.deepEqual(
    plans.map((plan) => [plan.kind, accountOf(plan)]),
    [
      ["liquidate", 6],
      ["liquidate", 8],
    ],
  );
});

test("behavior: a bankrupt position stops liquidations, and is deleveraged against the best-ranked", () => {
  const { plans, skips } = planMarket(viewOf([bankrupt, thin, winner(3), levered, winner(5)]));
  assert.equal(plans.length, 1);
  const [plan] = plans;
  assert.ok(plan?.kind === "deleverage");
  assert.deepEqual([plan.account, plan.cause, plan.nominee, plan.lots], [1, "past", 0, 10n]);
  assert.equal(plan.price, 63_000_000n << 16n);
  assert.deepEqual(plan.counterparties, [4], "one winner covers ten lots");
  assert.deepEqual(
    skips.filter(({ reason }) => reason.startsWith("market insolvent")).map(({ account }) => account),
    [1, 8],
  );
});

test("behavior: the list is empty when nobody is in profit at X", () => {
  const { plans } = planMarket(viewOf([bankrupt, winner(3, 62_000_000n)]));
  assert.ok(plans[0]?.kind === "deleverage");
  assert.deepEqual(plans[0].counterparties, []);
});

test("behavior: maxCounterparties bounds the list, 0 leaves the pick to the contract", () => {
  const big = { ...bankrupt, lots: 1000n, cost: 70_000_000_000n, margin: 7_000_000_000n };
  const view = viewOf([big, ...Array.from({ length: 60 }, (_, i) => winner(i + 10))]);
  const count = (maxCounterparties: number) => {
    const plan = planMarket(view, { maxCounterparties }).plans[0];
    return plan?.kind === "deleverage" ? plan.counterparties.length : -1;
  };
  assert.deepEqual([count(0), count(7), count(1000)], [0, 7, 40]);
});

test("behavior: taken comes first, then the furthest past bankruptcy", () => {
  const state = marketOf([bankrupt, worse, winner(3), winner(4)]);
  assert.deepEqual(pick(0), [2, "past"]);
  assert.deepEqual(pick(1), [1, "taken"]);
  assert.deepEqual(pick(3), [2, "past"], "a solvent account is not taken any more");

  function pick(taken: number) {
    const found = pickBankrupt(state, PRICES, taken);
    return [found?.entry.account, found?.cause];
  }
});

test("behavior: a position in the cell of P' is nominated, and does not stop liquidations", () => {
  const edge = position(5, 10n, 60_000_000n, 0n);
  const prices = { price: MARK - 1n, funding: 0n };
  assert.ok(isBankrupt(edge, prices) && bankruptcyPriceAt(edge, 0n) === MARK);
  const { plans } = planMarket(viewOf([edge, thin, winner(3)], { prices: { ok: true, ...prices, accrued: 0n } }));
  assert.deepEqual(
    plans.map((plan) => [plan.kind, accountOf(plan)]),
    [
      ["deleverage", 5],
      ["liquidate", 8],
    ],
  );
  assert.ok(plans[0]?.kind === "deleverage" && plans[0].nominee === 5 && plans[0].cause === "boundary");
});

test("behavior: shorts mirror", () => {
  const short = position(1, -10n, 50_000_000n, 5_000_000n); // b = 55m
  const long = (account: number, entry: bigint) => position(account, 10n, entry, 3_000_000n);
  const { plans } = planMarket(viewOf([short, long(2, 40_000_000n), long(3, 30_000_000n), long(4, 58_000_000n)]));
  assert.ok(plans[0]?.kind === "deleverage");
  assert.deepEqual([plans[0].account, plans[0].price], [1, 55_000_000n << 16n]);
  assert.ok(!plans[0].counterparties.includes(4), "not in profit at X");
});

test("behavior: two liquidations of one round do not count on the same depth, and leave over what the book does not hold", () => {
  const thinner = position(6, 100n, 60_000_000n, 900_000n);
  const view = (lots: bigint) => {
    const depth = { bids: [{ tick: 5_999_000, lots }], asks: [] };
    return viewOf([thin, thinner], { depth });
  };
  const fills = (lots: bigint) => {
    const { plans, skips } = planMarket(view(lots));
    const liquidations = plans.map((plan) => (plan.kind === "liquidate" ? [plan.account, plan.fillLots] : plan.kind));
    return [liquidations, skips.map(({ account, reason }) => [account, reason])];
  };
  const both = planMarket(view(10_000n)).plans;
  const [first, second] = both.map((plan) => (plan.kind === "liquidate" ? plan.expectedLots : 0n)) as [bigint, bigint];
  assert.ok(first > 0n && second > 0n);
  const full = [
    [6, first],
    [8, second],
  ];
  assert.deepEqual(fills(first + second), [full, []]);
  const short = [
    [6, first],
    [8, 1n],
  ];
  assert.deepEqual(fills(first + 1n), [short, []]);
  const usedUp = [[8, "the book is used up by positions that are worse"]];
  assert.deepEqual(fills(first), [[[6, first]], usedUp]);
  assert.deepEqual(fills(first - 1n), [[[6, first - 1n]], usedUp]);
});

test("behavior: two preventive closes of one round share the allowance and the queue, and the state is left as it was", () => {
  const thinner = position(6, 100n, 60_000_000n, 900_000n);
  const queue = [winner(3), winner(5), winner(7)]; // ten lots each
  const view = (preventiveLots: bigint, others = queue) =>
    viewOf([thin, thinner, ...others], { touch: { bestBid: 0n, bestAsk: 0n }, preventiveLots });
  const lotsOf = (market: ReturnType<typeof viewOf>) =>
    planMarket(market).plans.map((plan) =>
      plan.kind === "preventive" ? [plan.account, plan.expectedLots] : plan.kind,
    );
  const market = view(1_000n);
  const before = [...market.state.positions.values()];
  const cells = [...market.state.shorts].map(([id, cell]) => [id, cell.map(({ account }) => account)]);
  assert.deepEqual(lotsOf(market), [[6, 30n]], "the first takes all thirty lots of the queue");
  assert.deepEqual([...market.state.positions.values()], before);
  assert.deepEqual(
    [...market.state.shorts].map(([id, cell]) => [id, cell.map(({ account }) => account)]),
    cells,
  );
  const deep = Array.from({ length: 20 }, (_, i) => winner(20 + i));
  const [wanted] = lotsOf(view(10_000n, deep)) as [[number, bigint]];
  assert.deepEqual(lotsOf(view(wanted[1] + 3n, deep)), [
    [6, wanted[1]],
    [8, 3n],
  ]);
});

test("behavior: positions of a market that has ended are paid out, so many a call, whatever its price says", () => {
  const many = Array.from({ length: 45 }, (_, i) =>
    position(45 - i, i % 2 === 0 ? 10n : -10n, 60_000_000n, 5_000_000n),
  );
  const ended = { retired: true, prices: { ok: false, reason: "MarketRetired(1)" } } as const;
  const [plan, ...others] = planMarket(viewOf([...many, bankrupt], ended)).plans;
  assert.ok(plan?.kind === "settle" && others.length === 0);
  assert.deepEqual(
    plan.accounts,
    [...Array(20).keys()].map((i) => i + 1),
  );
  assert.deepEqual(planMarket(viewOf([], ended)), { plans: [], skips: [{ market: 1, reason: "no positions" }] });
});
