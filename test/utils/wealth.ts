import { equityX16, X16 } from "./model.ts";
import { readExchange } from "./state.ts";
import type { Trader, Venue } from "./venue.ts";

/** Free collateral, order reserves and equity at the mark of some accounts in all markets, × 2^16; exact. */
export async function wealthX16(venue: Venue, traders: readonly Trader[]): Promise<bigint> {
  const state = await readExchange(venue);
  let sum = 0n;
  for (const { account } of traders) {
    sum += (state.free.get(account) ?? 0n) * X16;
    for (const market of state.markets) {
      const held = market.reserved.get(account);
      if (held) sum += (held.bid > held.ask ? held.bid : held.ask) * X16;
      const p = market.positions.get(account);
      if (p) sum += equityX16(p, market.prices);
    }
  }
  return sum;
}
