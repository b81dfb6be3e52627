/**
 * A move of the price as people write it: "-20%" → −200,000 pips.
 */
import { ConfigError } from "../errors.ts";

/** Above −100 %, up to +1000 %, at most four decimals. Throws ConfigError that names the flag. */
export function parsePercent(flag: string, text: string): bigint {
  const match = /^([+-]?)(\d{1,4})(?:\.(\d{1,4}))?%$/.exec(text);
  if (match === null) throw new ConfigError(`--${flag} must be a percentage like -20% or 7.5%: ${text}`);
  const [, sign, whole = "", part = ""] = match;
  const size = BigInt(whole) * 10_000n + BigInt(part.padEnd(4, "0"));
  const move = sign === "-" ? -size : size;
  if (move <= -1_000_000n || move > 10_000_000n) {
    throw new ConfigError(`--${flag} must lie above -100% and at most at 1000%: ${text}`);
  }
  return move;
}
