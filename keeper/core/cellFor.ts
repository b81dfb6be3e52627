/**
 * The index cell of a position: in doubles where that is exact, else in bigint.
 */
import { indexCellNear } from "./indexCellNear.ts";
import { indexKey } from "./indexKey.ts";
import type { Position } from "./types.ts";

export function cellFor(p: Position, base: number): number {
  const near = indexCellNear(Number(p.lots), Number(p.cost), Number(p.margin), Number(p.fundingIndex), base);
  return near === -1 ? indexKey(p, base).cell : near;
}
