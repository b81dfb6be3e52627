/**
 * LeverageWaterfill by brute force, from its definition: each step looks at all positions, takes the first of the order (v, u, arrival),
 * and closes the smallest number of lots that brings it to its next row. Edges and sizes are searched for, not computed.
 */
import { deficitAt, isCrossed, outwardShare } from "./adlModel.ts";
import {
  abs,
  bankruptcyCost,
  bankruptcyPrice,
  bankruptcyTick,
  ceilDiv,
  cellOf,
  eligible,
  floorDiv,
  isBankrupt,
  isLong,
  type PositionState,
  type Prices,
  settled,
  X16,
} from "./model.ts";

export interface FilledMember {
  account: number;
  lots: bigint;
  pnl: bigint;
  payout: bigint;
}

export interface FillResult {
  /** Everybody on the counterparties' side, in FIFO order within each cell. */
  positions: PositionState[];
  bankrupt: PositionState;
  /** In the order in which they were first touched. */
  members: FilledMember[];
  cover: bigint;
  steps: number;
  /** Whether any step was a wide one, near a leverage of one. */
  wide: boolean;
  /** The call ended because X or the book's limit moved over an edge. */
  crossed: boolean;
}

/**
 * The whole sequence, or one call.
 *
 * @param positions The counterparties' side, in FIFO order within each cell.
 * @param mayStep Of one call: whether it may go on with this account; it ends where the answer is no, and where an edge is crossed.
 */
export function fill(
  bankruptBefore: PositionState,
  positions: readonly PositionState[],
  coverBudget: bigint,
  prices: Prices,
  mayStep?: (account: number, touched: readonly number[], steps: number) => boolean,
): FillResult {
  const long = !isLong(bankruptBefore);
  const side = long ? 1n : -1n;
  const seat = (p: PositionState) => ({ p, cell: cellOf(p, prices.base) });
  const book = positions.map(seat);
  const members = new Map<number, FilledMember>();
  let bankrupt = { ...bankruptBefore };
  let budget = coverBudget;
  let steps = 0;
  let crossed = false;
  let wide = false;
  while (bankrupt.lots !== 0n && isBankrupt(bankrupt, prices) && !(crossed && mayStep)) {
    const x = bankruptcyPrice(bankrupt);
    const before = { bankrupt, budget };
    const first = book
      .map(({ p, cell }, order) => ({ p, cell, order }))
      .filter(({ cell }) => eligible(cell, long, x, prices))
      .sort((a, b) => a.cell.v - b.cell.v || a.cell.u - b.cell.u || a.order - b.order)[0];
    if (!first || mayStep?.(first.p.account, [...members.keys()], steps) === false) break;
    steps++;
    const o = settled(first.p, prices.funding);
    const open = abs(bankrupt.lots);
    const deficit = deficitAt(bankrupt, prices);
    const cover = deficit < budget ? deficit : budget;
    wide ||= isWide(o, first.cell.v, prices);
    const wanted = lotsToNextRow(bankrupt, o, first.cell.v, cover, prices);
    const lots = wanted < open ? wanted : open;
    const paid = (cover * lots) / open;
    const traded = outwardShare(bankrupt, lots);
    const rest = bankruptcyCost(bankrupt) - traded;
    const costOfBankrupt = long ? ceilDiv(bankrupt.cost * lots, open) : floorDiv(bankrupt.cost * lots, open);
    const leftCost = bankrupt.cost - costOfBankrupt;
    bankrupt = {
      ...bankrupt,
      lots: bankrupt.lots + side * lots,
      cost: leftCost,
      margin: long ? rest - leftCost : leftCost - rest,
    };
    const cost = long ? floorDiv(o.cost * lots, o.lots) : ceilDiv(o.cost * lots, -o.lots);
    const pnl = side * (traded - cost) + paid;
    const after = { ...o, lots: o.lots - side * lots, cost: o.cost - cost, margin: o.margin + pnl };
    budget -= paid;
    crossed = isCrossed(before, { bankrupt, budget }, prices, 1n);
    const member = members.get(o.account) ?? { account: o.account, lots: 0n, pnl: 0n, payout: 0n };
    members.set(o.account, member);
    member.lots += lots;
    member.pnl += pnl;
    if (after.lots === 0n) {
      member.payout = after.margin > 0n ? after.margin : 0n;
      book.splice(first.order, 1);
    } else if (cellOf(after, prices.base).id === first.cell.id) {
      book[first.order] = seat(after);
    } else {
      book.splice(first.order, 1);
      book.push(seat(after)); // the last of wherever it comes to lie
    }
  }
  return {
    positions: book.map(({ p }) => p),
    bankrupt,
    members: [...members.values()],
    cover: coverBudget - budget,
    steps,
    wide,
    crossed,
  };
}

/** From a leverage of 8/7 on, b no more than an eighth of the price from zero or from twice the price, steps are sixteen rows wide. */
function isWide(o: PositionState, v: number, prices: Prices): boolean {
  const adjusted = prices.mark - prices.funding;
  const from = bankruptcyTick(floorDiv(isLong(o) ? adjusted : 15n * adjusted, 8n), prices.base);
  return isLong(o) ? from >= MAX - v : from <= v;
}

/** The smallest number of lots whose close brings `o` to its next row, if each of two roundings costs it an atom. */
function lotsToNextRow(b: PositionState, o: PositionState, v: number, cover: bigint, prices: Prices): bigint {
  const long = isLong(o);
  const side = long ? 1n : -1n;
  const size = abs(o.lots);
  const target = isWide(o, v, prices) ? 16 * (Math.floor(v / 16) + 1) : v + 1;
  if (target > MAX) return size;
  // of the row's prices, the one nearest to the mark, in terms of the position's own funding index
  const edge = lowestPriceOf(long ? MAX - target + 1 : target, prices.base) + o.fundingIndex;
  const q = abs(b.lots);
  const reaches = (lots: bigint) => {
    const value = ((bankruptcyCost(o) + side * 2n) * q - lots * (bankruptcyCost(b) + side * cover)) * X16;
    return side * (value - edge * (size - lots) * q) <= 0n;
  };
  let [low, high] = [1n, size];
  while (low < high) {
    const middle = (low + high) / 2n;
    if (reaches(middle)) high = middle;
    else low = middle + 1n;
  }
  return low;
}

const MAX = 8_191;
const edges = new Map<string, bigint>();

/** The lowest price of a bankruptcy tick, by bisection. */
function lowestPriceOf(tick: number, base: number): bigint {
  const key = `${tick}:${base}`;
  const known = edges.get(key);
  if (known !== undefined) return known;
  let [low, high] = [-(1n << 100n), 1n << 100n];
  while (low < high) {
    const middle = floorDiv(low + high, 2n);
    if (bankruptcyTick(middle, base) >= tick) high = middle;
    else low = middle + 1n;
  }
  edges.set(key, low);
  return low;
}
