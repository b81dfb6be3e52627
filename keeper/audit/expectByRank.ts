/**
 * What a call under PnlLeverage had to do: the shortest head of the line that holds the lots that were closed. Pure.
 */
import { closeInOrder, type Place, thresholdsFor } from "./closeInOrder.ts";
import type { Expectation, Line, Terms } from "./expectation.ts";

export function expectByRank({ ranked, principal }: Line, terms: Terms): Expectation {
  const places: Place[] = [
    ...ranked.map(({ entry, score }, i) => ({ entry, score, rank: i + 1, stage: "ranked" as const })),
    ...principal.map((entry) => ({ entry, score: 0n, rank: 0, stage: "principal" as const })),
  ];
  return closeInOrder(places, terms, thresholdsFor(terms));
}
