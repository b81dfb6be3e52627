/**
 * The journal's schema, one step a version. A step that was released is never changed: the next one is added.
 *
 * Amounts are decimal text: SQLite's integers end at 63 bits.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

   CREATE TABLE intents (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     plan_id TEXT NOT NULL,
     plan_key TEXT NOT NULL,
     plan TEXT NOT NULL,
     call_to TEXT NOT NULL,
     call_data TEXT NOT NULL,
     nonce INTEGER NOT NULL,
     status TEXT NOT NULL CHECK (status IN ('open', 'abandoned', 'mined', 'final', 'replaced', 'external')),
     planned_block TEXT NOT NULL,
     opened_at INTEGER NOT NULL,
     cancel_requested INTEGER NOT NULL DEFAULT 0,
     mined_hash TEXT,
     mined_block TEXT,
     mined_block_hash TEXT,
     mined_at INTEGER,
     outcome TEXT,
     reason TEXT,
     fee_paid TEXT
   ) STRICT;
   CREATE INDEX intents_by_status ON intents (status, nonce);
   CREATE INDEX intents_by_plan ON intents (plan_id);
   -- one nonce is worked on at a time, and by one intent
   CREATE UNIQUE INDEX one_open_intent_a_nonce ON intents (nonce) WHERE status = 'open';

   CREATE TABLE attempts (
     hash TEXT PRIMARY KEY,
     intent INTEGER NOT NULL REFERENCES intents (id),
     raw TEXT NOT NULL,
     is_cancel INTEGER NOT NULL,
     gas TEXT NOT NULL,
     max_fee TEXT NOT NULL,
     priority_fee TEXT NOT NULL,
     block TEXT NOT NULL,
     broadcasts INTEGER NOT NULL DEFAULT 0,
     last_error TEXT
   ) STRICT;
   CREATE INDEX attempts_by_intent ON attempts (intent);

   -- every decision about a plan, also the ones that ended before a signature
   CREATE TABLE decisions (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     at INTEGER NOT NULL,
     block TEXT NOT NULL,
     plan_key TEXT NOT NULL,
     outcome TEXT NOT NULL,
     reason TEXT NOT NULL,
     intent INTEGER REFERENCES intents (id)
   ) STRICT;`,
];
