/**
 * The flags of the command `replay`.
 */
import { ConfigError } from "../errors.ts";
import { takeFlags } from "./takeFlags.ts";

export type ReplayFlags = {
  readonly from: bigint;
  /** The newest block when it is missing. */
  readonly to: bigint | undefined;
  /** Name or number. */
  readonly market: string | undefined;
  /** What is left, for the settings. */
  readonly rest: readonly string[];
};

export function readReplayFlags(args: readonly string[]): ReplayFlags {
  const { one, rest } = takeFlags(args, ["from", "to", "market"]);
  const from = blockOf("from", one("from"));
  const to = blockOf("to", one("to"));
  if (from === undefined) throw new ConfigError("replay needs --from, the first block to replay");
  if (to !== undefined && to < from) throw new ConfigError(`--to must not be before --from: ${to} < ${from}`);
  return { from, to, market: one("market"), rest };
}

function blockOf(name: string, text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new ConfigError(`--${name} must be a block number: ${text}`);
  return BigInt(text);
}
