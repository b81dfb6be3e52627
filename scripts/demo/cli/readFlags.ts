/**
 * The demo's command line. Pure: throws DemoError with one line that names the flag.
 */
import { parseArgs } from "node:util";
import { DemoError } from "./demoError.ts";

export type DemoFlags = {
  /** CSV that drives the price of BTC; the built-in path when missing. */
  readonly prices: string | undefined;
  /** Traders, makers and bidders together. */
  readonly accounts: number;
  readonly seed: number;
  readonly json: boolean;
  readonly shock: boolean;
  /** Armed keepers running at once. */
  readonly keepers: number;
  /** Chain and keeper stay, with the page served. */
  readonly ui: boolean;
  /** At the end, judge every deleveraging call again from logs alone, as `npm run adl:audit -- --all` does. */
  readonly audit: boolean;
  readonly help: boolean;
};

/** Fewer accounts cannot be makers, bidders and both sides of two markets; more is slower than anybody wants to wait. */
const ACCOUNTS = { least: 40, most: 2_000, fallback: 300 };
const MAX_SEED = 2 ** 32 - 1;

const options = {
  prices: { type: "string" },
  accounts: { type: "string" },
  seed: { type: "string" },
  json: { type: "boolean" },
  shock: { type: "boolean" },
  keepers: { type: "string" },
  ui: { type: "boolean" },
  audit: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

export const USAGE = `npm run demo [-- FLAGS]

  --prices FILE.csv   price path of BTC: columns utc or open_time_ms, open, high, low, close; gaps are a stale oracle
  --accounts N        accounts that trade [${ACCOUNTS.fallback}]
  --seed S            seed of everything random [1]
  --shock             instead of a path: one oracle step of -60 %, then one of +150 %
  --keepers N         armed keepers at once, 1 or 2 [1]
  --ui                serve the page, and keep chain and keeper running at the end; positions stay open
  --audit             at the end, judge every deleveraging call again from logs alone (npm run adl:audit -- --all)
  --json              one JSON object on stdout, progress on stderr
`;

export function readFlags(args: readonly string[]): DemoFlags {
  const {
    prices,
    accounts,
    seed,
    json = false,
    shock = false,
    keepers,
    ui = false,
    audit = false,
    help = false,
  } = parse(args);
  if (prices === "") throw new DemoError("--prices must be a path");
  if (shock && prices !== undefined)
    throw new DemoError("--shock and --prices exclude each other: a shock has its own path");
  if (ui && json) throw new DemoError("--ui and --json exclude each other: one stays, the other ends with its report");
  return {
    prices,
    accounts: integer("--accounts", accounts, ACCOUNTS.least, ACCOUNTS.most, ACCOUNTS.fallback),
    seed: integer("--seed", seed, 0, MAX_SEED, 1),
    json,
    shock,
    keepers: integer("--keepers", keepers, 1, 2, 1),
    ui,
    audit,
    help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false, strict: true }).values;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new DemoError(`${message.split(/\. |\n/)[0]} (see --help)`, { cause });
  }
}

function integer(flag: string, text: string | undefined, least: number, most: number, fallback: number): number {
  if (text === undefined) return fallback;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new DemoError(`${flag} must be a whole number between ${least} and ${most}, not "${text}"`);
  }
  return value;
}
