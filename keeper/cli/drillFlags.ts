/**
 * The flags of the command `drill`.
 */
import { parseUnits } from "viem";
import type { DrillOptions } from "../drill/options.ts";
import type { Shock } from "../drill/shock.ts";
import { ConfigError } from "../errors.ts";
import { parsePercent } from "./parsePercent.ts";
import { takeFlags, wholeNumber } from "./takeFlags.ts";

export type DrillFlags = DrillOptions & {
  /** What is left, for the settings. */
  readonly rest: readonly string[];
};

const NAMES = ["shock", "bankrupt", "max-blocks", "max-seconds", "block-seconds", "feed-age"] as const;
const ONE = 1_000_000n;
const MAX_MULTIPLIER = 1_000n * ONE;

export function readDrillFlags(args: readonly string[]): DrillFlags {
  const { all, one, rest } = takeFlags(args, NAMES);
  const shocks = all("shock").map(parseShock);
  const bankrupt = one("bankrupt");
  if (shocks.length > 0 && bankrupt !== undefined) throw new ConfigError("--shock and --bankrupt exclude each other");
  return {
    shocks,
    bankrupt: wholeNumber("bankrupt", bankrupt, { least: 1, most: 1_000_000, fallback: 5 }),
    maxBlocks: wholeNumber("max-blocks", one("max-blocks"), { least: 1, most: 100_000, fallback: 500 }),
    maxSeconds: wholeNumber("max-seconds", one("max-seconds"), { least: 1, most: 86_400, fallback: 600 }),
    blockSeconds: wholeNumber("block-seconds", one("block-seconds"), { least: 1, most: 3_600, fallback: 12 }),
    feedAge: wholeNumber("feed-age", one("feed-age"), { least: 0, most: 604_800, fallback: 0 }),
    rest,
  };
}

/** `-30%`, `x0.7`, or with a market `BTC=-30%`, `BTC=x0.7`, `BTC=65000`. Throws ConfigError. */
function parseShock(given: string): Shock {
  const [first = "", ...others] = given.split("=");
  const market = others.length === 0 ? undefined : first;
  const text = others.length === 0 ? first : others.join("=");
  if (text.endsWith("%")) return { market, move: parsePercent("shock", text) };
  const multiplier = /^x(\d{1,4}(?:\.\d{1,6})?)$/.exec(text)?.[1];
  if (multiplier !== undefined) {
    const factor = parseUnits(multiplier, 6);
    if (factor === 0n || factor > MAX_MULTIPLIER) {
      throw new ConfigError(`--shock must multiply by more than 0 and at most by 1000: ${text}`);
    }
    return { market, move: factor - ONE };
  }
  if (/^\d{1,12}(?:\.\d{1,18})?$/.test(text) && market !== undefined) {
    const price = parseUnits(text, 18);
    if (price > 0n) return { market, price };
  }
  throw new ConfigError(`--shock must be like -30%, x0.7, BTC=-30%, BTC=x0.7 or BTC=65000: ${given}`);
}
