/**
 * The positions that one direction of the price hurts, in the two orders that matter: by bankruptcy price and by liquidation price.
 */
import { type Columns, NEVER } from "./createColumns.ts";
import { createSortedBlocks, type SortedBlocks } from "./createSortedBlocks.ts";

export type RiskSide = {
  readonly bankruptcies: SortedBlocks;
  readonly liquidations: SortedBlocks;
  readonly insert: (row: number) => void;
  readonly remove: (row: number) => void;
};

export function createSide(columns: Columns, isLong: boolean): RiskSide {
  const select = (keys: BigInt64Array) => {
    const rows = new Int32Array(columns.open);
    let n = 0;
    for (let row = 0; row < columns.length; row++) {
      const lots = columns.lots[row] as number;
      if (lots !== 0 && lots > 0 === isLong && (keys[row] as bigint) !== NEVER) rows[n++] = row;
    }
    return rows.subarray(0, n);
  };
  const build = (keys: BigInt64Array) => createSortedBlocks(select(keys), keys, columns.lots, columns.settled);
  const bankruptcies = build(columns.bankruptcyKey);
  const liquidations = build(columns.liquidationKey);
  const change = (row: number, kind: "insert" | "remove") => {
    const lots = Math.abs(columns.lots[row] as number);
    const cost = columns.settled[row] as number;
    const [bankruptcy, liquidation] = [columns.bankruptcyKey[row] as bigint, columns.liquidationKey[row] as bigint];
    if (bankruptcy !== NEVER) bankruptcies[kind](bankruptcy, row, lots, cost);
    if (liquidation !== NEVER) liquidations[kind](liquidation, row, lots, cost);
  };
  return {
    bankruptcies,
    liquidations,
    insert: (row) => change(row, "insert"),
    remove: (row) => change(row, "remove"),
  };
}
