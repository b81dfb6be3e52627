import assert from "node:assert/strict";
import { test } from "node:test";
import { applyChange, type Undo, undoChange } from "../../keeper/core/applyChange.ts";
import { fromSnapshot, type LinkedPosition, SnapshotError } from "../../keeper/core/fromSnapshot.ts";
import { cellsOf, createMarketState, type MarketState } from "../../keeper/core/marketState.ts";
import type { Position } from "../../keeper/core/types.ts";
import { BASE, marketOf, position } from "./helpers/market.ts";
import { createRandom } from "./helpers/random.ts";

/** All that the state says, in a form to compare: values, cells, order. */
function dump(state: MarketState) {
  return [true, false].map((isLong) =>
    [...cellsOf(state, isLong)]
      .sort(([a], [b]) => a - b)
      .map(([id, cell]) => [id, cell.map(({ account, lots, cost, margin }) => [account, lots, cost, margin])]),
  );
}

const closed = (account: number): Position => ({ account, lots: 0n, cost: 0n, margin: 0n, fundingIndex: 0n });

/** Few prices, so that positions meet in cells. */
function randomChange(random: ReturnType<typeof createRandom>): Position {
  const account = random.below(12) + 1;
  const kind = random.below(5);
  if (kind === 0) return closed(account);
  const entry = 50_000_000n + BigInt(random.below(3)) * 5_000_000n;
  return position(account, kind < 3 ? 10n : -10n, entry, 4_000_000n + BigInt(random.below(2)) * 1_000_000n);
}

test("behavior: joining, staying, moving and leaving follow the contract's FIFO list", () => {
  const state = marketOf([1, 2, 3].map((account) => position(account, 10n, 50_000_000n, 5_000_000n)));
  const order = () => [...state.longs.values()].map((cell) => cell.map(({ account }) => account)).sort();
  assert.deepEqual(order(), [[1, 2, 3]]);

  applyChange(state, position(1, 20n, 50_000_000n, 5_000_000n)); // same cell: keeps its place
  assert.deepEqual(order(), [[1, 2, 3]]);
  applyChange(state, position(1, 20n, 50_000_000n, 9_000_000n)); // another cell
  assert.deepEqual(order(), [[1], [2, 3]]);
  applyChange(state, position(1, 20n, 50_000_000n, 5_000_000n)); // back: at the tail
  assert.deepEqual(order(), [[2, 3, 1]]);
  applyChange(state, closed(3));
  assert.deepEqual(order(), [[2, 1]]);
  applyChange(state, position(2, -20n, 50_000_000n, 5_000_000n)); // the other side
  assert.deepEqual(order(), [[1]]);
  assert.equal(state.shorts.size(), 1);
});

test("behavior: equals a list kept by hand, and undo restores every step", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = createRandom(seed);
    const state = createMarketState(BASE);
    const before: unknown[] = [];
    const undos: Undo[] = [];
    for (let i = 0; i < 120; i++) {
      before.push(dump(state));
      undos.push(applyChange(state, randomChange(random)));
      for (const isLong of [true, false]) {
        for (const [id, cell] of cellsOf(state, isLong)) {
          assert.ok(cell.length > 0, "no empty cells");
          for (const entry of cell.values()) {
            assert.deepEqual(state.positions.get(entry.account), entry);
            assert.ok(entry.cell === id && entry.isLong === isLong);
          }
        }
      }
    }
    // part of the way back, on again, and all the way back
    for (let i = 0; i < 60; i++) {
      undoChange(state, undos.pop() as Undo);
      assert.deepEqual(dump(state), before[undos.length], `seed ${seed}, step ${undos.length}`);
    }
    for (let i = 0; i < 40; i++) {
      before[undos.length] = dump(state);
      undos.push(applyChange(state, randomChange(random)));
    }
    while (undos.length > 0) {
      undoChange(state, undos.pop() as Undo);
      assert.deepEqual(dump(state), before[undos.length], `seed ${seed}, step ${undos.length}`);
    }
    assert.equal(state.positions.size, 0);
  }
});

/** Links as the contract keeps them: `next` of the last is the first, `prev` of the first is 0. */
function linked(state: MarketState): LinkedPosition[] {
  return [...state.longs.values(), ...state.shorts.values()].flatMap((members) => {
    return members.map(({ account, lots, cost, margin, fundingIndex }, i) => {
      const next = members[(i + 1) % members.length]?.account ?? 0;
      return { account, lots, cost, margin, fundingIndex, prev: members[i - 1]?.account ?? 0, next };
    });
  });
}

test("behavior: a snapshot restores the same state, whatever the order of its entries", () => {
  const random = createRandom(8);
  const state = createMarketState(BASE);
  for (let i = 0; i < 200; i++) applyChange(state, randomChange(random));
  const entries = linked(state).sort((a, b) => b.account - a.account);
  assert.deepEqual(dump(fromSnapshot(BASE, entries)), dump(state));
});

test("error: links that do not fit", () => {
  const entries = linked(marketOf([1, 2].map((account) => position(account, 10n, 50_000_000n, 5_000_000n))));
  const [first, second] = entries as [LinkedPosition, LinkedPosition];
  assert.throws(() => fromSnapshot(BASE, [first]), SnapshotError);
  assert.throws(() => fromSnapshot(BASE, [first, { ...second, prev: 0 }]), SnapshotError);
  assert.throws(() => fromSnapshot(BASE, [{ ...first, prev: 2 }, second]), SnapshotError);
  assert.throws(() => fromSnapshot(BASE, [first, { ...second, cost: second.cost * 2n }]), SnapshotError);
});
