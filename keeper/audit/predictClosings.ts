/**
 * What a deleveraging call must have done, computed from the state before it. Pure.
 *
 * One call: the bankrupt position is settled, swept through the book, and what is left of it is closed at its bankruptcy price X against
 * the head of the queue, each counterparty improved by its part of the cover (AutoDeleverage.sol, Counterparties.sol).
 */

import { close, deficit, shareRoundedOutward, takeShare } from "../core/closing.ts";
import { abs } from "../core/integers.ts";
import { bankruptcyPriceAt, settle } from "../core/position.ts";
import type { Entry, Position, Prices } from "../core/types.ts";

export type Fill = { readonly tick: bigint; readonly lots: bigint };

/** One fill of a bankrupt position in the book: what the price is worse than its share of K is drawn from the fund. */
export function sweepFill(
  p: Position,
  { tick, lots }: Fill,
  tickValue: bigint,
): { readonly rest: Position; readonly cover: bigint } {
  const notional = lots * tick * tickValue;
  const gap = (shareRoundedOutward(p, lots) - notional) * (p.lots > 0n ? 1n : -1n);
  const cover = gap > 0n ? gap : 0n;
  const rest = close(p, lots, notional);
  // closed in full, what is left over is paid out
  return {
    cover,
    rest: rest.lots === 0n ? { ...rest, cost: 0n, margin: 0n } : { ...rest, margin: rest.margin + cover },
  };
}

export type Closing = {
  /** With its funding settled. */
  readonly counterparty: Entry;
  readonly lots: bigint;
  /** n: quote atoms at which these lots change hands, before cover. */
  readonly traded: bigint;
  readonly cover: bigint;
  /** C: what the fund would pay for all of the bankrupt's open lots; the cover is this counterparty's part of it, rounded down. */
  readonly claim: bigint;
  readonly pnl: bigint;
  /** Before it is clamped at zero. */
  readonly pay: bigint;
  /** The counterparty afterwards; no lots when it was closed. */
  readonly rest: Position;
  /** The bankrupt position before and after. */
  readonly bankruptBefore: Position;
  readonly bankruptAfter: Position;
};

export type Prediction = {
  /** X of what the sweep left, X16. */
  readonly price: bigint;
  readonly closings: readonly Closing[];
  readonly bankrupt: Position;
};

/**
 * @param budget What the fund can still pay, quote atoms. @param queue In the order of the closes.
 * @param most Lots that are closed at most; all that are open when missing.
 */
export function predictClosings(
  bankrupt: Position,
  queue: readonly Entry[],
  budget: bigint,
  prices: Prices,
  most: bigint = abs(bankrupt.lots),
): Prediction {
  const price = bankruptcyPriceAt(bankrupt, prices.funding);
  const closings: Closing[] = [];
  let b = bankrupt;
  let left = budget;
  let toClose = most;
  for (const entry of queue) {
    if (b.lots === 0n || toClose === 0n) break;
    const counterparty: Entry = { ...entry, ...settle(entry, prices.funding) };
    const open = abs(b.lots);
    const size = abs(counterparty.lots);
    const whole = size < open ? size : open;
    const lots = whole < toClose ? whole : toClose;
    const short = deficit(b, prices);
    const claim = short < left ? short : left;
    const cover = (claim * lots) / open;
    const traded = shareRoundedOutward(b, lots);
    const share = shareRoundedOutward(counterparty, lots);
    const after = takeShare(b, lots, traded).rest;
    const { rest, cost } = takeShare(counterparty, lots, share);
    const isLong = counterparty.lots > 0n;
    closings.push({
      counterparty,
      lots,
      traded,
      cover,
      claim,
      pnl: cover + (isLong ? traded - cost : cost - traded),
      pay: cover + (isLong ? traded - share : share - traded),
      rest,
      bankruptBefore: b,
      bankruptAfter: after,
    });
    left -= cover;
    toClose -= lots;
    b = after;
  }
  return { price, closings, bankrupt: b };
}
