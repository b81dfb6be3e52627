import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeAbiParameters, encodeEventTopics, type Hex, type TransactionReceipt } from "viem";
import { exchangeAbi } from "../../keeper/chain/abi.ts";
import { applyEvent, type MarketFact, undoEvent } from "../../keeper/core/applyEvent.ts";
import type { MarketView } from "../../keeper/core/marketView.ts";
import type { TriggerPlan } from "../../keeper/core/plan.ts";
import { planKey } from "../../keeper/core/plan.ts";
import { planMarket } from "../../keeper/core/planMarket.ts";
import { isReached, type TriggerOrder } from "../../keeper/core/trigger.ts";
import { verifyEffect } from "../../keeper/exec/verifyEffect.ts";
import { marketOf, PARAMETERS, position } from "./helpers/market.ts";
import { viewOf } from "./helpers/view.ts";

/** The mark of helpers/view.ts is tick 6,000,000, its book 5,999,000 to 6,001,000. */
const MARK_TICK = 6_000_000n;
const stop: TriggerOrder = {
  id: 257,
  isStopLoss: true,
  closesLong: true,
  triggerTick: MARK_TICK,
  limitTick: 5_990_000n,
  lots: 40n,
  tip: 1_000_000n,
};
const long = position(4, 100n, 60_000_000n, 20_000_000n);
const short = position(9, -100n, 60_000_000n, 20_000_000n);

function planned(orders: readonly TriggerOrder[], changes: Partial<MarketView> = {}, caller = 7) {
  const view = viewOf([long, short], changes);
  view.state.triggers.set(4, orders);
  const { plans, skips } = planMarket(view, { caller });
  return {
    plans: plans as TriggerPlan[],
    skips: skips.map(({ account, reason, details }) => [account, reason, details]),
  };
}

test("default: a reached trigger is planned, with its part of the tip", () => {
  const { plans, skips } = planned([stop]);
  const common = { kind: "trigger", market: 1, account: 4, isLong: true, lots: 100n } as const;
  const expected = { ...common, trigger: 257, limit: 5_990_000n, expectedLots: 40n, tip: 1_000_000n };
  assert.deepEqual(plans, [expected]);
  assert.deepEqual(skips, []);
  assert.equal(planKey(plans[0] as TriggerPlan), "1:trigger:4:257");
  assert.equal(planned([{ ...stop, lots: 2n ** 40n - 1n }]).plans[0]?.expectedLots, 100n, "the whole position");
});

test("behavior: the way the mark has to move, exact at the tick", () => {
  const at = (isStopLoss: boolean, closesLong: boolean) =>
    [-1n, 0n, 1n].map((off) => {
      const price = ((MARK_TICK * PARAMETERS.tickValue) << 16n) + off;
      return isReached({ ...stop, isStopLoss, closesLong }, price, PARAMETERS);
    });
  assert.deepEqual(at(true, true), [true, true, false], "a long's stop-loss");
  assert.deepEqual(at(false, true), [false, true, true], "a long's take-profit");
  assert.deepEqual(at(true, false), [false, true, true], "a short's stop-loss");
  assert.deepEqual(at(false, false), [true, true, false], "a short's take-profit");
});

test("behavior: left alone, with a reason", () => {
  assert.deepEqual(planned([{ ...stop, triggerTick: MARK_TICK - 1n }]), { plans: [], skips: [] }, "not reached");
  assert.deepEqual(planned([{ ...stop, limitTick: 5_999_001n }]).skips, [
    [4, "the book cannot absorb it", "trigger 257"],
  ]);
  assert.deepEqual(planned([{ ...stop, isStopLoss: false, closesLong: false }]).skips, [
    [4, "the position of the trigger is gone", "trigger 257"],
  ]);
  const two = planned([stop, { ...stop, id: 258 }]);
  assert.deepEqual(
    two.plans.map(({ trigger }) => trigger),
    [257],
  );
  assert.deepEqual(two.skips, [[4, "changed by a plan before it", "trigger 258"]]);
});

test("behavior: what the book holds within the limit and the band; nothing of it twice", () => {
  const depth = (lots: bigint) => ({
    bids: [
      { tick: 5_999_000, lots },
      { tick: 5_989_999, lots: 50n },
    ],
    asks: [],
  });
  const { plans } = planned([stop], { depth: depth(10n) });
  assert.deepEqual([plans[0]?.fillLots, plans[0]?.tip], [10n, 250_000n], "a quarter");
  const far = {
    bids: [
      { tick: 5_999_000, lots: 10n },
      { tick: 5_600_000, lots: 50n },
    ],
    asks: [],
  };
  assert.equal(
    planned([{ ...stop, limitTick: 1n }], { depth: far }).plans[0]?.fillLots,
    10n,
    "5.6m is outside of the band",
  );
  const view = viewOf([long, short, position(5, 100n, 60_000_000n, 20_000_000n)], { depth: depth(10n) });
  view.state.triggers.set(4, [stop]);
  view.state.triggers.set(5, [stop]);
  const both = planMarket(view);
  assert.deepEqual(
    both.plans.map((plan) => "account" in plan && plan.account),
    [4],
  );
  assert.deepEqual(both.skips[0]?.reason, "the book is used up by positions that are worse");
});

test("behavior: the tip is at most a thousandth of what is closed, and none for our own or without an account", () => {
  assert.equal(planned([{ ...stop, lots: 1n }]).plans[0]?.tip, 60_000n);
  assert.equal(planned([stop], {}, 4).plans[0]?.tip, 0n);
  assert.equal(planned([stop], {}, 0).plans[0]?.tip, 0n);
});

test("behavior: an insolvent market comes first; who is liquidated is not triggered, too", () => {
  const bankrupt = position(1, 10n, 80_000_000n, 8_000_000n);
  const gated = viewOf([long, bankrupt, position(9, -110n, 60_000_000n, 20_000_000n)]);
  gated.state.triggers.set(4, [stop]);
  const { plans, skips } = planMarket(gated);
  assert.deepEqual(
    plans.map(({ kind }) => kind),
    ["deleverage"],
  );
  assert.equal(skips.find(({ account }) => account === 4)?.reason, "market insolvent: waiting for the waterfall");
  const thin = viewOf([position(4, 100n, 60_000_000n, 1_000_000n), short]);
  thin.state.triggers.set(4, [stop]);
  const result = planMarket(thin);
  assert.deepEqual(
    result.plans.map(({ kind }) => kind),
    ["liquidate"],
  );
  assert.equal(result.skips[0]?.reason, "changed by a plan before it");
});

test("behavior: events onto the state, and back", () => {
  const state = marketOf([long, short]);
  const apply = (fact: MarketFact) => {
    const undo = applyEvent(
      state,
      { ...fact, sequence: state.sequence + 1n, timestamp: 1n, accrues: false },
      PARAMETERS,
    );
    assert.ok(undo !== undefined);
    return undo;
  };
  const ids = () => state.triggers.get(4)?.map(({ id, lots, tip }) => [id, lots, tip]);
  const first = apply({ kind: "triggerPlaced", account: 4, trigger: { ...stop, id: 258 } });
  apply({ kind: "triggerPlaced", account: 4, trigger: stop });
  assert.deepEqual(ids(), [
    [257, 40n, 1_000_000n],
    [258, 40n, 1_000_000n],
  ]);
  const part = apply({ kind: "triggerLeft", account: 4, id: 257, lots: 30n, tip: 750_000n });
  assert.deepEqual(ids()?.[0], [257, 30n, 750_000n]);
  const gone = apply({ kind: "triggerLeft", account: 4, id: 257, lots: 0n, tip: 0n });
  assert.deepEqual(ids(), [[258, 40n, 1_000_000n]]);
  undoEvent(state, gone);
  undoEvent(state, part);
  assert.deepEqual(ids()?.[0], [257, 40n, 1_000_000n]);
  assert.deepEqual(
    apply({ kind: "triggerLeft", account: 5, id: 1, lots: 0n, tip: 0n }).triggers,
    undefined,
    "not known",
  );
  undoEvent(state, first);
  assert.equal(state.triggers.get(4), undefined);
});

test("behavior: the effect is our trigger's own event", () => {
  const [plan] = planned([stop]).plans;
  const exchange = "0x00000000000000000000000000000000000000e1";
  const receipt = (eventName: "TriggerExecuted" | "TriggerRemoved", id: bigint) => {
    const caller = "0x00000000000000000000000000000000000000c1" as const;
    const args = { market: 1n, account: 4n, ...(eventName === "TriggerExecuted" ? { caller } : {}) };
    const topics = encodeEventTopics({ abi: exchangeAbi, eventName, args } as never) as Hex[];
    const words = eventName === "TriggerExecuted" ? [id, 40n, 5n, 0n, 0n, 1n, 9n] : [id, 1n, 9n];
    const data = encodeAbiParameters(
      words.map(() => ({ type: "uint256" })),
      words,
    );
    return { logs: [{ address: exchange, topics, data }] } as unknown as TransactionReceipt;
  };
  assert.ok(plan !== undefined);
  assert.equal(verifyEffect(plan, exchange, receipt("TriggerExecuted", 257n))?.lots, 40n);
  assert.equal(verifyEffect(plan, exchange, receipt("TriggerExecuted", 258n)), undefined);
  assert.equal(verifyEffect(plan, exchange, receipt("TriggerRemoved", 257n))?.removedOrders, 1);
  assert.equal(verifyEffect(plan, exchange, receipt("TriggerRemoved", 258n)), undefined);
});
