/**
 * Account → row. Account ids are given out one after the other, so a table is smaller and faster than a Map; only ids beyond it are mapped.
 */
import type { AccountId } from "../types.ts";

const TABLE_LIMIT = 1 << 24;

export type RowMap = {
  readonly get: (account: AccountId) => number | undefined;
  readonly set: (account: AccountId, row: number) => void;
  readonly delete: (account: AccountId) => void;
};

export function createRowMap(): RowMap {
  // row + 1, so that 0 is none
  let table = new Int32Array(1024);
  const others = new Map<AccountId, number>();
  return {
    get(account) {
      if (account >= TABLE_LIMIT) return others.get(account);
      const entry = table[account] ?? 0;
      return entry === 0 ? undefined : entry - 1;
    },
    set(account, row) {
      if (account >= TABLE_LIMIT) others.set(account, row);
      else {
        if (account >= table.length) grow(account);
        table[account] = row + 1;
      }
    },
    delete(account) {
      if (account >= TABLE_LIMIT) others.delete(account);
      else if (account < table.length) table[account] = 0;
    },
  };

  function grow(account: number): void {
    const larger = new Int32Array(Math.min(TABLE_LIMIT, 2 * account + 1));
    larger.set(table);
    table = larger;
  }
}
