/**
 * The ranges in which the engine is exact. The contract's own ranges are wider only where no real market goes.
 */

/** Prices are below this, X16: a quarter of what the contract represents, so that sums of keys and prices stay in 63 bits. */
export const MAX_PRICE = 1n << 62n;
/** |K| of one position, quote atoms: 4.5 thousand million units of the collateral. A double holds it. */
export const MAX_COST = 1n << 52n;
/** Lots of one side together: the contract's cap on open interest. */
export const MAX_LOTS = 1n << 47n;

/** A rate, move or ratio of one. */
export const PIPS = 1_000_000n;
export const ONE_X16 = 1n << 16n;
