/**
 * The same questions answered position by position, from the contract's own formulas: settle, then exact equity against zero and against the
 * sum over tier slices. Shares no code with the engine but integers and the settlement that other tests hold against the contract.
 */
import { abs } from "../../../../keeper/core/integers.ts";
import { equityX16, settle } from "../../../../keeper/core/position.ts";
import type { Direction, RiskMarketInput, RiskPosition } from "../../../../keeper/core/risk/types.ts";

export type Judged = { readonly position: RiskPosition; readonly lots: bigint; readonly equityX16: bigint };

/** Margin.maintenanceX16, slice by slice. */
export function maintenanceX16(lots: bigint, price: bigint, { parameters }: RiskMarketInput): bigint {
  const notional = lots * price;
  let sum = notional * parameters.maintenanceRate;
  let below = parameters.maintenanceRate;
  for (const tier of parameters.tiers) {
    const from = tier.from << 16n;
    if (notional <= from) break;
    sum += (notional - from) * (tier.maintenanceRate - below);
    below = tier.maintenanceRate;
  }
  return sum;
}

export function judge(input: RiskMarketInput, p: RiskPosition, price: bigint) {
  const { funding } = input.prices;
  const equity = equityX16(settle(p, funding), { price, funding });
  const lots = abs(p.lots);
  return {
    equity,
    bankrupt: equity < 0n,
    belowMaintenance: equity * 1_000_000n < maintenanceX16(lots, price, input),
  };
}

/** S at a price for the side that the direction hurts, quote atoms × 2^16, and who is hit. */
export function bruteShortfall(input: RiskMarketInput, direction: Direction, price: bigint) {
  let [deficit, lots, count, below, belowLots] = [0n, 0n, 0, 0, 0n];
  for (const p of input.positions) {
    if (p.lots > 0n !== (direction === "down")) continue;
    const { equity, bankrupt, belowMaintenance } = judge(input, p, price);
    if (bankrupt) {
      deficit -= equity;
      lots += abs(p.lots);
      count++;
    }
    if (belowMaintenance) {
      below++;
      belowLots += abs(p.lots);
    }
  }
  return { deficit, lots, count, below, belowLots, exitCost: bruteExit(input, direction, lots) };
}

/** Lot by lot would be slow: level by level, from the best, each at its distance to the mark. */
export function bruteExit(input: RiskMarketInput, direction: Direction, lots: bigint): bigint {
  const { parameters, prices } = input;
  let left = lots;
  let cost = 0n;
  for (const { distance, lots: held } of bruteDepth(input, direction)) {
    const taken = held < left ? held : left;
    cost += taken * distance;
    left -= taken;
  }
  const slippage = prices.price * parameters.slippageRate;
  return cost + left * (slippage / 1_000_000n + (slippage % 1_000_000n === 0n ? 0n : 1n));
}

export function bruteDepth(input: RiskMarketInput, direction: Direction) {
  const { parameters, prices, depth } = input;
  const levels = direction === "down" ? depth.bids : depth.asks;
  return levels
    .map(({ tick, lots }) => {
      const at = (BigInt(tick) * parameters.tickValue) << 16n;
      const behind = direction === "down" ? prices.price - at : at - prices.price;
      return { distance: behind > 0n ? behind : 0n, behind, lots };
    })
    .filter(({ behind }) => behind * 1_000_000n <= prices.price * parameters.slippageRate);
}
