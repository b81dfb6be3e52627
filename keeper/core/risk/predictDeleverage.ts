/**
 * Stages 2 to 4 for one bankrupt position, as the contract would run them to the end (AutoDeleverage.sol): the book within the limit, then
 * counterparties in profit by rank, then the opposing side by bankruptcy price. The result does not depend on how it is cut into calls.
 */
import { applyChange, type Undo } from "../applyChange.ts";
import { bankruptcyCost, close, deficit, shareRoundedOutward, takeShare } from "../closing.ts";
import { eligibility } from "../eligibility.ts";
import { fillWater } from "../fillWater.ts";
import { cellOf } from "../grid.ts";
import { abs, ceilDiv, floorDiv } from "../integers.ts";
import { cellsOf, type MarketState } from "../marketState.ts";
import { bankruptcyPriceAt, isBankrupt, settle } from "../position.ts";
import { rankByLeverage } from "../rankByLeverage.ts";
import { rankCounterparties } from "../rankCounterparties.ts";
import type { ScoreParameters } from "../score.ts";
import type { Entry, Position, Prices } from "../types.ts";
import { slippageTick } from "./createDepthCurve.ts";
import type { PaperBook } from "./createPaperBook.ts";
import type { PredictedCounterparty, PredictedDeleverage, RiskParameters } from "./types.ts";

export type Waterfall = {
  readonly state: MarketState;
  readonly parameters: RiskParameters;
  readonly prices: Prices;
  readonly book: PaperBook;
  /** What the fund can still pay. */
  budget: bigint;
  /** Changes made to the state, to be undone in reverse. */
  readonly undos: Undo[];
};

export function predictDeleverage(run: Waterfall, entry: Entry): PredictedDeleverage {
  const { state, prices } = run;
  const before = run.budget;
  const isLong = entry.lots > 0n;
  let p: Position = settle(positionOf(entry), prices.funding);
  p = sweep(run, p);
  const sweptLots = abs(entry.lots) - abs(p.lots);
  const price = p.lots === 0n ? bankruptcyPriceAt(entry, prices.funding) : bankruptcyPriceAt(p, prices.funding);
  const counterparties: PredictedCounterparty[] = [];
  const principal: PredictedCounterparty[] = [];
  if (p.lots !== 0n && isBankrupt(p, prices)) {
    const region = eligibility(isLong, price, prices, state.base);
    if (run.parameters.rankPolicy === "leverageWaterfill") {
      p = fillAgainst(run, p, region, counterparties);
    } else {
      const limits = { lots: abs(p.lots), entries: Number.MAX_SAFE_INTEGER };
      for (const { entry: other, score } of rankCounterparties(state, region, limits)) {
        p = closeAgainst(run, p, other, score, counterparties);
      }
    }
    for (const other of p.lots === 0n ? [] : byBankruptcyPrice(state, !isLong)) {
      if (p.lots === 0n) break;
      p = closeAgainst(run, p, other, 0n, principal);
    }
  }
  run.undos.push(applyChange(state, p));
  return {
    account: entry.account,
    isLong,
    lots: abs(entry.lots),
    sweptLots,
    price,
    cover: before - run.budget,
    counterparties,
    principal,
  };
}

/** Sweep.run: passes until one fills nothing, because a good fill moves the limit on. */
function sweep(run: Waterfall, from: Position): Position {
  const { prices, book } = run;
  let p = from;
  while (p.lots !== 0n && isBankrupt(p, prices)) {
    const sells = p.lots > 0n;
    const short = deficit(p, prices);
    let funds = short < run.budget ? short : run.budget;
    const limit = limitTick(run, p, funds);
    const open = p.lots;
    for (let level = book.best(sells, limit); level !== undefined; level = book.best(sells, limit)) {
      const lots = level.lots < abs(p.lots) ? level.lots : abs(p.lots);
      const notional = lots * level.tick * run.parameters.tickValue;
      const gap = (shareRoundedOutward(p, lots) - notional) * (sells ? 1n : -1n);
      const cover = gap > 0n ? gap : 0n;
      if (cover > funds) break;
      p = close(p, lots, notional);
      p = { ...p, margin: p.margin + cover };
      book.take(sells, lots);
      funds -= cover;
      run.budget -= cover;
      if (p.lots === 0n) return { ...p, cost: 0n, margin: 0n };
    }
    if (p.lots === open) break;
  }
  return p;
}

/** LiquidationPlan.bankruptTick. */
function limitTick({ parameters, prices }: Waterfall, p: Position, cover: bigint): bigint {
  const sells = p.lots > 0n;
  const unit = abs(p.lots) * parameters.tickValue;
  const slipped = slippageTick(sells, prices.price, parameters.tickValue, parameters.slippageRate);
  const k = bankruptcyCost(p);
  const tick = sells ? ceilDiv(k - cover, unit) : floorDiv(k + cover, unit);
  return sells === tick > slipped ? tick : slipped;
}

/** Counterparties._close: n = K·x/q in the bankrupt's favour, the counterparty's own share against it, and the cover. */
function closeAgainst(
  run: Waterfall,
  bankrupt: Position,
  other: Entry,
  score: bigint,
  into: PredictedCounterparty[],
): Position {
  const o = settle(positionOf(other), run.prices.funding);
  const open = abs(bankrupt.lots);
  const lots = abs(o.lots) < open ? abs(o.lots) : open;
  const short = deficit(bankrupt, run.prices);
  const cover = ((short < run.budget ? short : run.budget) * lots) / open;
  const traded = shareRoundedOutward(bankrupt, lots);
  const share = shareRoundedOutward(o, lots);
  const { rest, cost } = takeShare(o, lots, share);
  const isLong = o.lots > 0n;
  const pay = cover + (isLong ? traded - share : share - traded);
  into.push({
    account: other.account,
    rank: into.length + 1,
    lots,
    score,
    pnl: cover + (isLong ? traded - cost : cost - traded),
    payout: pay > 0n ? pay : 0n,
  });
  run.budget -= cover;
  run.undos.push(applyChange(run.state, rest));
  return takeShare(bankrupt, lots, traded).rest;
}

/** Waterfill.run: everybody written where the sequence leaves it. */
function fillAgainst(
  run: Waterfall,
  bankrupt: Position,
  region: ScoreParameters,
  into: PredictedCounterparty[],
): Position {
  const water = fillWater(rankByLeverage(run.state, region), region, run.prices, bankrupt, run.budget);
  for (const [i, { account, lots, score, pnl, payout, position }] of water.members.entries()) {
    into.push({ account, rank: i + 1, lots, score, pnl, payout });
    if (position.lots === 0n) run.undos.push(applyChange(run.state, position));
  }
  for (const position of water.landed) run.undos.push(applyChange(run.state, position));
  run.budget -= water.cover;
  return water.bankrupt;
}

/** The principal stage's order: by v, then u, then FIFO. */
function* byBankruptcyPrice(state: MarketState, isLong: boolean): Generator<Entry> {
  const cells = cellsOf(state, isLong);
  for (let v = cells.nextV(0); v !== -1; v = cells.nextV(v + 1)) {
    // read before any of them is closed: those already met are not met again
    for (let u = cells.nextUAt(v, 0); u !== -1; u = cells.nextUAt(v, u + 1)) yield* cells.get(cellOf(u, v)) ?? [];
  }
}

/** The stored values alone, without the key that changes with them. */
function positionOf({ account, lots, cost, margin, fundingIndex }: Entry): Position {
  return { account, lots, cost, margin, fundingIndex };
}
