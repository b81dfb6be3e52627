/**
 * The positions that one direction of the price hurts, in the two orders that matter: by bankruptcy price and by liquidation price.
 */
import { coordinateU, MAX_U } from "../grid.ts";
import type { Columns } from "./createColumns.ts";
import { createSortedBlocks, type SortedBlocks } from "./createSortedBlocks.ts";
import { NEVER, wordsOf } from "./writeKey.ts";

export type RiskSide = {
  readonly bankruptcies: SortedBlocks;
  readonly liquidations: SortedBlocks;
  /** Lots by index coordinate u: how much profit, in whole ticks of entry. */
  readonly lotsByPlace: Float64Array;
  readonly insert: (row: number) => void;
  readonly remove: (row: number) => void;
};

export function createSide(columns: Columns, isLong: boolean): RiskSide {
  const select = (keys: BigInt64Array) => {
    const rows = new Int32Array(columns.open);
    const words = wordsOf(keys);
    let n = 0;
    for (let row = 0; row < columns.length; row++) {
      const lots = columns.lots[row] as number;
      // NEVER is the only negative key
      if (lots !== 0 && lots > 0 === isLong && (words[2 * row + 1] as number) >= 0) rows[n++] = row;
    }
    return rows.subarray(0, n);
  };
  const [bankruptcyKey, liquidationKey] = [columns.bankruptcyKey, columns.liquidationKey];
  const bankruptcies = createSortedBlocks(select(bankruptcyKey), bankruptcyKey, columns.lots, columns.settled);
  // nothing asks for the K of those
  const liquidations = createSortedBlocks(select(liquidationKey), liquidationKey, columns.lots);
  const lotsByPlace = new Float64Array(MAX_U + 1);
  const count = (row: number, sign: 1 | -1) => {
    const u = coordinateU(isLong, columns.tick[row] as number);
    lotsByPlace[u] = (lotsByPlace[u] as number) + sign * Math.abs(columns.lots[row] as number);
  };
  for (let row = 0; row < columns.length; row++) {
    const lots = columns.lots[row] as number;
    if (lots !== 0 && lots > 0 === isLong) count(row, 1);
  }
  const change = (row: number, kind: "insert" | "remove") => {
    count(row, kind === "insert" ? 1 : -1);
    const lots = Math.abs(columns.lots[row] as number);
    const cost = columns.settled[row] as number;
    const [bankruptcy, liquidation] = [columns.bankruptcyKey[row] as bigint, columns.liquidationKey[row] as bigint];
    if (bankruptcy !== NEVER) bankruptcies[kind](bankruptcy, row, lots, cost);
    if (liquidation !== NEVER) liquidations[kind](liquidation, row, lots, 0);
  };
  return {
    bankruptcies,
    liquidations,
    lotsByPlace,
    insert: (row) => change(row, "insert"),
    remove: (row) => change(row, "remove"),
  };
}
