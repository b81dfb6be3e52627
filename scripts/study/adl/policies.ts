/**
 * Ways to choose who is closed, each over the same event. Pure; every policy closes exactly the lots asked for, and nobody's more than he has.
 *
 * Sources: PnlLeverage is what Binance and BitMEX document; the waterfill is Campbell, Hey, Moallemi, Nutz 2026; Hyperliquid's index is
 * (mark / entry) · (notional / account value) as its documentation has it, taken literally.
 */
import type { AdlEvent, Candidate, Closing, Policy } from "./types.ts";

export const POLICIES: readonly Policy[] = [
  { name: "PnlLeverage", close: (event, lots) => queue(event, lots, pnlLeverage) },
  { name: "LeverageWaterfill", close: waterfill },
  { name: "pro rata by size", close: (event, lots) => proRata(event, lots, ({ lots: size }) => Number(size)) },
  {
    name: "pro rata by profit",
    close: (event, lots) => proRata(event, lots, (c) => Number(c.lots) * Math.max(0, profit(event, c))),
  },
  { name: "Hyperliquid's formula", close: (event, lots) => queue(event, lots, hyperliquid) },
];

/** Of the account at the mark: notional / equity. */
export function leverageOf({ mark, lotsPerUnit }: AdlEvent, { lots, equity }: Candidate): number {
  return ((Number(lots) / lotsPerUnit) * mark) / equity;
}

/** Of a unit. */
function profit({ isLong, mark }: AdlEvent, { entry }: Candidate): number {
  return (isLong ? 1 : -1) * (mark - entry);
}

function pnlLeverage(event: AdlEvent, c: Candidate): number {
  return (profit(event, c) / c.entry) * leverageOf(event, c);
}

function hyperliquid(event: AdlEvent, c: Candidate): number {
  return (event.mark / c.entry) * leverageOf(event, c);
}

/** Whole positions in the order of a score, the last one in part. */
function queue(event: AdlEvent, lots: bigint, scoreOf: (event: AdlEvent, c: Candidate) => number): Closing {
  const order = [...event.candidates.keys()].sort((a, b) => score(b) - score(a) || a - b);
  return fill(event, lots, order, ({ lots: size }) => size);

  function score(i: number): number {
    return scoreOf(event, event.candidates[i] as Candidate);
  }
}

/**
 * The most levered are brought down to one common leverage λ: x_i = max(0, (q_i·P − λ·E_i) / (P − λ·|P − X|)), rounded up to a lot. λ is the
 * highest at which that suffices, found by bisection: Σ x_i falls with λ while λ·|P − X| < P.
 */
function waterfill(event: AdlEvent, lots: bigint): Closing {
  const { mark, price, candidates, lotsPerUnit } = event;
  const distance = Math.abs(mark - price);
  const wanted = (c: Candidate, lambda: number): bigint => {
    const exact = (Number(c.lots) * mark - lambda * c.equity * lotsPerUnit) / (mark - lambda * distance);
    const size = BigInt(Math.max(0, Math.ceil(exact)));
    return size < c.lots ? size : c.lots;
  };
  const total = (lambda: number) => candidates.reduce((sum, c) => sum + wanted(c, lambda), 0n);
  const highest = Math.max(...candidates.map((c) => leverageOf(event, c)));
  let [low, high] = [0, distance === 0 ? highest : Math.min(highest, (mark / distance) * (1 - 1e-12))];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (total(middle) >= lots) low = middle;
    else high = middle;
  }
  // most levered first: the roundings up leave the last one a lot or so less to give
  const order = [...candidates.keys()].sort((a, b) => leverage(b) - leverage(a) || a - b);
  return fill(event, lots, order, (c) => wanted(c, low));

  function leverage(i: number): number {
    return leverageOf(event, candidates[i] as Candidate);
  }
}

/** Shares by weight, capped by size; what the caps leave is shared out again; lots that rounding leaves go to the largest remainders. */
function proRata({ candidates }: AdlEvent, lots: bigint, weightOf: (c: Candidate) => number): Closing {
  const shares = candidates.map(() => 0);
  let left = Number(lots);
  let open = [...candidates.keys()].filter((i) => weightOf(candidates[i] as Candidate) > 0);
  while (left > 1e-9 && open.length > 0) {
    const sum = open.reduce((s, i) => s + weightOf(candidates[i] as Candidate), 0);
    const part = left / sum;
    const size = (i: number) => Number((candidates[i] as Candidate).lots);
    for (const i of open) {
      const share = Math.min(size(i) - (shares[i] ?? 0), part * weightOf(candidates[i] as Candidate));
      shares[i] = (shares[i] ?? 0) + share;
      left -= share;
    }
    open = open.filter((i) => size(i) - (shares[i] ?? 0) > 1e-9);
  }
  const closing = shares.map((share) => BigInt(Math.floor(share + 1e-9)));
  const order = [...shares.keys()].sort((a, b) => remainder(b) - remainder(a) || a - b);
  let missing = lots - closing.reduce((s, x) => s + x, 0n);
  for (let round = 0; missing > 0n && round < 2; round++) {
    for (const i of order) {
      if (missing === 0n || (closing[i] ?? 0n) >= (candidates[i] as Candidate).lots) continue;
      closing[i] = (closing[i] ?? 0n) + 1n;
      missing--;
    }
  }
  return closing;

  function remainder(i: number): number {
    return (shares[i] ?? 0) % 1;
  }
}

/** Takes what each gives, in an order, until there are enough. */
function fill(
  { candidates }: AdlEvent,
  lots: bigint,
  order: readonly number[],
  give: (c: Candidate) => bigint,
): Closing {
  const closing = candidates.map(() => 0n);
  let left = lots;
  for (const i of order) {
    const size = give(candidates[i] as Candidate);
    closing[i] = size < left ? size : left;
    left -= closing[i] ?? 0n;
  }
  return closing;
}
