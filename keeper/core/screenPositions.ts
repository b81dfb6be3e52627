/**
 * Goes over all positions of a market once, in doubles, and sorts out the few that a decision is about: those that may be below maintenance,
 * and those that a further move of the price against them may make bankrupt.
 *
 * Conservative: every value carries a bound on what doubles may have rounded away (far below 1e-12 of the largest term) and on what the
 * contract rounds (less than two atoms), so nobody who is below maintenance is left out. Whoever is found is then judged exactly.
 */
import type { PositionColumns } from "./columns/createPositionColumns.ts";
import { PIPS } from "./position.ts";
import { tierLines } from "./risk/tierLines.ts";
import type { MarketParameters, Prices } from "./types.ts";

export type Screening = {
  /** Rows that may be below maintenance, bankrupt ones included. */
  readonly below: readonly number[];
  /** Rows that are solvent now and bankrupt after the move, those that the move reaches first first. Doubtful ones are in it, too. */
  readonly endangered: readonly number[];
};

const ONE_X16 = 65_536;
const ROUNDING = 1e-12;
const ATOMS = 2;

/** @param move By how much the price moves against each position, pips; 0 for none. */
export function screenPositions(
  columns: PositionColumns,
  { price, funding }: Prices,
  parameters: MarketParameters,
  move: bigint,
): Screening {
  const p = Number(price) / ONE_X16;
  const f = Number(funding);
  const lines = tierLines(parameters);
  const rates = Float64Array.from(lines, ({ rate }) => Number(rate) / Number(PIPS));
  const offsets = Float64Array.from(lines, ({ offset }) => Number(offset) / (Number(PIPS) * ONE_X16));
  const shock = (p * Number(move)) / Number(PIPS);
  const { lots: lotsOf, cost: costOf, margin: marginOf, index: indexOf, length } = columns;
  const below: number[] = [];
  const found: number[] = [];
  const distances: number[] = [];
  for (let row = 0; row < length; row++) {
    const lots = lotsOf[row] as number;
    if (lots === 0) continue;
    const cost = costOf[row] as number;
    const margin = marginOf[row] as number;
    const isLong = lots > 0;
    const size = isLong ? lots : -lots;
    const notional = size * p;
    const owed = (lots * (f - (indexOf[row] as number))) / ONE_X16;
    const equity = margin - owed + (isLong ? notional - cost : cost - notional);
    const slack = ATOMS + ROUNDING * (notional + cost + (margin < 0 ? -margin : margin) + (owed < 0 ? -owed : owed));
    let maintenance = notional * (rates[0] as number);
    for (let j = 1; j < rates.length; j++) {
      const line = notional * (rates[j] as number) - (offsets[j] as number);
      if (line > maintenance) maintenance = line;
    }
    if (equity < maintenance + slack) below.push(row);
    if (equity >= -slack && equity - size * shock < slack && shock > 0) {
      found.push(row);
      distances.push(equity / size);
    }
  }
  const order = found.map((_, i) => i).sort((a, b) => (distances[a] as number) - (distances[b] as number) || a - b);
  return { below, endangered: order.map((i) => found[i] as number) };
}
