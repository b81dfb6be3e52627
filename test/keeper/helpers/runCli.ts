/**
 * The keeper's command line as a process of its own, and what came of it.
 */
import { type ChildProcess, spawn } from "node:child_process";

export type CliRun = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
export type StartedCli = {
  readonly child: ChildProcess;
  readonly end: Promise<CliRun>;
  /** Resolves when it said so on either stream; rejects when it ended before. */
  readonly until: (pattern: RegExp) => Promise<void>;
  /** So far, on both streams. */
  readonly said: () => string;
};

export function startCli(args: readonly string[], env: Readonly<Record<string, string>>): StartedCli {
  const child = spawn(process.execPath, ["keeper/cli/main.ts", ...args], {
    env: { PATH: process.env["PATH"], ...env },
  });
  const out = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (out.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (out.stderr += chunk.toString()));
  const end = new Promise<CliRun>((resolve) => child.on("close", (code) => resolve({ code, ...out })));
  const until = async (pattern: RegExp): Promise<void> => {
    for (let i = 0; i < 1_200; i++) {
      if (pattern.test(out.stdout) || pattern.test(out.stderr)) return;
      if (child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`${pattern} was not said:\n${(out.stdout + out.stderr).slice(-2_000)}`);
  };
  return { child, end, until, said: () => out.stdout + out.stderr };
}

export function runCli(args: readonly string[], env: Readonly<Record<string, string>>): Promise<CliRun> {
  return startCli(args, env).end;
}
