/** What the exchange says in its refusals: exact amounts without a trade. */
import { GAS, trader, type Venue } from "./venue.ts";

/** The amount that a call's error names in this place; throws when the call did not fail with it. */
async function amountIn(call: Promise<unknown>, error: RegExp): Promise<bigint> {
  const message = await call.then(
    () => "no error",
    (e: Error) => e.message,
  );
  const amount = error.exec(message)?.[1];
  if (amount === undefined) throw new Error(`expected ${error}, got: ${message}`);
  return BigInt(amount);
}

/** Margin that the trader could take out, by removeMargin's own words. */
export function withdrawable(v: Venue, i: number, market = 1): Promise<bigint> {
  const call = trader(v, i).exchange.removeMargin.staticCall(market, 10n ** 15n, GAS);
  return amountIn(call, /InsufficientMargin\(\d+, (\d+), \d+\)/);
}

/** Maintenance margin of the trader's position, by liquidate's own words. */
export function maintenanceOf(v: Venue, i: number, market = 1): Promise<bigint> {
  const call = v.exchange.liquidate.staticCall(market, trader(v, i).account, 1, GAS);
  return amountIn(call, /NotLiquidatable\(\d+, -?\d+, (\d+)\)/);
}
