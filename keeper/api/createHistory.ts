/**
 * What happened since this process began to look, in bounded memory: records of each market's clearing, its prices, and every change of a
 * position with what it replaced, so that the positions before a deleveraging call can be put together again.
 *
 * Invariants. `state` is the positions after the last block taken in, by a reducer of its own: undoing `changes` from the end gives the
 * state before each. What a reorganisation takes back is taken out of all lists. A snapshot of the follower means that events may have
 * been missed: then nothing older is kept.
 */
import type { BlockRef } from "../chain/connect.ts";
import { positionChangeOf } from "../chain/positionChangeOf.ts";
import { applyChange, type Undo, undoChange } from "../core/applyChange.ts";
import type { MarketState } from "../core/marketState.ts";
import type { MarketId, Position, RankPolicy } from "../core/types.ts";
import type { Advance } from "../state/createFollower.ts";
import { tipOf } from "../state/world.ts";
import { copyState } from "./copyState.ts";
import { createRecorder, type Recorder } from "./createRecorder.ts";
import type { HistoryRecord } from "./record.ts";

export type PricePoint = { readonly block: BlockRef; readonly price: bigint };
export type RecordedChange = { readonly block: BlockRef; readonly sequence: bigint; readonly change: Position };

/** The positions at the end of a block. */
export type StateBefore = {
  /** The block's own hash: `block.parentHash` of the block asked about. */
  readonly hash: string;
  readonly state: MarketState;
  /** What changed after that, up to the event asked about, in order. */
  readonly changes: readonly RecordedChange[];
};

export type History = {
  readonly onAdvance: (advance: Advance) => void;
  /** What was read at the newest block: the mark if it is usable, and F as stored. X16. */
  readonly onReading: (market: MarketId, block: BlockRef, price: bigint | undefined, funding: bigint) => void;
  /** Oldest first. */
  readonly records: (market: MarketId) => readonly HistoryRecord[];
  /** Of this block and older ones, not all records are kept. */
  readonly recordsForgotten: (market: MarketId) => bigint;
  readonly prices: (market: MarketId) => readonly PricePoint[];
  /** The block at which the recording began. */
  readonly since: () => BlockRef | undefined;
  /** Undefined when changes since then are no longer kept. */
  readonly before: (market: MarketId, block: BlockRef, sequence: bigint) => StateBefore | undefined;
};

export type HistoryLimits = { readonly records: number; readonly prices: number; readonly changes: number };
type Change = RecordedChange & { readonly undo: Undo };
type Policy = { readonly block: bigint; readonly rankPolicy: RankPolicy };
type Funding = { readonly block: bigint; readonly index: bigint };
type MarketHistory = {
  readonly state: MarketState;
  readonly recorder: Recorder;
  records: HistoryRecord[];
  prices: PricePoint[];
  changes: Change[];
  fundings: Funding[];
  /** Never empty: the first is the one at the beginning. */
  policies: Policy[];
  /** Changes of this block and older ones are not all kept. */
  forgotten: bigint;
  /** The same for records. */
  recordsForgotten: bigint;
};

/** A market. A change is about 300 bytes, a record about 1 kB. */
export const LIMITS: HistoryLimits = { records: 5_000, prices: 20_000, changes: 100_000 };

export function createHistory(limits: HistoryLimits = LIMITS): History {
  let markets = new Map<MarketId, MarketHistory>();
  let begin: BlockRef | undefined;

  function onAdvance(advance: Advance): void {
    if (begin === undefined || advance.snapshot) {
      startOver(advance);
      return;
    }
    // a block may have been applied and taken back in one advance: of a height, the last one counts
    const heights = new Map(advance.blocks.map((block) => [block.number, block]));
    const first = [...heights.keys()].reduce((a, b) => (a < b ? a : b), tipOf(advance.world).number + 1n);
    if (advance.rolledBack > 0 && !rollBackTo(first)) {
      startOver(advance);
      return;
    }
    const blocks = new Map([...heights.values()].map((block) => [block.hash, block]));
    for (const event of advance.events) {
      const block = blocks.get(event.blockHash);
      const market = "market" in event.args ? markets.get(Number(event.args.market)) : undefined;
      if (block === undefined || market === undefined) continue;
      if (event.eventName === "FundingAccrued") note(market, block.number, event.args.fundingIndex);
      if (event.eventName === "MarketConfigured") {
        const rankPolicy = event.args.config.rankPolicy === 1 ? "leverageWaterfill" : "pnlLeverage";
        market.policies.push({ block: block.number, rankPolicy });
      }
      const { rankPolicy } = market.policies.at(-1) as Policy;
      const record = market.recorder.take(event, block, { funding: market.fundings.at(-1)?.index, rankPolicy });
      if (record !== undefined) market.records.push(record);
      const change = positionChangeOf(event);
      if (change === undefined || !("sequence" in event.args)) continue;
      const { sequence } = event.args;
      market.changes.push({ block, sequence, change, undo: applyChange(market.state, change) });
    }
    for (const market of markets.values()) forget(market);
  }

  function startOver({ world }: Advance): void {
    begin = tipOf(world);
    const forgotten = begin.number;
    markets = new Map(
      [...world.markets].map(([id, { state, parameters }]) => {
        const policies = [{ block: forgotten, rankPolicy: parameters.rankPolicy }];
        const lists = { records: [], prices: [], changes: [], fundings: [], policies };
        return [
          id,
          { state: copyState(state), recorder: createRecorder(), forgotten, recordsForgotten: forgotten, ...lists },
        ];
      }),
    );
  }

  /** Takes back this block and all after it. False when they are no longer kept. */
  function rollBackTo(first: bigint): boolean {
    for (const market of markets.values()) {
      if (first <= market.forgotten) return false;
      for (let last = market.changes.at(-1); last !== undefined && last.block.number >= first; ) {
        undoChange(market.state, last.undo);
        market.changes.pop();
        last = market.changes.at(-1);
      }
      market.records = market.records.filter(({ block }) => block.number < first);
      market.prices = market.prices.filter(({ block }) => block.number < first);
      market.fundings = market.fundings.filter(({ block }) => block < first);
      market.policies = market.policies.filter(({ block }) => block < first);
    }
    return true;
  }

  function forget(market: MarketHistory): void {
    // in tenths, so that shifting a long list is rare
    if (market.records.length > limits.records * 1.1) {
      const dropped = market.records.splice(0, market.records.length - limits.records);
      market.recordsForgotten = dropped.at(-1)?.block.number ?? market.recordsForgotten;
    }
    if (market.changes.length <= limits.changes * 1.1) return;
    const dropped = market.changes.splice(0, market.changes.length - limits.changes);
    market.forgotten = dropped.at(-1)?.block.number ?? market.forgotten;
  }

  return {
    onAdvance,
    onReading(id, block, price, funding) {
      const market = markets.get(id);
      if (market === undefined) return;
      note(market, block.number, funding);
      if (price === undefined || market.prices.at(-1)?.block.hash === block.hash) return;
      market.prices.push({ block, price });
      if (market.prices.length > limits.prices * 1.1) market.prices = market.prices.slice(-limits.prices);
    },
    records: (id) => markets.get(id)?.records ?? [],
    recordsForgotten: (id) => markets.get(id)?.recordsForgotten ?? 0n,
    prices: (id) => markets.get(id)?.prices ?? [],
    since: () => begin,
    before(id, block, sequence) {
      const market = markets.get(id);
      if (market === undefined || block.number <= market.forgotten) return undefined;
      const state = copyState(market.state);
      const changes: RecordedChange[] = [];
      for (let i = market.changes.length - 1; i >= 0; i--) {
        const { undo, ...recorded } = market.changes[i] as Change;
        if (recorded.block.number < block.number) break;
        undoChange(state, undo);
        if (recorded.block.number === block.number && recorded.sequence < sequence) changes.unshift(recorded);
      }
      return { hash: block.parentHash, state, changes };
    },
  };
}

/** Only the newest index is ever used; what is older is kept for reorganisations. */
function note(market: MarketHistory, block: bigint, index: bigint): void {
  if (market.fundings.at(-1)?.index === index) return;
  market.fundings.push({ block, index });
  if (market.fundings.length > 512) market.fundings = market.fundings.slice(-256);
}
