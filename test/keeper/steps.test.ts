/** Steps of a large position's liquidation: what is left of one, for how long, and that a reorganisation takes it back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  applyEvent,
  type EventUndo,
  type MarketEvent,
  type MarketFact,
  undoEvent,
} from "../../keeper/core/applyEvent.ts";
import { closeSize, stepOf, stepSize } from "../../keeper/core/closeSize.ts";
import { MARK, marketOf, PARAMETERS, PRICES, position } from "./helpers/market.ts";

type Change = Extract<MarketFact, { kind: "position" | "marginRemoved" }>;
const LARGE = { ...PARAMETERS, largeNotional: 1_000_000_000n, stepRate: 250_000n, stepCooldown: 15n };
// 100 lots at 60 m: 6,000 m of notional; a fiftieth of margin is below maintenance
const thin = position(8, 100n, 60_000_000n, 1_200_000n);

/** A market in which account 8's liquidation closed `lots` of it at each second. */
function liquidated(...fills: [at: bigint, lots: bigint][]) {
  const state = marketOf([thin]);
  const undos: EventUndo[] = [];
  for (const [timestamp, lots] of fills) {
    const event: MarketEvent = {
      kind: "liquidated",
      account: 8,
      lots,
      price: MARK,
      timestamp,
      sequence: state.sequence + 1n,
      accrues: true,
    };
    const undo = applyEvent(state, event, LARGE);
    assert.ok(undo);
    undos.push(undo);
  }
  return { state, undos };
}
const left = (now: bigint, ...fills: [bigint, bigint][]) =>
  stepSize(thin, PRICES, LARGE, 8, stepOf(liquidated(...fills).state, 8, now, LARGE));

test("behavior: a quarter of a large position, all that the closed form wants of another", () => {
  assert.ok(closeSize(thin, PRICES, LARGE, 8) > 25n);
  assert.equal(left(1_000n), 25n);
  assert.equal(
    stepSize(thin, PRICES, PARAMETERS, 8, { began: 0n, closed: 0n }),
    closeSize(thin, PRICES, PARAMETERS, 8),
  );
});

test("behavior: what was filled of a step counts until its cooldown is over, to the second", () => {
  // thin is taken as what is open now: a quarter of 100 and what was closed of the step
  assert.equal(left(1_000n, [1_000n, 1n]), 25n); // ⌈101 / 4⌉ − 1
  assert.equal(left(1_014n, [1_000n, 20n]), 10n); // 120 / 4 − 20
  assert.equal(left(1_014n, [1_000n, 20n], [1_010n, 20n]), 0n); // 140 / 4 − 40
  assert.equal(left(1_015n, [1_000n, 20n], [1_010n, 20n]), 25n);
  // a fill after the cooldown begins a step of its own
  assert.equal(left(1_029n, [1_000n, 40n], [1_015n, 20n]), 10n);
});

test("behavior: undone with its block", () => {
  const { state, undos } = liquidated([1_000n, 20n], [1_010n, 5n]);
  const [first, second] = undos;
  assert.ok(first && second);
  undoEvent(state, second);
  assert.deepEqual(state.steps.get(8), { began: 1_000n, closed: 20n });
  undoEvent(state, first);
  assert.equal(state.steps.get(8), undefined);
});

test("behavior: a step ends with its position, and when that grows or gives margin back; undone with its block", () => {
  const changed = (lots: bigint): Change => ({ kind: "position", change: { ...thin, lots } });
  const cases: [Change, boolean][] = [
    [changed(40n), true], // reduced
    [changed(100n), true], // margin in, or funding
    [changed(101n), false],
    [changed(-40n), false],
    [changed(0n), false],
    [{ kind: "marginRemoved", account: 8 }, false],
    [{ kind: "marginRemoved", account: 9 }, true],
  ];
  for (const [fact, goesOn] of cases) {
    const { state } = liquidated([1_000n, 20n]);
    const event = { ...fact, timestamp: 1_005n, sequence: state.sequence + 1n, accrues: true };
    const undo = applyEvent(state, event, LARGE);
    assert.ok(undo);
    assert.equal(stepOf(state, 8, 1_006n, LARGE).closed, goesOn ? 20n : 0n);
    undoEvent(state, undo);
    assert.deepEqual(state.steps.get(8), { began: 1_000n, closed: 20n });
  }
});
