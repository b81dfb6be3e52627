/**
 * The moves that capital adequacy is judged by when nothing else is said.
 *
 * The historical ones are the worst close-to-close hours of the two worst days that crypto derivatives have seen; scripts/bench/risk/worstHour.ts
 * computes them (sources and numbers: docs/risk.md).
 */
import type { Scenario } from "./types.ts";

export const SCENARIOS: readonly Scenario[] = [
  { name: "−5 %", move: -50_000n },
  { name: "+5 %", move: 50_000n },
  { name: "−10 %", move: -100_000n },
  { name: "+10 %", move: 100_000n },
  { name: "−20 %", move: -200_000n },
  { name: "+20 %", move: 200_000n },
];

/** Moves of the ladder when none are asked for, pips. */
export const LADDER: readonly bigint[] = [
  -500_000n,
  -300_000n,
  -200_000n,
  -150_000n,
  -100_000n,
  -75_000n,
  -50_000n,
  -30_000n,
  -20_000n,
  -10_000n,
  10_000n,
  20_000n,
  30_000n,
  50_000n,
  75_000n,
  100_000n,
  150_000n,
  200_000n,
  300_000n,
  500_000n,
];
