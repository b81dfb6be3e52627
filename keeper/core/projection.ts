/**
 * What the market will look like once the actions planned so far are carried out, so that two plans of one round do not count on the same
 * depth, the same counterparties or the same allowance. Runs on the risk engine's waterfall; `end` takes everything back.
 *
 * The fund is not counted on: a sweep that it pays for takes more of the book than is projected, and is planned anew afterwards.
 */
import { applyChange, undoChange } from "./applyChange.ts";
import { close } from "./closing.ts";
import { floorDiv } from "./integers.ts";
import type { MarketView } from "./marketView.ts";
import { settle } from "./position.ts";
import type { RankedCounterparty } from "./rankCounterparties.ts";
import { createPaperBook, type PaperBook } from "./risk/createPaperBook.ts";
import { predictDeleverage, type Waterfall } from "./risk/predictDeleverage.ts";
import type { Entry, Prices } from "./types.ts";

export type Projection = {
  /** What is left of the book; undefined while depth is not known. */
  readonly book: PaperBook | undefined;
  /** What is left of the window's preventive closes, lots. */
  readonly preventiveLots: () => bigint;
  /** A bankrupt position was planned to be deleveraged. */
  readonly deleverage: (entry: Entry) => void;
  /** Takes from the book what a forced close within the limit gets of it; returns the lots. */
  readonly fill: (sells: boolean, limit: bigint, lots: bigint) => bigint;
  /** A position was planned to be reduced at the mark against the head of the queue. */
  readonly reduceAtMark: (entry: Entry, lots: bigint, head: readonly RankedCounterparty[]) => void;
  /** A top-up was planned. */
  readonly topUp: (entry: Entry, amount: bigint) => void;
  /** Puts the state back to what it was. */
  readonly end: () => void;
};

const NO_DEPTH = { bids: [], asks: [] };

export function createProjection(view: MarketView, prices: Prices): Projection {
  const { state, parameters } = view;
  const book = createPaperBook(view.depth ?? NO_DEPTH, prices.price, parameters);
  const run: Waterfall = { state, parameters, prices, book, budget: 0n, undos: [] };
  let { preventiveLots } = view;

  /** Closes lots at the mark, with the result in the position's margin. */
  function closeAtMark(entry: Entry, lots: bigint): void {
    const { account, cost, margin, fundingIndex } = entry;
    const p = settle({ account, lots: entry.lots, cost, margin, fundingIndex }, prices.funding);
    run.undos.push(applyChange(state, close(p, lots, floorDiv(lots * prices.price, 1n << 16n))));
  }

  return {
    book: view.depth === undefined ? undefined : book,
    preventiveLots: () => preventiveLots,
    deleverage(entry) {
      predictDeleverage(run, entry);
    },
    fill(sells, limit, lots) {
      let filled = 0n;
      for (let level = book.best(sells, limit); level !== undefined && filled < lots; level = book.best(sells, limit)) {
        const taken = level.lots < lots - filled ? level.lots : lots - filled;
        book.take(sells, taken);
        filled += taken;
      }
      return filled;
    },
    reduceAtMark(entry, lots, head) {
      preventiveLots -= lots;
      let left = lots;
      for (const { entry: other } of head) {
        if (left === 0n) break;
        const size = other.lots < 0n ? -other.lots : other.lots;
        const taken = size < left ? size : left;
        closeAtMark(other, taken);
        left -= taken;
      }
      closeAtMark(entry, lots);
    },
    topUp({ account, lots, cost, margin, fundingIndex }, amount) {
      run.undos.push(applyChange(state, { account, lots, cost, margin: margin + amount, fundingIndex }));
    },
    end() {
      for (const undo of run.undos.splice(0).reverse()) undoChange(state, undo);
    },
  };
}
