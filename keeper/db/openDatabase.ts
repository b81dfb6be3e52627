/**
 * Opens the journal's database: durable at every commit, at the newest schema, and of this chain, exchange and key. Anything else fails here,
 * before a transaction could be signed.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ConfigError } from "../errors.ts";
import { MIGRATIONS } from "./migrations.ts";

/** A command that reads while the keeper writes waits this long rather than fail. */
const BUSY_MS = 5_000;

/** @param path A file, or ":memory:". @param identity What the database belongs to; checked against what it was made for. */
export function openDatabase(path: string, identity?: Readonly<Record<string, string>>): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(path, { timeout: BUSY_MS });
    // FULL: a commit is on the disk when it returns, which is what "journal before broadcast" means
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
    const check = database.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
    if (check.quick_check !== "ok") throw new Error(check.quick_check);
    migrate(database, path);
    if (identity !== undefined) checkIdentity(database, path, identity);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof ConfigError) throw cause;
    const details = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`JOURNAL ${path} cannot be used`, { details, cause });
  }
}

function migrate(database: DatabaseSync, path: string): void {
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version > MIGRATIONS.length) {
    throw new ConfigError(
      `JOURNAL ${path} was written by a newer keeper (schema ${version}, this one knows ${MIGRATIONS.length})`,
    );
  }
  for (const [i, step] of MIGRATIONS.slice(version).entries()) {
    database.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${version + i + 1}; COMMIT;`);
  }
}

function checkIdentity(database: DatabaseSync, path: string, identity: Readonly<Record<string, string>>): void {
  const find = database.prepare("SELECT value FROM meta WHERE key = ?");
  const add = database.prepare("INSERT INTO meta (key, value) VALUES (?, ?)");
  for (const [key, value] of Object.entries(identity)) {
    const known = find.get(key) as { value: string } | undefined;
    if (known === undefined) add.run(key, value);
    else if (known.value !== value) {
      throw new ConfigError(
        `JOURNAL ${path} is of another ${key} (${known.value}, now ${value}): move the file away, or name another one`,
      );
    }
  }
}
