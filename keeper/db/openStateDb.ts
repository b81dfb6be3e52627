/**
 * Opens the file of the local copy, alone: two processes on one file would each save half of the truth.
 *
 * In WAL mode a crash at any moment, of the process or of the machine, leaves the last complete save; `synchronous` NORMAL may lose the newest
 * saves with the machine's power, which costs some blocks to follow again and nothing else. What is not a database (any more) is put aside.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { ConfigError } from "../errors.ts";
import { STATE_SCHEMA } from "./stateSchema.ts";

export function openStateDb(path: string): DatabaseSync {
  try {
    return prepare(path);
  } catch (error) {
    if (isBusy(error)) throw new ConfigError(`STATE_DB ${path} is in use by another process`, { cause: error });
    if (!isBroken(error)) {
      const details = error instanceof Error ? error.message : String(error);
      throw new ConfigError(`STATE_DB ${path} cannot be opened`, { details, cause: error });
    }
  }
  // it only ever held what the chain has: a person may want to see it, the keeper does not
  renameSync(path, `${path}.broken`);
  for (const beside of [`${path}-wal`, `${path}-shm`]) if (existsSync(beside)) rmSync(beside);
  return prepare(path);
}

function prepare(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    // the lock is taken by the first write
    db.exec(`BEGIN EXCLUSIVE; ${STATE_SCHEMA} COMMIT;`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode : undefined;
}

/** SQLITE_BUSY, SQLITE_LOCKED */
function isBusy(error: unknown): boolean {
  return [5, 6].includes((codeOf(error) ?? 0) & 0xff);
}

/** SQLITE_CORRUPT, SQLITE_NOTADB */
function isBroken(error: unknown): boolean {
  return [11, 26].includes((codeOf(error) ?? 0) & 0xff);
}
