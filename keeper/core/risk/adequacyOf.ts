/**
 * The capital adequacy ratio: what the fund can pay, over the largest shortfall of the scenarios.
 */
import { PIPS } from "./limits.ts";
import type { Band, CapitalAdequacy, Scenario } from "./types.ts";

/** Pips. */
const STRONG = 1_500_000n;

/** @param shortfallOf Of a scenario, quote atoms. */
export function adequacyOf(
  insurance: bigint,
  scenarios: readonly Scenario[],
  shortfallOf: (scenario: Scenario) => bigint,
): CapitalAdequacy {
  const results = scenarios.map((scenario) => ({ scenario, shortfall: shortfallOf(scenario) }));
  let worst: Scenario | undefined;
  let worstShortfall = 0n;
  for (const { scenario, shortfall } of results) {
    if (shortfall > worstShortfall) [worst, worstShortfall] = [scenario, shortfall];
  }
  const ratio = worstShortfall === 0n ? undefined : (insurance * PIPS) / worstShortfall;
  return { insurance, scenarios: results, worst, worstShortfall, ratio, band: bandOf(ratio) };
}

function bandOf(ratio: bigint | undefined): Band {
  if (ratio === undefined || ratio >= STRONG) return "strong";
  return ratio >= PIPS ? "adequate" : "weak";
}
