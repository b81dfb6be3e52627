/**
 * The arithmetic of DESIGN §6, §7 and §10 a second time, from its definitions and for tests only: exact integers, no bit tricks, and
 * nothing shared with the contracts or the keeper.
 */
export const X16 = 65_536n;

export interface PositionState {
  account: number;
  /** Signed. */
  lots: bigint;
  cost: bigint;
  margin: bigint;
  fundingIndex: bigint;
}

export interface Prices {
  /** P, X16. */
  mark: bigint;
  /** F, X16. */
  funding: bigint;
  base: number;
}

export interface Cell {
  u: number;
  v: number;
  id: number;
}

const TICKS = 8_192;

export function floorDiv(a: bigint, b: bigint): bigint {
  const q = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? q - 1n : q;
}

export function ceilDiv(a: bigint, b: bigint): bigint {
  return -floorDiv(-a, b);
}

export function abs(a: bigint): bigint {
  return a < 0n ? -a : a;
}

export const isLong = (p: PositionState): boolean => p.lots > 0n;

/** A floating tick: 16 octaves from 2^base on, 2^mantissa steps each. */
function floatingTick(x: bigint, base: number, mantissa: number): number {
  let octave = 0;
  while (octave < 16 && x >= 1n << BigInt(base + octave + 1)) octave++;
  const steps = 2 ** mantissa;
  if (octave === 16) return 16 * steps - 1;
  const edge = 1n << BigInt(base + octave);
  if (x < edge) return 0;
  return octave * steps + Number(((x - edge) * BigInt(steps)) / edge);
}

function lowerEdge(tick: number, base: number, mantissa: number): bigint {
  const steps = 2 ** mantissa;
  const edge = 1n << BigInt(base + Math.floor(tick / steps));
  return edge + (edge / BigInt(steps)) * BigInt(tick % steps);
}

export const entryTick = (price: bigint, base: number): number => floatingTick(price, base, 8);

export function bankruptcyTick(price: bigint, base: number): number {
  return price >= 0n ? TICKS / 2 + floatingTick(price, base, 8) : TICKS / 2 - 1 - floatingTick(-price - 1n, base, 8);
}

export const entryPrice = (tick: number, base: number): bigint => lowerEdge(tick, base, 8);

export function bankruptcyPriceOf(tick: number, base: number): bigint {
  return tick >= TICKS / 2 ? lowerEdge(tick - TICKS / 2, base, 8) : -lowerEdge(TICKS / 2 - 1 - tick, base, 8);
}

/** Margin after funding: what is owed is rounded up. */
export function settled(p: PositionState, funding: bigint): PositionState {
  const owed = ceilDiv(p.lots * (funding - p.fundingIndex), X16);
  return { ...p, margin: p.margin - owed, fundingIndex: funding };
}

/** K = cost − side·margin. */
export function bankruptcyCost(p: PositionState): bigint {
  return isLong(p) ? p.cost - p.margin : p.cost + p.margin;
}

/** X = K/|lots| of the position as stored, X16, rounded down. */
export function bankruptcyPrice(p: PositionState): bigint {
  return floorDiv(bankruptcyCost(p) * X16, abs(p.lots));
}

/** Exact equity at the mark × 2^16. */
export function equityX16(p: PositionState, { mark, funding }: Prices): bigint {
  const side = isLong(p) ? 1n : -1n;
  return (p.margin - side * p.cost) * X16 + p.lots * mark - p.lots * (funding - p.fundingIndex);
}

export function isBankrupt(p: PositionState, prices: Prices): boolean {
  return p.lots !== 0n && equityX16(p, prices) < 0n;
}

export function cellOf(p: PositionState, base: number): Cell {
  const entry = entryTick((p.cost * X16) / abs(p.lots), base);
  const b = bankruptcyTick(bankruptcyPrice(p) - p.fundingIndex, base);
  const [u, v] = isLong(p) ? [entry, TICKS - 1 - b] : [TICKS / 2 - 1 - entry, b];
  return { u, v, id: u * TICKS + v };
}

export interface Ranked {
  position: PositionState;
  score: bigint;
  cell: Cell;
}

/** Which cells are eligible against a bankrupt position at X: in profit at X and solvent at the mark, by whole cells. */
export function eligible(cell: Cell, counterpartyIsLong: boolean, x: bigint, { mark, funding, base }: Prices): boolean {
  if (x <= 0n) return false;
  const atX = entryTick(x, base);
  const atMark = bankruptcyTick(mark - funding, base);
  return counterpartyIsLong
    ? cell.u < atX && TICKS - 1 - cell.v < atMark
    : TICKS / 2 - 1 - cell.u > atX && cell.v > atMark;
}

/** side·(P − e)/e × P/|P' − b| × 2^64 at the prices that stand for the cell; the gain is rounded down before the division. */
export function scoreOf(cell: Cell, counterpartyIsLong: boolean, { mark, funding, base }: Prices): bigint {
  const side = counterpartyIsLong ? 1n : -1n;
  const e = entryPrice(counterpartyIsLong ? cell.u : TICKS / 2 - 1 - cell.u, base);
  const b = bankruptcyPriceOf(counterpartyIsLong ? TICKS - 1 - cell.v : cell.v, base);
  const profit = side * (mark - e);
  if (profit <= 0n) return 0n;
  return (profit * mark * 2n ** 64n) / e / (side * (mark - funding - b));
}

/** Ranks by definition: score descending, cell ascending, then the order given (which must be FIFO within each cell). */
export function rankAll(
  positions: readonly PositionState[],
  bankruptIsLong: boolean,
  x: bigint,
  prices: Prices,
): Ranked[] {
  return positions
    .filter((p) => p.lots !== 0n && isLong(p) !== bankruptIsLong)
    .map((position, order) => ({ position, order, cell: cellOf(position, prices.base) }))
    .filter(({ cell }) => eligible(cell, !bankruptIsLong, x, prices))
    .map((r) => ({ ...r, score: scoreOf(r.cell, !bankruptIsLong, prices) }))
    .sort((a, b) => {
      if (a.score !== b.score) return a.score > b.score ? -1 : 1;
      return a.cell.id - b.cell.id || a.order - b.order;
    })
    .map(({ position, score, cell }) => ({ position, score, cell }));
}

/** The order in which bankrupt positions, and principal-stage counterparties, are taken: v, then u, then FIFO. */
export function byBankruptcy(positions: readonly PositionState[], base: number): PositionState[] {
  return positions
    .map((position, order) => ({ position, order, cell: cellOf(position, base) }))
    .sort((a, b) => a.cell.v - b.cell.v || a.cell.u - b.cell.u || a.order - b.order)
    .map(({ position }) => position);
}
