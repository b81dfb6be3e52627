/**
 * The flags of the command `risk`. They are not settings of the keeper, and `--shock -20%` begins its value with a dash, which parsers of
 * flags refuse; so they are taken out before the settings are read.
 */
import { ConfigError } from "../errors.ts";

export type RiskFlags = {
  /** Name or number. */
  readonly market: string | undefined;
  /** Pips, signed. */
  readonly shock: bigint | undefined;
  /** What is left, for the settings. */
  readonly rest: readonly string[];
};

const NAMES = ["market", "shock"] as const;
type Name = (typeof NAMES)[number];

export function readRiskFlags(args: readonly string[]): RiskFlags {
  const found: Partial<Record<Name, string>> = {};
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [flag = "", ...inline] = (args[i] ?? "").split("=");
    const name = NAMES.find((known) => flag === `--${known}`);
    if (name === undefined) {
      rest.push(args[i] ?? "");
      continue;
    }
    const value = inline.length > 0 ? inline.join("=") : args[++i];
    if (value === undefined || value === "") throw new ConfigError(`--${name} needs a value`);
    if (found[name] !== undefined) throw new ConfigError(`--${name} is given twice`);
    found[name] = value;
  }
  return { market: found.market, shock: found.shock === undefined ? undefined : parseShock(found.shock), rest };
}

/** "-20%" → −200,000 pips. Above −100 %, up to +1000 %, at most four decimals. */
function parseShock(text: string): bigint {
  const match = /^([+-]?)(\d{1,4})(?:\.(\d{1,4}))?%$/.exec(text);
  if (match === null) throw new ConfigError(`--shock must be a percentage like -20% or 7.5%: ${text}`);
  const [, sign, whole = "", part = ""] = match;
  const size = BigInt(whole) * 10_000n + BigInt(part.padEnd(4, "0"));
  const move = sign === "-" ? -size : size;
  if (move <= -1_000_000n || move > 10_000_000n) {
    throw new ConfigError(`--shock must lie above -100% and at most at 1000%: ${text}`);
  }
  return move;
}
