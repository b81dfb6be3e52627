/**
 * Where a position lies in the rank index. Computed from stored values, so price and funding never move it.
 */
import { bankruptcyTick, cellOf, coordinateU, coordinateV, entryTick } from "./grid.ts";
import { abs } from "./integers.ts";
import { normalisedBankruptcyPrice } from "./position.ts";
import type { IndexKey, Position } from "./types.ts";

export function indexKey(p: Position, base: number): IndexKey {
  const isLong = p.lots > 0n;
  const u = coordinateU(isLong, entryTick((p.cost << 16n) / abs(p.lots), base));
  const v = coordinateV(isLong, bankruptcyTick(normalisedBankruptcyPrice(p), base));
  return { isLong, u, v, cell: cellOf(u, v) };
}
