/**
 * The ADL queue: eligible counterparties in the order that the contract verifies, (score descending, cell ascending, FIFO).
 *
 * Only the head of it is ever needed, so the index is walked best cell first. Along v (nearer to bankruptcy first) scores of one u never rise,
 * because equity never falls and the division rounds down; from one u to the next gains never rise. So of each u only the next cell
 * competes, and a u whose gain over the least equity there can be does not reach the best waiting cell is not looked at yet.
 */
import { cellOf } from "./grid.ts";
import { abs } from "./integers.ts";
import { cellsOf, type MarketState } from "./marketState.ts";
import { equity, gain, type ScoreParameters } from "./score.ts";
import type { Entry } from "./types.ts";

export type RankedCounterparty = {
  readonly entry: Entry;
  /** 1 is first in line. */
  readonly rank: number;
  /** × 2^64. */
  readonly score: bigint;
};

export type RankLimits = {
  /** Stop when the entries listed hold this many lots. */
  readonly lots: bigint;
  /** Stop at this many entries. */
  readonly entries: number;
};

/** Below these, no intermediate value of a gain wraps, and gains fall along u: prices on the grid are below 2^(base + 17). */
const MONOTONE_PRICE = 1n << 80n;
const MONOTONE_BASE = 80;

/** The head of the queue, as long as the limits ask for; empty when nobody is eligible. */
export function rankCounterparties(
  state: MarketState,
  parameters: ScoreParameters,
  limits: RankLimits,
): RankedCounterparty[] {
  const ranked: RankedCounterparty[] = [];
  let covered = 0n;
  if (limits.lots <= 0n || limits.entries <= 0) return ranked;
  for (const { score, cell } of cellsByScore(state, parameters)) {
    for (const entry of cellsOf(state, parameters.isLong).get(cell) ?? []) {
      ranked.push({ entry, rank: ranked.length + 1, score });
      covered += abs(entry.lots);
      if (covered >= limits.lots || ranked.length >= limits.entries) return ranked;
    }
  }
  return ranked;
}

type Candidate = {
  readonly u: number;
  readonly v: number;
  readonly gain: bigint;
  readonly score: bigint;
  readonly cell: number;
};

/** Eligible cells that hold anybody, best first. */
function* cellsByScore(state: MarketState, parameters: ScoreParameters): Generator<Candidate> {
  const cells = cellsOf(state, parameters.isLong);
  const { uLimit, vMin } = parameters;
  const monotone = parameters.price < MONOTONE_PRICE && parameters.base < MONOTONE_BASE;
  const waiting: Candidate[] = [];
  const equities = new Map<number, bigint>();
  const equityAt = (v: number) => {
    const known = equities.get(v);
    if (known !== undefined) return known;
    const found = equity(parameters, v);
    equities.set(v, found);
    return found;
  };
  const least = equityAt(vMin);
  const offer = (u: number, from: number, gainAtU: bigint) => {
    const v = cells.nextVAt(u, from);
    if (v !== -1) push(waiting, { u, v, gain: gainAtU, score: gainAtU / equityAt(v), cell: cellOf(u, v) });
  };
  let u = cells.nextU(0);
  let nextGain = 0n;
  const isOpen = () => u !== -1 && u < uLimit;
  if (isOpen()) nextGain = gain(parameters, u);
  while (true) {
    // a later u can at most tie with a cell before it, and then comes after it
    while (isOpen() && (waiting[0] === undefined || !monotone || nextGain / least > waiting[0].score)) {
      offer(u, vMin, nextGain);
      u = cells.nextU(u + 1);
      if (isOpen()) nextGain = gain(parameters, u);
    }
    const best = pop(waiting);
    if (best === undefined) return;
    yield best;
    offer(best.u, best.v + 1, best.gain);
  }
}

function isBefore(a: Candidate, b: Candidate): boolean {
  return a.score === b.score ? a.cell < b.cell : a.score > b.score;
}

/** A binary heap, best on top. */
function push(heap: Candidate[], item: Candidate): void {
  let i = heap.length;
  heap.push(item);
  while (i > 0) {
    const parent = (i - 1) >> 1;
    const above = heap[parent] as Candidate;
    if (!isBefore(item, above)) break;
    heap[i] = above;
    i = parent;
  }
  heap[i] = item;
}

function pop(heap: Candidate[]): Candidate | undefined {
  const best = heap[0];
  const item = heap.pop();
  if (item === undefined || heap.length === 0) return best;
  let i = 0;
  for (let child = 1; child < heap.length; child = 2 * i + 1) {
    const right = heap[child + 1];
    if (right !== undefined && isBefore(right, heap[child] as Candidate)) child++;
    const below = heap[child] as Candidate;
    if (!isBefore(below, item)) break;
    heap[i] = below;
    i = child;
  }
  heap[i] = item;
  return best;
}
