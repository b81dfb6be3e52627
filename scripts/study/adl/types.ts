/**
 * An auto-deleveraging event as the study takes it. Sizes in lots (bigint), so that every policy closes whole lots; money and prices are only
 * compared and printed, so they are numbers.
 */
export type Candidate = {
  readonly account: string;
  /** Unsigned. */
  readonly lots: bigint;
  readonly entry: number;
  /** Of the account at the mark, quote. */
  readonly equity: number;
  /** What the venue closed. */
  readonly closedByVenue: bigint;
};

export type AdlEvent = {
  readonly isLong: boolean;
  readonly lotsPerUnit: number;
  /** P and X: the mark, and the price at which counterparties are closed. */
  readonly mark: number;
  readonly price: number;
  readonly candidates: readonly Candidate[];
};

/** Lots to close of each candidate, in the order of the candidates. */
export type Closing = readonly bigint[];
export type Policy = { readonly name: string; readonly close: (event: AdlEvent, lots: bigint) => Closing };
