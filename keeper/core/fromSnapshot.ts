/**
 * Builds a market's state from open positions and their links in the cells' circular FIFO lists (ILens.PositionEntry).
 */
import { KeeperError } from "../errors.ts";
import { indexKey } from "./indexKey.ts";
import { cellsOf, createMarketState, type MarketState } from "./marketState.ts";
import type { AccountId, Entry, IndexKey, Position } from "./types.ts";

/** `prev` is 0 for the first of a cell; `next` of the last is the first. */
export type LinkedPosition = Position & { readonly prev: AccountId; readonly next: AccountId };

/** Throws SnapshotError when the links do not form one list a cell: then the pages were not of one block, or a key differs. */
export function fromSnapshot(base: number, positions: readonly LinkedPosition[]): MarketState {
  const state = createMarketState(base);
  const byAccount = new Map<AccountId, LinkedPosition & IndexKey>();
  for (const p of positions) byAccount.set(p.account, { ...p, ...indexKey(p, base) });

  for (const head of byAccount.values()) {
    if (head.prev !== 0) continue;
    const cells = cellsOf(state, head.isLong);
    if (cells.has(head.cell))
      throw new SnapshotError(`cell ${head.cell} has two heads, one is account ${head.account}`);
    const cell = new Map<AccountId, Entry>();
    let member: LinkedPosition & IndexKey = head;
    do {
      if (member.isLong !== head.isLong || member.cell !== head.cell || cell.has(member.account)) {
        throw new SnapshotError(`account ${member.account} is linked into the cell of account ${head.account}`);
      }
      const { prev: _prev, next: _next, ...rest } = member;
      const entry: Entry = { ...rest, joined: state.clock++ };
      cell.set(entry.account, entry);
      state.positions.set(entry.account, entry);
      const next = byAccount.get(member.next);
      if (next === undefined)
        throw new SnapshotError(`account ${member.account} links to ${member.next}, which has no position`);
      member = next;
    } while (member.account !== head.account);
    cells.set(head.cell, cell);
  }
  if (state.positions.size !== byAccount.size) {
    throw new SnapshotError(`${byAccount.size - state.positions.size} positions are in no cell's list`);
  }
  return state;
}

export class SnapshotError extends KeeperError {
  override readonly name = "SnapshotError";

  constructor(details: string) {
    super("The snapshot of the index is not consistent", { details });
  }
}
