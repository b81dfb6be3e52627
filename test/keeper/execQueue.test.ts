import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../keeper/core/plan.ts";
import { createQueue, type QueueParameters } from "../../keeper/exec/createQueue.ts";
import { viewOf } from "./helpers/view.ts";

const ADDRESS = `0x${"11".repeat(20)}` as const;
const liquidate = (market: number, account: number, lots = 10n): Plan => ({
  ...({
    kind: "liquidate",
    market,
    account,
    isLong: true,
    lots,
    equity: 5n,
    maintenance: 6n,
    expectedLots: 4n,
  } as const),
});
const deleverage = (market: number): Plan => ({
  ...({ kind: "deleverage", market, account: 1, isLong: true, lots: 10n, price: 5n } as const),
  ...({ cause: "past", nominee: 0, counterparties: [] } as const),
});

function setUp(parameters: Partial<QueueParameters> = {}) {
  let ms = 0;
  const queue = createQueue({
    address: ADDRESS,
    cooldownBlocks: 1,
    jitterMs: 0,
    markets: undefined,
    now: () => ms,
    ...parameters,
  });
  const offer = (number: number, plans: readonly Plan[]) => {
    const hash = `0x${number.toString(16).padStart(64, "0")}` as const;
    const block = { number: BigInt(number), hash, parentHash: hash, timestamp: 1n };
    const ids = [...new Set(plans.map(({ market }) => market))];
    const markets = ids.map((id) => {
      const view = viewOf([]);
      const mine = plans.filter(({ market }) => market === id);
      return { view: { ...view, parameters: { ...view.parameters, id } }, openInterest: 0n, skips: [], plans: mine };
    });
    queue.offer({ block, markets, missed: [] });
  };
  const taken = () => {
    const found: string[] = [];
    for (;;) {
      const { item } = queue.next();
      if (item === undefined) return found;
      found.push(`${item.plan.market} ${item.plan.kind}`);
    }
  };
  return { queue, offer, taken, pass: (by: number) => (ms += by) };
}

test("default: each piece of work once, markets whose gate is closed first", () => {
  const { offer, taken } = setUp();
  offer(1, [liquidate(1, 5), liquidate(1, 5), liquidate(1, 6), deleverage(2)]);
  assert.deepEqual(taken(), ["2 deleverage", "1 liquidate", "1 liquidate"]);
  assert.deepEqual(taken(), [], "not again at the same block");
});

test("behavior: only the markets of this keeper (sharding)", () => {
  const { offer, taken } = setUp({ markets: new Set([2]) });
  offer(1, [liquidate(1, 5), deleverage(2)]);
  assert.deepEqual(taken(), ["2 deleverage"]);
});

test("behavior: what is held does not keep the rest waiting", () => {
  const { queue, offer, taken } = setUp();
  queue.note(liquidate(1, 5), { kind: "unexpected", reason: "" }, { block: 1n, price: 0n });
  offer(1, [liquidate(1, 5), liquidate(1, 6)]);
  assert.deepEqual(taken(), ["1 liquidate"]);
  assert.equal(queue.quarantined().length, 1);
});

test("behavior: work is begun after a delay, drawn anew for each block, and at last in any case", () => {
  const { queue, offer, pass } = setUp({ jitterMs: 1_000 });
  offer(1, [liquidate(1, 5)]);
  const first = queue.next();
  assert.ok(first.item === undefined && first.dueMs !== undefined && first.dueMs > 0 && first.dueMs < 1_000);
  pass(1_000);
  assert.ok(queue.next().item !== undefined);
  const draws = new Set<number | undefined>();
  for (let block = 2; block < 6; block++) {
    offer(block, [liquidate(1, 5, 9n)]);
    const next = queue.next();
    if (next.item === undefined) draws.add(next.dueMs);
  }
  assert.ok(draws.size > 1);
  // blocks that come faster than delays end
  let begun = 0;
  for (let block = 6; block < 100 && begun === 0; block++) {
    pass(100);
    offer(block, [liquidate(1, 5, 9n)]);
    if (queue.next().item !== undefined) begun = block;
  }
  assert.ok(begun > 0);
});

test("behavior: R21: what is due near the end of a block waits for the next one, twice at most", () => {
  const { queue, offer, pass } = setUp({ jitterMs: 1, others: () => [] });
  // blocks of a second
  for (let block = 1; block < 6; block++) {
    offer(block, []);
    pass(1_000);
  }
  const begunAt = (block: number, after: number) => {
    offer(block, [liquidate(1, 5)]);
    pass(after);
    const begun = queue.next().item !== undefined;
    pass(1_000 - after);
    return begun;
  };
  assert.ok(begunAt(6, 600), "early enough");
  assert.deepEqual(
    [7, 8, 9, 10].map((block) => begunAt(block, 800)),
    [false, false, true, true],
    "late, late, and then all the same",
  );
  queue.began();
  assert.ok(!begunAt(11, 800), "what was sent ends the patience");
  offer(12, [liquidate(1, 5)]);
  pass(4_000);
  assert.ok(queue.next().item !== undefined, "a chain whose blocks do not come is not waited for");
});
