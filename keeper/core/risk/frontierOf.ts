/**
 * The solvency frontier of one direction with its marks (definitions: docs/risk.md). A few binary searches.
 */
import { coordinate } from "./coordinate.ts";
import type { DepthCurve } from "./createDepthCurve.ts";
import type { RiskSide } from "./createSide.ts";
import { lastSolventPrice } from "./lastSolventPrice.ts";
import { MAX_PRICE } from "./limits.ts";
import { pricePoint } from "./pricePoint.ts";
import type { Direction, Frontier, PricePoint } from "./types.ts";

export type FrontierOfParameters = {
  readonly direction: Direction;
  /** The mark. */
  readonly price: bigint;
  readonly volatility: bigint;
  readonly insurance: bigint;
  readonly side: RiskSide;
  readonly curve: DepthCurve;
  /** See principalThreshold. */
  readonly principal: bigint | undefined;
};

export function frontierOf(p: FrontierOfParameters): Frontier {
  const { direction, insurance, side, curve } = p;
  const point = (price: bigint | undefined): PricePoint | undefined =>
    price === undefined || price < 1n || price >= MAX_PRICE
      ? undefined
      : pricePoint(direction, price, p.price, p.volatility);
  const priceOf = (row: { key: bigint } | undefined) => row && coordinate(direction, row.key);
  const step = direction === "down" ? -1n : 1n;
  const solvent = lastSolventPrice(direction, side.bankruptcies, curve.exitCost, insurance);
  const covered = lastSolventPrice(direction, side.bankruptcies, () => 0n, insurance);
  const depth = Number(curve.lots);
  return {
    direction,
    insurance,
    solvency: point(solvent),
    firstBankruptcy: point(priceOf(side.bankruptcies.first(() => true))),
    book: point(priceOf(side.liquidations.first((_, lots) => lots > depth))),
    fund: point(covered === undefined ? undefined : covered + step),
    principal: point(p.principal),
  };
}
