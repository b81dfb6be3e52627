/**
 * Types of the risk engine: what it is given and what it answers, by subject in types/. Owns no behaviour. Formulas and their sources: docs/risk.md.
 *
 * Units. Money: quote atoms. Prices: X16 (quote atoms per lot × 2^16). Rates, moves and ratios: pips (1e-6); a move is signed, and the
 * price it leads to is ⌊P·(1e6 + move)/1e6⌋. Every amount is an exact bigint; counts, account ids, ranks and ticks are numbers.
 * `down` and `up` name the direction of the price: when it falls longs suffer and the bids absorb, when it rises shorts and the asks.
 */
export type * from "./types/engine.ts";
export type * from "./types/exposure.ts";
export type * from "./types/input.ts";
export type * from "./types/prediction.ts";
export type * from "./types/solvency.ts";

export type Direction = "down" | "up";
