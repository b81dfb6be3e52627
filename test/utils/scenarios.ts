/** A market in which one side is about to be, or is, bankrupt; positions made to measure. */

import {
  abs,
  bankruptcyPrice,
  bankruptcyTick,
  cellOf,
  isBankrupt,
  type PositionState,
  type Prices,
  rankAll,
  settled,
} from "./model.ts";
import { cross } from "./orders.ts";
import { type IndexShadow, readExchange, readPrices } from "./state.ts";
import { setTick, type Trader, type Venue } from "./venue.ts";

export interface Opening {
  trader: Trader;
  /** Where it enters; must not make anybody bankrupt on the way. */
  tick: number;
  lots: number;
  leverage?: number;
  /** Quote atoms added afterwards. */
  extra?: bigint;
}

/**
 * Opens each position against `dealer` at its own tick, moving the mark there first. The dealer takes the other side of everything
 * and needs enough collateral; its own margin is topped up with `dealerExtra` so that it is never the one in trouble.
 */
export async function openAll(
  venue: Venue,
  dealer: Trader,
  isLong: boolean,
  openings: readonly Opening[],
  dealerExtra = 0n,
): Promise<void> {
  for (const o of openings) {
    await setTick(venue, o.tick);
    const [long, short] = isLong ? [o.trader, dealer] : [dealer, o.trader];
    const leverage = o.leverage ?? 10;
    await cross(venue, long, short, {
      tick: o.tick,
      lots: o.lots,
      longLeverage: isLong ? leverage : 1,
      shortLeverage: isLong ? 1 : leverage,
      ...(o.extra ? (isLong ? { longExtra: o.extra } : { shortExtra: o.extra }) : {}),
    });
  }
  if (dealerExtra > 0n) await dealer.exchange.addMargin(1, dealerExtra, { gasLimit: 16_777_216n });
}

export interface Situation {
  prices: Prices;
  bankrupt: PositionState;
  isLong: boolean;
  /** X. */
  price: bigint;
  /** Brute force: everybody eligible, best first. */
  queue: PositionState[];
  /** The first of the queue that hold as many lots as the bankrupt position. */
  list: number[];
}

/** Whom the contract takes next and against whom, from positions alone. Null when nobody is bankrupt by more than the mark's tick. */
export async function situationOf(venue: Venue, shadow: IndexShadow, market = 1): Promise<Situation | null> {
  await shadow.sync();
  const prices = await readPrices(venue, market);
  const taken = Number((await venue.exchange.marketAt(market)).taken);
  const atMark = bankruptcyTick(prices.mark - prices.funding, prices.base);
  const beyond = (p: PositionState) => {
    const { v } = cellOf(p, prices.base);
    return p.lots > 0n ? 8_191 - v > atMark : v < atMark;
  };
  const all = shadow.positions();
  const next = all
    .filter(beyond)
    .map((p, order) => ({ p, order, cell: cellOf(p, prices.base) }))
    .sort((a, b) => a.cell.v - b.cell.v || a.cell.u - b.cell.u || a.order - b.order)[0]?.p;
  const resuming = all.find((p) => p.account === taken && isBankrupt(p, prices));
  const bankrupt = resuming ?? next;
  if (!bankrupt) return null;
  const isLong = bankrupt.lots > 0n;
  const price = bankruptcyPrice(settled(bankrupt, prices.funding));
  const queue = rankAll(all, isLong, price, prices).map((r) => r.position);
  return { prices, bankrupt, isLong, price, queue, list: headOf(queue, abs(bankrupt.lots)) };
}

/** The shortest head of a queue that holds `lots`. */
export function headOf(queue: readonly PositionState[], lots: bigint): number[] {
  const list: number[] = [];
  let held = 0n;
  for (const p of queue) {
    if (held >= lots) break;
    list.push(p.account);
    held += abs(p.lots);
  }
  return list;
}

/** An exact picture of everything that a call may change, for comparing two ways to the same end. */
export async function fingerprint(venue: Venue): Promise<Record<string, unknown>> {
  const state = await readExchange(venue);
  return {
    insurance: state.insurance,
    keeperReserve: state.keeperReserve,
    treasury: state.treasury,
    free: [...state.free],
    markets: state.markets.map((m) => ({
      ...m,
      positions: [...m.positions.values()],
      reserved: [...m.reserved],
    })),
  };
}
