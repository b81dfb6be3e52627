/**
 * A keeper as a process of its own: started, killed, started again over the same journal; what it says is counted, and its memory is asked of the system.
 */
import { type ChildProcess, execFileSync } from "node:child_process";
import { startChild } from "../demo/chain/children.ts";
import { onLines } from "../demo/chain/lines.ts";

export type KeeperProcess = {
  /** Events by type, outcomes as `kind outcome`. */
  readonly counts: Readonly<Record<string, number>>;
  /** What no keeper should say. */
  readonly troubles: readonly string[];
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<number | null>;
  readonly start: () => Promise<void>;
  /** Resident memory, MiB. */
  readonly memory: () => number | undefined;
};

export type KeeperProcessParameters = {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

type Said = {
  readonly type?: string;
  readonly reason?: string;
  readonly differences?: readonly string[];
  readonly outcome?: { readonly kind: string; readonly reason?: string };
};

const START_MS = 60_000;

export function createKeeperProcess({ args, env }: KeeperProcessParameters): KeeperProcess {
  const counts: Record<string, number> = {};
  const troubles: string[] = [];
  let child: ChildProcess | undefined;
  let ended: Promise<number | null> = Promise.resolve(0);

  async function start(): Promise<void> {
    const one = startChild("keeper/cli/main.ts", args, { env: { PATH: process.env["PATH"] ?? "", ...env } });
    child = one;
    ended = new Promise((resolve) => one.on("exit", resolve));
    const tail: string[] = [];
    const ready = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`a keeper did not start:\n${tail.join("\n")}`)), START_MS);
      const hear = (line: string) => {
        tail.push(line);
        if (tail.length > 10) tail.shift();
        if (listen(line)) {
          clearTimeout(timer);
          resolve();
        }
      };
      for (const stream of [one.stdout, one.stderr]) if (stream !== null) onLines(stream, hear);
    });
    await Promise.race([
      ready,
      ended.then((code) => Promise.reject(new Error(`a keeper ended with ${code}:\n${tail.join("\n")}`))),
    ]);
  }

  /** Whether it said that it has its copy of the chain. */
  function listen(line: string): boolean {
    if (!line.startsWith("{")) return false;
    const { type = "", reason = "", differences = [], outcome } = JSON.parse(line) as Said;
    count(type);
    if (outcome !== undefined) count(`${type} ${outcome.kind}`);
    if (outcome?.kind === "unexpected" || outcome?.kind === "ineffective")
      troubles.push(`${outcome.kind}: ${outcome.reason}`);
    if (type === "anomaly" && /price is not/.test(reason)) troubles.push(line);
    if (type === "reconciled" && differences.length > 0)
      troubles.push(`I3: the local state differed: ${differences[0]}`);
    // not idle: what it sent before it was killed may wait for a block, and nobody makes one while it starts
    return type === "snapshot" || type === "resumed";
  }

  function count(what: string): void {
    counts[what] = (counts[what] ?? 0) + 1;
  }

  return {
    counts,
    troubles,
    start,
    kill: async () => {
      child?.kill("SIGKILL");
      await ended;
    },
    stop: async () => {
      child?.kill("SIGTERM");
      return ended;
    },
    memory: () => {
      if (child?.pid === undefined || child.exitCode !== null) return undefined;
      return Number(execFileSync("ps", ["-o", "rss=", "-p", String(child.pid)], { encoding: "utf8" })) / 1024;
    },
  };
}
