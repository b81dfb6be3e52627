/**
 * What must hold of the exchange's money at a block: SOLV-1, SOLV-2, FUND-1, and the open interest of SOLV-3.
 */

import { bankruptcyCost } from "../../../keeper/core/closing.ts";
import { abs } from "../../../keeper/core/integers.ts";
import { equityX16 } from "../../../keeper/core/position.ts";
import type { Replay } from "../replay/replayState.ts";
import { heldBy } from "../replay/reserves.ts";
import type { Catalogue } from "./catalogue.ts";
import { checkFunding } from "./checkFunding.ts";
import type { Totals } from "./readTotals.ts";

/** The seed of a market's pot, and what roundings may add to it: a pot's dust is between nothing and this. */
const MOST_DUST = 2_000_000n;

export function checkTotals(replay: Replay, totals: Totals, catalogue: Catalogue): void {
  const at = `block ${totals.block}`;
  const owed = totals.free.reduce((sum, free) => sum + free, 0n) + totals.fund + totals.reserve + totals.treasury;
  const pots = totals.markets.reduce((sum, { pot }) => sum + pot, 0n);
  // orders hold back part of free collateral without its leaving the exchange: it is what is missing here
  const reserved = reservedByOrders(replay);
  const surplus = totals.tokens - owed - pots - reserved;
  catalogue.expect(
    "SOLV-1",
    surplus === 0n,
    () => `${at}: ${totals.tokens} atoms held, ${owed + pots + reserved} owed`,
  );

  for (const [i, { pot, openInterest, funding }] of totals.markets.entries()) {
    const one = replay[i];
    if (one === undefined) continue;
    const label = `${one.market.name}, ${at}`;
    checkFunding(one, funding, label, catalogue);
    let [settled, keyed, equity, lots] = [0n, 0n, 0n, 0n];
    // any price will do, because longs and shorts are equal: the last one
    const prices = one.prices ?? { price: 0n, funding: 0n };
    for (const p of one.positions.positions.values()) {
      const side = p.lots > 0n ? 1n : -1n;
      settled += ((p.margin - side * p.cost) << 16n) + p.lots * p.fundingIndex;
      const b = (bankruptcyCost(p) << 16n) - p.fundingIndex * abs(p.lots); // lots·b
      keyed -= side * b;
      equity += equityX16(p, prices);
      if (p.lots > 0n) lots += p.lots;
    }
    const dust = (pot << 16n) - settled;
    catalogue.expect(
      "SOLV-2",
      settled === keyed && settled === equity,
      () => `${label}: the three forms are ${settled}, ${keyed}, ${equity}`,
    );
    catalogue.expect("SOLV-2", dust >= 0n && dust < MOST_DUST << 16n, () => `${label}: dust is ${dust} (× 2^16)`);
    catalogue.expect(
      "SOLV-3",
      openInterest === lots,
      () => `${label}: open interest ${openInterest}, ${lots} lots are long`,
    );
  }
}

/** By account and market the larger side of what its orders hold back. */
function reservedByOrders(replay: Replay): bigint {
  let total = 0n;
  for (const one of replay) for (const reserves of one.reserves.values()) total += heldBy(reserves);
  return total;
}
