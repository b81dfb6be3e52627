/**
 * The flags of the command `risk`.
 */
import { parsePercent } from "./parsePercent.ts";
import { takeFlags } from "./takeFlags.ts";

export type RiskFlags = {
  /** Name or number. */
  readonly market: string | undefined;
  /** Pips, signed. */
  readonly shock: bigint | undefined;
  /** What is left, for the settings. */
  readonly rest: readonly string[];
};

export function readRiskFlags(args: readonly string[]): RiskFlags {
  const { one, rest } = takeFlags(args, ["market", "shock"]);
  const shock = one("shock");
  return { market: one("market"), shock: shock === undefined ? undefined : parsePercent("shock", shock), rest };
}
