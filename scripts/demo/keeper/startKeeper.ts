/**
 * A keeper as a process of its own, and what it says about itself.
 */
import { fileURLToPath } from "node:url";
import type { Hex } from "viem";
import { startChild } from "../chain/children.ts";
import { onLines } from "../chain/lines.ts";

const SCRIPT = fileURLToPath(new URL("../../../keeper/cli/main.ts", import.meta.url));
/** How often the keeper looks at the chain: the demo waits for it after every block. */
const POLL_MS = 15;

export type StartKeeperParameters = {
  readonly name: string;
  readonly url: string;
  readonly deployment: string;
  readonly key: Hex;
  /** Whether it serves the page. */
  readonly ui: boolean;
};

/** How many attempts ended how. */
export type Attempts = Readonly<Record<string, number>>;

export type KeeperProcess = {
  readonly name: string;
  /** The newest block at which it found nothing more to do, and how many plans it holds back there. */
  readonly idle: () => { readonly block: bigint; readonly waiting: number };
  readonly attempts: () => Attempts;
  /** Attempts that no keeper should ever have to report, and complaints about the endpoint. */
  readonly troubles: () => readonly string[];
  /** Why it is not running any more; undefined while it is. */
  readonly ended: () => string | undefined;
  /** Where it serves the page, once it does. */
  readonly page: () => string | undefined;
  /** Stops its clock. It must be idle. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly stop: () => void;
};

/** Events of the keeper that the demo reads (keeper/ops/events.ts), as JSON has them. */
type KeeperLine = {
  readonly type?: string;
  readonly url?: string;
  readonly block?: number;
  readonly waiting?: number;
  readonly outcome?: { readonly kind?: string; readonly reason?: string };
  readonly reason?: string;
  readonly differences?: readonly string[];
};

export function startKeeper({ name, url, deployment, key, ui }: StartKeeperParameters): KeeperProcess {
  const env = { ...process.env, RPC_URL: url, CHAIN_ID: "31337", KEEPER_PRIVATE_KEY: key, DEPLOYMENT: deployment };
  // a page that is watched for long asks often
  const serving = ui ? ["--http-port", "0", "--rate-limit", "6000"] : [];
  // the demo's chain makes a block for every transaction and none without: nothing there to be polite for, and no journal worth keeping
  const quick = ["--poll-ms", String(POLL_MS), "--jitter-ms", "0", "--head-seconds", "0", "--journal", ":memory:"];
  const child = startChild(SCRIPT, ["--mode", "armed", "--json", ...quick, ...serving], { env });
  const attempts: Record<string, number> = {};
  const troubles: string[] = [];
  const errors: string[] = [];
  let idle = { block: -1n, waiting: 0 };
  let ended: string | undefined;
  let stopping = false;
  let page: string | undefined;

  if (child.stderr !== null) onLines(child.stderr, (line) => errors.push(line));
  if (child.stdout !== null) onLines(child.stdout, (line) => hear(JSON.parse(line) as KeeperLine));
  child.on("exit", (code) => {
    if (!stopping) ended = `${name} ended with code ${code}: ${errors.slice(-5).join(" | ")}`;
  });

  function hear(line: KeeperLine): void {
    if (line.type === "idle") idle = { block: BigInt(line.block ?? -1), waiting: line.waiting ?? 0 };
    if (line.type === "serving") page = line.url;
    if (line.type === "trouble") troubles.push(line.reason ?? "trouble");
    if (line.type === "reconciled" && (line.differences?.length ?? 0) > 0)
      troubles.push(`differences: ${line.differences?.join("; ")}`);
    if (line.type !== "attempt") return;
    const kind = line.outcome?.kind ?? "unknown";
    attempts[kind] = (attempts[kind] ?? 0) + 1;
    if (["unexpected", "ineffective", "infra"].includes(kind)) troubles.push(`${kind}: ${line.outcome?.reason}`);
  }

  return {
    name,
    idle: () => idle,
    attempts: () => attempts,
    troubles: () => troubles,
    ended: () => ended,
    page: () => page,
    pause: () => child.kill("SIGSTOP"),
    resume: () => child.kill("SIGCONT"),
    stop: () => {
      stopping = true;
      child.kill("SIGCONT");
      child.kill("SIGTERM");
    },
  };
}
