/**
 * The obvious way to the same answers: go over all positions for every question, in bigint. What the engine is measured against.
 */
import { abs } from "../../../keeper/core/integers.ts";
import { equityX16, settle } from "../../../keeper/core/position.ts";
import { createDepthCurve, type DepthCurve } from "../../../keeper/core/risk/createDepthCurve.ts";
import { maintenanceX16Pips } from "../../../keeper/core/risk/predictLiquidations.ts";
import { priceAfter } from "../../../keeper/core/risk/priceAfter.ts";
import { LADDER } from "../../../keeper/core/risk/scenarios.ts";
import { tierLines } from "../../../keeper/core/risk/tierLines.ts";
import type { Direction, LadderRung, RiskMarketInput } from "../../../keeper/core/risk/types.ts";

export function naiveRecompute(input: RiskMarketInput): { readonly ladder: LadderRung[] } {
  return { ladder: LADDER.map((move) => rung(input, move)) };
}

function rung(input: RiskMarketInput, move: bigint): LadderRung {
  const { parameters, prices } = input;
  const direction = move > 0n ? "up" : "down";
  const price = priceAfter(prices.price, move);
  const at = { price, funding: prices.funding };
  const lines = tierLines(parameters);
  let [liquidations, liquidationLots, bankruptcies, bankruptLots] = [0, 0n, 0, 0n];
  for (const p of input.positions) {
    if (p.lots > 0n !== (direction === "down")) continue;
    const lots = abs(p.lots);
    const equity = equityX16(settle(p, prices.funding), at);
    if (equity * 1_000_000n < maintenanceX16Pips(lots * price, lines)) {
      liquidations++;
      liquidationLots += lots;
    }
    if (equity < 0n) {
      bankruptcies++;
      bankruptLots += lots;
    }
  }
  const depth = createDepthCurve(direction, input.depth, prices.price, parameters).lots;
  return {
    move,
    price,
    liquidations,
    liquidationLots,
    bankruptcies,
    bankruptLots,
    liquidationNotional: (liquidationLots * price) >> 16n,
    depthLots: depth,
    coverage: depth === 0n ? undefined : (liquidationLots * 1_000_000n) / depth,
  };
}

/** The farthest price with S ≤ insurance: S by a walk over all positions, the price by bisection over all prices. */
export function naiveFrontier(input: RiskMarketInput, direction: Direction, insurance: bigint): bigint {
  const curve = createDepthCurve(direction, input.depth, input.prices.price, input.parameters);
  const down = direction === "down";
  let near = input.prices.price;
  let far = down ? 0n : 10n * near;
  while (abs(near - far) > 1n) {
    const middle = (near + far) / 2n;
    if (shortfall(input, direction, middle, curve) <= insurance << 16n) near = middle;
    else far = middle;
  }
  return near;
}

function shortfall(input: RiskMarketInput, direction: Direction, price: bigint, curve: DepthCurve): bigint {
  const at = { price, funding: input.prices.funding };
  let [deficit, lots] = [0n, 0n];
  for (const p of input.positions) {
    if (p.lots > 0n !== (direction === "down")) continue;
    const equity = equityX16(settle(p, at.funding), at);
    if (equity >= 0n) continue;
    deficit -= equity;
    lots += abs(p.lots);
  }
  return deficit + curve.exitCost(lots);
}
