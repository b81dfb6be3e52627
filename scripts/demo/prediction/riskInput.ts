/**
 * A market of the demo as the risk engine takes it, from the events alone.
 */
import { riskInputOf } from "../../../keeper/core/risk/riskInputOf.ts";
import type { RiskFund, RiskLevel, RiskMarketInput, RiskPrices } from "../../../keeper/core/risk/types.ts";
import type { MarketReplay } from "../replay/replayState.ts";

export function riskInput(one: MarketReplay, prices: RiskPrices, fund: RiskFund): RiskMarketInput {
  const depth = { bids: levelsOf(one, true), asks: levelsOf(one, false) };
  const { parameters } = one.market;
  // steps are not in the replay, so the time does not matter: a large liquidation is predicted from a step's beginning
  return riskInputOf({ parameters, state: one.positions, prices, taken: 0, depth, fund, variance: 0n, now: 0n });
}

/** The orders of a side by tick, best first. */
export function levelsOf({ orders }: MarketReplay, isBid: boolean): RiskLevel[] {
  const levels = new Map<number, bigint>();
  for (const order of orders.values()) {
    if (order.isBid !== isBid) continue;
    const tick = Number(order.tick);
    levels.set(tick, (levels.get(tick) ?? 0n) + order.lots);
  }
  const sorted = [...levels].sort(([a], [b]) => (isBid ? b - a : a - b));
  return sorted.map(([tick, lots]) => ({ tick, lots }));
}
