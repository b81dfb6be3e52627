/**
 * The invariant catalogue of DESIGN §14, as far as the demo checks it, and what came of the checks.
 */

export const IDS = [
  "SOLV-1",
  "SOLV-2",
  "SOLV-3",
  "SOLV-4",
  "SOLV-5",
  "SOLV-6",
  "SOLV-7",
  "IDX-1",
  "IDX-2",
  "ADL-1",
  "ADL-2",
  "ADL-3",
  "ADL-4",
  "LIQ-1",
  "LIQ-2",
  "BOOK-1",
  "BOOK-2",
  "FUND-1",
] as const;

export type InvariantId = (typeof IDS)[number];

/** What each says, and when the demo looks. */
export const MEANINGS: Readonly<Record<InvariantId, readonly [meaning: string, when: string]>> = {
  "SOLV-1": ["tokens held = free + pots + reserve + fund + treasury, to the atom", "after every step"],
  "SOLV-2": ["pot = Σ equity + dust, dust ≥ 0, in three exact forms, whatever funding did", "after every step"],
  "SOLV-3": ["Σ long lots = Σ short lots = open interest", "every transaction; open interest every step"],
  "SOLV-4": ["nobody past bankruptcy unless the gate is closed", "every block with a price or a clearing call"],
  "SOLV-5": [
    "who has no position and no order can withdraw everything",
    "samples at every stage; everybody at the end",
  ],
  "SOLV-6": ["highest long b < lowest short b", "every transaction that changes a position"],
  "SOLV-7": ["no negative payout; the waterfall ends with nobody bankrupt", "every forced close; every step"],
  "IDX-1": ["index cells and FIFO lists = positions", "samples, and at the end"],
  "IDX-2": ["nobody better ranked was left out", "every deleveraging call, by brute force"],
  "ADL-1": ["no loss at X; margin returned pro rata", "every counterparty"],
  "ADL-2": ["the bankrupt gains what the others give, exactly", "every deleveraging call"],
  "ADL-3": ["no deleveraging while the book could absorb", "every deleveraging call"],
  "ADL-4": ["one call or several: the same state", "samples, on snapshots of the chain"],
  "LIQ-1": [
    "only below maintenance; afterwards at target, closed, or no bids",
    "every liquidation; refused probes every step",
  ],
  "LIQ-2": ["no fill beyond the limit set before", "every liquidation and sweep"],
  "BOOK-1": ["best bid < best ask; levels and bitmap = orders", "every transaction; levels and bitmap in samples"],
  "FUND-1": ["funding paid − received − owed = dust ≥ 0; the index within its clamp", "every accrual; every step"],
  "BOOK-2": ["reserved = what fills left of what the open orders need, never more", "samples, and at the end"],
};

export type Verdict = { readonly checks: number; readonly broken: readonly string[] };

export type Catalogue = {
  /** Notes one check. `problem` says what is wrong; undefined when it held. */
  readonly note: (id: InvariantId, problem: string | undefined) => void;
  /** Notes a check that holds if `held`; the text is only made when it does not. */
  readonly expect: (id: InvariantId, held: boolean, problem: () => string) => void;
  readonly verdict: (id: InvariantId) => Verdict;
  /** Never checked counts as broken: silence proves nothing. Only those named here may stay unchecked. */
  readonly results: (mayBeUnchecked: readonly InvariantId[]) => Readonly<Record<InvariantId, boolean>>;
};

/** More than this many messages of one kind say nothing new. */
const MAX_MESSAGES = 20;

export function createCatalogue(): Catalogue {
  const verdicts = new Map<InvariantId, { checks: number; broken: string[] }>(
    IDS.map((id) => [id, { checks: 0, broken: [] }]),
  );
  const of = (id: InvariantId) => verdicts.get(id) ?? { checks: 0, broken: [] };

  const note = (id: InvariantId, problem: string | undefined) => {
    const verdict = of(id);
    verdict.checks++;
    if (problem !== undefined && verdict.broken.length < MAX_MESSAGES) verdict.broken.push(problem);
  };
  return {
    note,
    expect: (id, held, problem) => note(id, held ? undefined : problem()),
    verdict: of,
    results: (mayBeUnchecked) => {
      const held = (id: InvariantId) =>
        of(id).broken.length === 0 && (of(id).checks > 0 || mayBeUnchecked.includes(id));
      return Object.fromEntries(IDS.map((id) => [id, held(id)])) as Record<InvariantId, boolean>;
    },
  };
}
