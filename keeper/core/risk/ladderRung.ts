/**
 * One rung of the ladder: what is below maintenance at a price, against what the book holds.
 */
import { coordinate } from "./coordinate.ts";
import type { DepthCurve } from "./createDepthCurve.ts";
import type { RiskSide } from "./createSide.ts";
import { PIPS } from "./limits.ts";
import type { Direction, LadderRung } from "./types.ts";

export function ladderRung(
  direction: Direction,
  move: bigint,
  price: bigint,
  side: RiskSide,
  curve: DepthCurve,
): LadderRung {
  const key = coordinate(direction, price);
  const below = side.liquidations.upTo(key);
  const bankrupt = side.bankruptcies.upTo(key);
  const lots = BigInt(below.lots);
  return {
    move,
    price,
    liquidations: below.count,
    liquidationLots: lots,
    bankruptcies: bankrupt.count,
    bankruptLots: BigInt(bankrupt.lots),
    liquidationNotional: (lots * price) >> 16n,
    depthLots: curve.lots,
    coverage: curve.lots === 0n ? undefined : (lots * PIPS) / curve.lots,
  };
}
