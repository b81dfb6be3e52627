/** Random books for the rank policies, made to measure: nobody trades, positions are put where an adversary would want them. */
import {
  abs,
  bankruptcyPrice,
  cellOf,
  eligible,
  isLong,
  type PositionState,
  type Prices,
  settled,
  X16,
} from "./model.ts";
import type { Random } from "./random.ts";

export type BookStyle = "scattered" | "clustered" | "dust" | "one row" | "at edges" | "deep" | "dry";

export interface Book {
  prices: Prices;
  /** By account − 1, in the order in which they join their cells. */
  seats: PositionState[];
  bankrupt: PositionState;
  /** What the fund can pay. */
  budget: bigint;
}

export function randomBook(random: Random, style: BookStyle): Book {
  const exponent = random.int(27, 44);
  const mark = (1n << BigInt(exponent)) + random.bits(exponent);
  const base = mark.toString(2).length - 1 - 7 + random.int(-1, 1);
  const funding = random.chance(0.5) ? 0n : part(mark, random.int(-20, 20));
  const prices = { mark, funding, base };
  const long = random.chance(0.5); // side of the counterparties
  const side = long ? 1n : -1n;
  const adjusted = mark - funding;
  // X lies on the counterparties' side of the mark, all their bankruptcy prices beyond it
  const x = adjusted - side * part(adjusted, random.pick([3, 8, 30, 100, 200]) * (1 + random.unit()));
  const count = style === "dry" ? random.int(1, 6) : random.int(2, style === "dust" ? 40 : 24);
  const spots = Array.from({ length: 3 }, () => spot(random, x, side, style));
  const seats: PositionState[] = [];
  for (let i = 0; i < count; i++) {
    const { b, entry } =
      style === "clustered" || style === "one row" ? random.pick(spots) : spot(random, x, side, style);
    seats.push(
      seatAt(
        i + 1,
        lotsOf(random, style) * side,
        entry,
        b,
        random.chance(0.7) ? funding : part(mark, random.int(-20, 20)),
      ),
    );
  }
  const ready = seats.filter((p) => eligible(cellOf(p, base), long, x + funding, prices));
  const total = ready.reduce((sum, p) => sum + abs(p.lots), 0n);
  const share = style === "dry" ? 150n : BigInt(random.int(1, 90));
  const lots = (total * share) / 100n + 1n;
  const bankrupt = seatAt(count + 1, -side * lots, x + part(x, random.int(-20, 20)), x, funding);
  seats.push(bankrupt);
  const deficit = (abs(adjusted - x) * lots) / X16;
  const budget = random.chance(0.4) ? (deficit * BigInt(random.int(0, 140))) / 100n : 0n;
  return { prices, seats, bankrupt, budget };
}

/** The counterparties' side, settled or not, as it stands. */
export function othersOf(book: Book): PositionState[] {
  return book.seats.filter((p) => isLong(p) !== isLong(book.bankrupt));
}

/** Eligible accounts by (v, u, FIFO). */
export function orderOf(positions: readonly PositionState[], bankrupt: PositionState, prices: Prices): number[] {
  const x = bankruptcyPrice(settled(bankrupt, prices.funding));
  return positions
    .map((p, order) => ({ p, order, cell: cellOf(p, prices.base) }))
    .filter(({ cell }) => eligible(cell, !isLong(bankrupt), x, prices))
    .sort((a, b) => a.cell.v - b.cell.v || a.cell.u - b.cell.u || a.order - b.order)
    .map(({ p }) => p.account);
}

/** A share of a number in thousandths; fractions are cut off. */
function part(x: bigint, thousandths: number): bigint {
  return (x * BigInt(Math.round(thousandths * 1_000))) / 1_000_000n;
}

function spot(random: Random, x: bigint, side: bigint, style: BookStyle): { b: bigint; entry: bigint } {
  const distance =
    style === "deep"
      ? random.int(1, 3_000)
      : style === "one row"
        ? 20 + random.unit()
        : Math.exp(random.unit() * 6.5) / 2;
  let b = x - side * (part(abs(x), distance) + 70n * X16);
  if (style === "at edges") b = ((b >> 20n) << 20n) + BigInt(random.int(-2, 2)); // powers of two are rows' edges
  // one in six is not in profit at X
  const profit = random.chance(0.17) ? -random.int(1, 100) : random.int(1, 400);
  const entry = x - side * part(abs(x), profit);
  return { b, entry: entry > X16 ? entry : X16 };
}

function lotsOf(random: Random, style: BookStyle): bigint {
  if (style === "dust") return BigInt(random.int(1, 12));
  if (style === "clustered") return BigInt(random.pick([1, 10, 1_000]));
  return 1n + random.bits(random.pick([4, 10, 20]));
}

/** A position with an entry price and a normalised bankruptcy price, rounded to atoms away from the other side. */
function seatAt(account: number, lots: bigint, entry: bigint, b: bigint, fundingIndex: bigint): PositionState {
  const size = abs(lots);
  const cost = (entry * size) / X16;
  const k = ((b + fundingIndex) * size) / X16 - (lots > 0n ? 1n : -1n);
  return { account, lots, cost, margin: lots > 0n ? cost - k : k - cost, fundingIndex };
}
