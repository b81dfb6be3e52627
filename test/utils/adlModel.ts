/** What closing counterparties against a bankrupt position does, from DESIGN §3 and §10: exact integers, independent of the contract. */
import {
  abs,
  bankruptcyCost,
  bankruptcyPrice,
  ceilDiv,
  entryTick,
  equityX16,
  floorDiv,
  isBankrupt,
  isLong,
  type PositionState,
  type Prices,
  X16,
} from "./model.ts";

export interface CloseResult {
  account: number;
  lots: bigint;
  /** What the bankrupt position traded for, n. */
  traded: bigint;
  cover: bigint;
  pnl: bigint;
  payout: bigint;
  /** The counterparty afterwards; zero lots when it was closed. */
  after: PositionState;
}

export interface DeleverageResult {
  closes: CloseResult[];
  bankrupt: PositionState;
  cover: bigint;
  lots: bigint;
}

/** K·x/q, rounded so that what stays open has a bankruptcy price no nearer to the other side's. */
export function outwardShare(p: PositionState, lots: bigint): bigint {
  const share = bankruptcyCost(p) * lots;
  return isLong(p) ? ceilDiv(share, p.lots) : floorDiv(share, -p.lots);
}

/** Takes `lots` at a given share of K; cost leaves rounded down for longs, up for shorts. */
function reduce(p: PositionState, lots: bigint, share: bigint): { after: PositionState; cost: bigint } {
  const open = abs(p.lots);
  const rest = bankruptcyCost(p) - share;
  const cost = isLong(p) ? floorDiv(p.cost * lots, open) : ceilDiv(p.cost * lots, open);
  const left = p.cost - cost;
  const after = {
    ...p,
    lots: isLong(p) ? p.lots - lots : p.lots + lots,
    cost: left,
    margin: isLong(p) ? left - rest : rest - left,
  };
  return { after, cost };
}

export function deficitAt(p: PositionState, prices: Prices): bigint {
  const equity = equityX16(p, prices);
  return equity < 0n ? -equity / X16 : 0n;
}

/**
 * Whether a call ends between two states of a bankrupt position because rounding carried X over the edge of an entry tick, the book's limit
 * over a tick, or the position over the mark.
 */
export function isCrossed(
  before: { bankrupt: PositionState; budget: bigint },
  after: { bankrupt: PositionState; budget: bigint },
  prices: Prices,
  tickValue: bigint,
): boolean {
  if (after.bankrupt.lots === 0n) return false;
  if (!isBankrupt(after.bankrupt, prices)) return true;
  const [a, b] = [before, after].map(({ bankrupt, budget }) => {
    const x = bankruptcyPrice(bankrupt);
    const deficit = deficitAt(bankrupt, prices);
    const cover = deficit < budget ? deficit : budget;
    const unit = abs(bankrupt.lots) * tickValue;
    const k = bankruptcyCost(bankrupt);
    const limit = isLong(bankrupt) ? ceilDiv(k - cover, unit) : floorDiv(k + cover, unit);
    return `${x > 0n ? entryTick(x, prices.base) : "none"} ${limit > 0n ? limit : 0n}`;
  });
  return a !== b;
}

/** Closes settled counterparties in the order given, the last one in part, with at most `coverBudget` from the fund. */
export function deleverage(
  bankruptBefore: PositionState,
  counterparties: readonly PositionState[],
  coverBudget: bigint,
  prices: Prices,
): DeleverageResult {
  let bankrupt = bankruptBefore;
  let budget = coverBudget;
  const closes: CloseResult[] = [];
  for (const o of counterparties) {
    const open = abs(bankrupt.lots);
    if (open === 0n) break;
    const lots = abs(o.lots) < open ? abs(o.lots) : open;
    const deficit = deficitAt(bankrupt, prices);
    const cover = ((deficit < budget ? deficit : budget) * lots) / open;
    const traded = outwardShare(bankrupt, lots);
    const share = outwardShare(o, lots);
    bankrupt = reduce(bankrupt, lots, traded).after;
    const { after, cost } = reduce(o, lots, share);
    const side = isLong(o) ? 1n : -1n;
    const pay = cover + side * (traded - share);
    closes.push({
      account: o.account,
      lots,
      traded,
      cover,
      pnl: cover + side * (traded - cost),
      payout: pay > 0n ? pay : 0n,
      after,
    });
    budget -= cover;
  }
  const sum = (pick: (c: CloseResult) => bigint) => closes.reduce((s, c) => s + pick(c), 0n);
  return { closes, bankrupt, cover: sum((c) => c.cover), lots: sum((c) => c.lots) };
}
