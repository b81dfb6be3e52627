/**
 * What must hold between any two transactions, by the replay alone: SOLV-3 (the two sides), SOLV-6 and BOOK-1 (the touch).
 */

import { bestTick } from "../../../keeper/audit/restingOrders.ts";
import { bankruptcyCost } from "../../../keeper/core/closing.ts";
import { abs } from "../../../keeper/core/integers.ts";
import type { Entry } from "../../../keeper/core/types.ts";
import type { MarketReplay } from "../replay/replayState.ts";
import type { Catalogue } from "./catalogue.ts";

export function checkBook(one: MarketReplay, label: string, catalogue: Catalogue): void {
  const [bid, ask] = [bestTick(one.orders.values(), true), bestTick(one.orders.values(), false)];
  const crossed = bid !== undefined && ask !== undefined && bid >= ask;
  catalogue.expect("BOOK-1", !crossed, () => `${label}: best bid ${bid}, best ask ${ask}`);
}

export function checkPositions(one: MarketReplay, label: string, catalogue: Catalogue): void {
  let [longs, shorts] = [0n, 0n];
  let highest: Entry | undefined;
  let lowest: Entry | undefined;
  for (const entry of one.positions.positions.values()) {
    if (entry.lots > 0n) {
      longs += entry.lots;
      if (highest === undefined || isBelow(highest, entry)) highest = entry;
    } else {
      shorts -= entry.lots;
      if (lowest === undefined || isBelow(entry, lowest)) lowest = entry;
    }
  }
  catalogue.expect("SOLV-3", longs === shorts, () => `${label}: ${longs} lots long, ${shorts} short`);
  const open = highest === undefined || lowest === undefined || isBelow(highest, lowest);
  catalogue.expect(
    "SOLV-6",
    open,
    () => `${label}: b of long ${highest?.account} is not below b of short ${lowest?.account}`,
  );
}

/** Whether b of one is strictly below b of the other, as exact rationals: b = (K·2^16 − F₀·q) / (q·2^16). */
function isBelow(a: Entry, b: Entry): boolean {
  const [qa, qb] = [abs(a.lots), abs(b.lots)];
  const scaled = (p: Entry, q: bigint) => (bankruptcyCost(p) << 16n) - p.fundingIndex * q;
  return scaled(a, qa) * qb < scaled(b, qb) * qa;
}
