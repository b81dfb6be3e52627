/**
 * Whether those who came down into one cell stand in it in the order in which they came: positions join a cell in the order in which they are
 * written, and that is all that logs tell of it. Pure.
 */
import { indexKey } from "../core/indexKey.ts";
import type { AccountId, Position } from "../core/types.ts";

/** @param written In the order of the log. @param landed In the order in which they had to be written. */
export function compareCells(written: readonly AccountId[], landed: readonly Position[], base: number): string[] {
  const cells = Map.groupBy(landed, (position) => indexKey(position, base).cell);
  return [...cells.values()].flatMap((members) => {
    const order = members.map(({ account }) => account);
    const was = written.filter((account) => order.includes(account));
    // who was not written at all is named elsewhere
    if (was.length !== order.length || was.every((account, i) => account === order[i])) return [];
    return [`Accounts ${order.join(", ")} came into one cell in this order, and stand in it as ${was.join(", ")}`];
  });
}
