/**
 * The tables of the local copy of positions. Amounts are INTEGER where a double holds them and decimal TEXT where not: SQLite's integers are
 * 64 bits wide, the contract's are not.
 */

/** Another version's file is not read: a snapshot replaces it. */
export const STATE_VERSION = 2;

export const STATE_SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS market (
    id INTEGER PRIMARY KEY,
    listed TEXT NOT NULL,
    sequence TEXT NOT NULL,
    accrued_at TEXT NOT NULL,
    clock INTEGER NOT NULL,
    positions INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS position (
    market INTEGER NOT NULL, account INTEGER NOT NULL,
    lots NOT NULL, cost NOT NULL, margin NOT NULL, funding_index NOT NULL, joined INTEGER NOT NULL,
    PRIMARY KEY (market, account)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS top_up (
    market INTEGER NOT NULL, account INTEGER NOT NULL, trigger_rate TEXT NOT NULL, remaining TEXT NOT NULL,
    PRIMARY KEY (market, account)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS trigger_list (
    market INTEGER NOT NULL, account INTEGER NOT NULL, orders TEXT NOT NULL,
    PRIMARY KEY (market, account)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS step (
    market INTEGER NOT NULL, account INTEGER NOT NULL, began TEXT NOT NULL, closed TEXT NOT NULL,
    PRIMARY KEY (market, account)
  ) WITHOUT ROWID;
`;
