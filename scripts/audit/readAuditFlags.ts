/**
 * The flags of `npm run adl:audit`. Pure: throws AuditError with one line that names the flag.
 */
import { parseArgs } from "node:util";
import { AuditError } from "../../keeper/audit/AuditError.ts";

export type AuditFlags = {
  /** The transaction to audit; undefined with `all`. */
  readonly tx: `0x${string}` | undefined;
  readonly all: boolean;
  readonly rpc: string;
  /** The chain's own file in deployments/ when missing. */
  readonly deployment: string | undefined;
  /** Blocks a request for logs. */
  readonly range: bigint;
  readonly json: boolean;
  readonly help: boolean;
};

export const USAGE = `npm run -s adl:audit -- --tx HASH | --all [FLAGS]

Computes every deleveraging call again from the exchange's logs alone, by the rank policy that the market had (PnlLeverage or
LeverageWaterfill), and says "correct", or who was wronged by how much.

  --tx HASH           the calls of one transaction
  --all               every call since the deployment
  --rpc URL           endpoint [RPC_URL, or http://127.0.0.1:8545]
  --deployment FILE   [deployments/<chain id>.json]
  --range N           blocks a request for logs [10000]
  --json              one JSON object on stdout

Exit code: 0 all correct, 2 somebody was wronged or something does not fit, 1 the audit could not be made.
`;

const options = {
  tx: { type: "string" },
  all: { type: "boolean" },
  rpc: { type: "string" },
  deployment: { type: "string" },
  range: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

export function readAuditFlags(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): AuditFlags {
  const { tx, all = false, rpc, deployment, range = "10000", json = false, help = false } = parse(args);
  const url = rpc ?? environment["RPC_URL"] ?? "http://127.0.0.1:8545";
  if (!help) {
    if (tx === undefined && !all) throw new AuditError("--tx HASH or --all is needed (see --help)");
    if (tx !== undefined && all) throw new AuditError("--tx and --all exclude each other");
    if (tx !== undefined && !isHash(tx))
      throw new AuditError(`--tx must be a transaction hash, 0x and 64 hex digits: ${tx}`);
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw new AuditError("--rpc must be an http or https URL");
    if (!/^[1-9]\d{0,8}$/.test(range)) throw new AuditError(`--range must be a positive whole number: ${range}`);
  }
  return {
    tx: tx !== undefined && isHash(tx) ? tx : undefined,
    all,
    rpc: url,
    deployment,
    range: BigInt(help ? 1 : range),
    json,
    help,
  };
}

function isHash(text: string): text is `0x${string}` {
  return /^0x[0-9a-fA-F]{64}$/.test(text);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false, strict: true }).values;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new AuditError(`${message.split(/\. |\n/)[0]} (see --help)`, { cause });
  }
}
