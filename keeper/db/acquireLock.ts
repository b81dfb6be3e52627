/**
 * One process a key, and one a journal: a file with the holder's process id, made atomically. The lock of a process that is gone is stale, and
 * taken over; a process id that was given to another program since is told by its start time.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { ConfigError } from "../errors.ts";

type Holder = { readonly pid: number; readonly host: string; readonly started: string };

export type Lock = { readonly release: () => void };

/** @param what Named in the error: "the key 0x…", "the journal …". */
export function acquireLock(path: string, what: string): Lock {
  mkdirSync(dirname(path), { recursive: true });
  const mine: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  // written aside and linked: the file is never there without its content, and the link fails where one is
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(mine));
  try {
    // twice: once to find a stale one, once to take it over. Who loses that race is told of the winner
    for (let tries = 0; ; tries++) {
      try {
        linkSync(draft, path);
        break;
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
        const holder = readHolder(path);
        if (holder !== undefined && (tries > 1 || isAlive(holder))) throw new LockedError(what, path, holder, cause);
        removeStale(path, holder);
      }
    }
  } finally {
    unlinkSync(draft);
  }
  let held = true;
  return {
    release: () => {
      if (held) rmSync(path, { force: true });
      held = false;
    },
  };
}

/** Somebody else may have taken the stale lock over meanwhile: what was taken away is looked at again, and put back if it is theirs. */
function removeStale(path: string, stale: Holder | undefined): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return;
    throw cause;
  }
  const taken = readHolder(aside);
  if (taken !== undefined && (taken.pid !== stale?.pid || taken.started !== stale.started)) linkSync(aside, path);
  unlinkSync(aside);
}

/** Undefined for a file that is not ours to understand: a lock is written whole, so it is nobody's. */
export function readHolder(path: string): Holder | undefined {
  try {
    const { pid, host, started } = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder>;
    if (typeof pid === "number" && typeof host === "string" && typeof started === "string")
      return { pid, host, started };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT" && !(cause instanceof SyntaxError)) throw cause;
  }
  return undefined;
}

/** A process on another machine cannot be asked: it counts as alive. */
export function isAlive({ pid, host, started }: Holder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
  const now = startOf(pid);
  return now === "" || started === "" || now === started;
}

/** When a process started, in clock ticks since the machine did; "" where that cannot be read. Field 22 of proc_pid_stat(5). */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // the name, in parentheses, may hold anything
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return ""; // not Linux, or gone
  }
}

export class LockedError extends ConfigError {
  constructor(what: string, path: string, { pid, host }: Holder, cause: unknown) {
    super(`${what} is in use by process ${pid} on ${host} (${path}): two keepers must not share it`, { cause });
  }
}
