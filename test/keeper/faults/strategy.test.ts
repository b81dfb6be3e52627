/**
 * Markets that are made to keep a keeper busy: prices that flicker, dust that stands before what matters, and many of everything.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { applyChange } from "../../../keeper/core/applyChange.ts";
import { applyEvent, undoEvent } from "../../../keeper/core/applyEvent.ts";
import { eligibility } from "../../../keeper/core/eligibility.ts";
import { fromSnapshot, type LinkedPosition } from "../../../keeper/core/fromSnapshot.ts";
import { cellsOf, type MarketState } from "../../../keeper/core/marketState.ts";
import { planMarket } from "../../../keeper/core/planMarket.ts";
import { rankCounterparties } from "../../../keeper/core/rankCounterparties.ts";
import type { Position } from "../../../keeper/core/types.ts";
import { readPlan, writePlan } from "../../../keeper/db/planJson.ts";
import { toJson } from "../../../keeper/ops/toJson.ts";
import { BASE, MARK, marketOf, PARAMETERS, position, randomPosition } from "../helpers/market.ts";
import { createRandom } from "../helpers/random.ts";
import { viewOf } from "../helpers/view.ts";
import { createFleet } from "./helpers/createFleet.ts";
import { createNode } from "./helpers/createNode.ts";

/** A lot is worth 60 dollars. */
const DOLLAR = 1_000_000n;

test("behavior: R24: a price that crosses the line every block: not a transaction a crossing, and nobody else waits", async () => {
  // 1 s, 2 s and 12 s blocks: what holds a plan back must not depend on how long they are
  for (const lookMs of [500, 1_000, 6_000]) {
    let [below, settled] = [false, false];
    // due at every other block; when the call is mined the price is back
    const node = createNode({ behaviour: (account) => (account === 1 && !settled ? "revert" : "works") });
    const work = new Set<number>();
    const eligible = () => {
      const done = node.done();
      return [...work].filter((account) => !done.has(account) && (account !== 1 || below || settled));
    };
    const fleet = createFleet(node, eligible, { lookMs });
    node.mine(3);
    work.add(1);
    for (let i = 0; i < 120; i++) {
      below = i % 2 === 0;
      if (i % 12 === 0) work.add(10 + i);
      await fleet.block();
    }
    assert.equal(node.done().size, 10, "everybody else is served");
    const wasted = node.minedTxs().filter(({ ok }) => !ok).length;
    assert.ok(wasted > 0 && wasted <= 8, `${lookMs} ms: ${wasted} transactions for nothing in 60 crossings`);
    settled = true;
    for (let i = 0; i < 80; i++) await fleet.block();
    assert.equal(node.done().size, 11, "and done when the price stays");
    fleet.check();
    fleet.close();
  }
});

test("behavior: R27: ten thousand liquidations of dust do not stand before the one that matters", () => {
  // nearer to bankruptcy than the real one, all of them
  const dust = Array.from({ length: 10_000 }, (_, i) => position(i + 2, 1n, 60_000_000n, 1_100_000n));
  const real = position(1, 50_000n, 60_000_000n, 1_200_000n);
  const shorts = [position(20_000, -60_000n, 60_000_000n, 30_000_000n)];
  const depth = { bids: [{ tick: 5_999_000n, lots: 100_000n }], asks: [] };
  const { plans } = planMarket(viewOf([...dust, real, ...shorts], { depth } as never));
  const first = plans[0];
  assert.ok(first !== undefined && first.kind === "liquidate");
  assert.equal(first.account, 1, "whoever lacks most comes first, not whoever lacks most of his own margin");
  assert.ok(plans.length > 9_000, "the dust is served, too, afterwards");
});

test("behavior: R27: ten thousand counterparties of dust before the real one: as many calls as their number allows, and no more", () => {
  const dust = Array.from({ length: 10_000 }, (_, i) => position(i + 2, -1n, 68_000_000n, 4_000_000n));
  const real = position(20_000, -50_000n, 67_000_000n, 5_000_000n);
  // bankrupt at 60: bought at 70 with a margin of 4
  const bankrupt = position(1, 40_000n, 70_000_000n, 4_000_000n);
  const state = marketOf([...dust, real, bankrupt]);
  let calls = 0;
  let before = state.positions.size;
  for (;;) {
    const view = { ...viewOf([]), state };
    const [plan] = planMarket(view, { maxCounterparties: 40 }).plans;
    if (plan?.kind !== "deleverage") break;
    assert.equal(plan.account, 1);
    assert.ok(plan.counterparties.length > 0 && plan.counterparties.length <= 40);
    calls++;
    // what the contract does with the list
    let left = plan.lots;
    for (const account of plan.counterparties) {
      const p = state.positions.get(account) ?? assert.fail();
      const size = -p.lots < left ? -p.lots : left;
      applyChange(state, shrunk(p, size));
      left -= size;
    }
    applyChange(state, shrunk(state.positions.get(1) ?? assert.fail(), plan.lots - left));
    assert.ok(state.positions.size < before, "every call closes somebody");
    before = state.positions.size;
  }
  assert.equal(calls, 251, "10,000 a 40 a call, and the real one");
  assert.equal(state.positions.get(1), undefined);
});

function shrunk(p: Position, by: bigint): Position {
  const size = p.lots < 0n ? -p.lots : p.lots;
  const left = size - by;
  if (left === 0n) return { account: p.account, lots: 0n, cost: 0n, margin: 0n, fundingIndex: 0n };
  const { account, fundingIndex } = p;
  return {
    account,
    lots: p.lots < 0n ? -left : left,
    cost: (p.cost * left) / size,
    margin: (p.margin * left) / size,
    fundingIndex,
  };
}

const POSITIONS = 100_000;
const EVENTS = 1_000;
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** `LOAD_BLOCKS=10000` for the whole of R31. */
const BLOCKS = Number(process.env["LOAD_BLOCKS"] ?? 400);

test(`behavior: R31 I8: ${POSITIONS} positions, ${EVENTS} events a block, ${BLOCKS} blocks: quick, and memory stays flat`, (t) => {
  const random = createRandom(31);
  const draw = (account: number) => {
    const lots = BigInt(random.below(50) + 1) * (account % 2 === 0 ? -1n : 1n);
    return position(account, lots, BigInt(50 + random.below(20)) * DOLLAR, BigInt(15 + random.below(30)) * DOLLAR);
  };
  const state = marketOf(Array.from({ length: POSITIONS }, (_, i) => draw(i + 1)));
  let sequence = 0n;
  state.sequence = sequence;
  // as many blocks back as the follower keeps
  const undos: (() => void)[][] = [];
  const [ranks, heap]: [number[], number[]] = [[], []];
  for (let block = 0; block < BLOCKS; block++) {
    const undo: (() => void)[] = [];
    for (let i = 0; i < EVENTS; i++) {
      const fact = { kind: "position", change: draw(random.below(POSITIONS) + 1) } as const;
      const event = { ...fact, sequence: ++sequence, timestamp: BigInt(block), accrues: false };
      const one = applyEvent(state, event, PARAMETERS) ?? assert.fail();
      undo.push(() => undoEvent(state, one));
    }
    undos.push(undo);
    if (undos.length > 128) undos.shift();
    const price = (MARK * BigInt(9_800 + random.below(400))) / 10_000n;
    const region = eligibility(block % 2 === 0, price, { price, funding: 0n }, BASE);
    const start = performance.now();
    rankCounterparties(state, region, { lots: 1n << 60n, entries: 100 });
    ranks.push(performance.now() - start);
    if (block % 10 !== 9) continue;
    collect();
    heap.push(process.memoryUsage().heapUsed / 2 ** 20);
  }
  const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  const quarter = Math.floor(heap.length / 4);
  const [second, last] = [median(heap.slice(quarter, 2 * quarter)), median(heap.slice(3 * quarter))];
  const p99 = ranks.toSorted((a, b) => a - b)[Math.floor(ranks.length * 0.99)] ?? 0;
  t.diagnostic(`rank p99 ${p99.toFixed(2)} ms; heap ${second.toFixed(0)} MB, then ${last.toFixed(0)} MB`);
  assert.ok(p99 < 50, `rank p99 ${p99} ms`);
  assert.ok(last < 1.1 * second, `heap grew from ${second} to ${last} MB`);
  assert.equal(state.positions.size, POSITIONS);
});

test("behavior: R39: the same state gives the same plan, byte by byte, whatever way it came about and whatever is journalled", () => {
  let plansSeen = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const random = createRandom(seed);
    const lived = marketOf([]);
    const events: { readonly change: Position }[] = [];
    let sequence = 0n;
    for (let block = 0; block < 30; block++) {
      const undos: ReturnType<typeof applyEvent>[] = [];
      const changes = Array.from({ length: random.below(6) }, () => randomPosition(random, random.below(25) + 1));
      for (const change of changes) {
        const event = { kind: "position", change, sequence: ++sequence, timestamp: 1n, accrues: false } as const;
        undos.push(applyEvent(lived, event, PARAMETERS));
      }
      // a reorganisation takes the block back
      if (random.below(3) === 0) {
        for (const undo of undos.toReversed()) undoEvent(lived, undo ?? assert.fail());
        sequence -= BigInt(undos.length);
      } else events.push(...changes.map((change) => ({ change })));
    }
    const replayed = marketOf(events.map(({ change }) => change));
    const read = fromSnapshot(BASE, linked(lived));
    const digests = [lived, replayed, read].map((state) => {
      const view = { ...viewOf([]), state };
      const plan = planMarket(view, { maxCounterparties: 40, warnMove: 20_000n });
      plansSeen += plan.plans.length;
      for (const one of plan.plans) assert.deepEqual(readPlan(writePlan(one)), one, "the journal gives it back");
      return createHash("sha256")
        .update(toJson(plan) ?? "")
        .digest("hex");
    });
    assert.equal(new Set(digests).size, 1, `seed ${seed}: ${digests}`);
  }
  assert.ok(plansSeen > 100);
});

/** As the Lens tells the lists of the cells. */
function linked(state: MarketState): LinkedPosition[] {
  return [true, false].flatMap((isLong) =>
    [...cellsOf(state, isLong).values()].flatMap((members) =>
      members.map(({ account, lots, cost, margin, fundingIndex }, i): LinkedPosition => {
        const [prev, next] = [members[i - 1]?.account ?? 0, members[(i + 1) % members.length]?.account ?? 0];
        return { account, lots, cost, margin, fundingIndex, prev, next };
      }),
    ),
  );
}
