/**
 * The demo's child processes: started here, ended here, whatever way the demo itself ends.
 */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";

const children = new Set<ChildProcess>();
let ending = false;

/** A Node process of this checkout. Its standard input is a pipe that closes with us. */
export function startChild(script: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(process.execPath, [script, ...args], { ...options, stdio: ["pipe", "pipe", "pipe"] });
  children.add(child);
  child.on("exit", () => children.delete(child));
  child.on("error", () => children.delete(child));
  return child;
}

/** Whether the demo itself is ending its children: then their end is no accident. */
export function isEnding(): boolean {
  return ending;
}

/** Kills what still runs. SIGKILL, because a child may be stopped (SIGSTOP) and none of them has anything to save. */
export function killChildren(): void {
  ending = true;
  for (const child of children) child.kill("SIGKILL");
  children.clear();
}

/** To be called once, before the first child starts. */
export function killChildrenOnExit(): void {
  process.on("exit", killChildren);
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    process.on(signal, () => process.exit(code));
  }
}
