/**
 * What the command `risk` says about each market and about all of them, as data. The text is made from the same data.
 */
import { totalRisk } from "../core/risk/totalRisk.ts";
import type {
  CapitalAdequacy,
  Exposure,
  Frontier,
  LadderRung,
  PositionRisk,
  Prediction,
  RiskMarket,
  Shortfall,
  TotalRisk,
} from "../core/risk/types.ts";

/** Positions listed on each side. */
const LISTED = 5;

export type MarketReport = {
  readonly market: number;
  readonly name: string;
  readonly price: bigint;
  readonly funding: bigint;
  readonly exposure: Exposure;
  readonly frontier: { readonly down: Frontier; readonly up: Frontier };
  readonly adequacy: CapitalAdequacy;
  readonly ladder: readonly LadderRung[];
  /** Nearest to liquidation, longs and shorts. */
  readonly atRisk: { readonly down: readonly PositionRisk[]; readonly up: readonly PositionRisk[] };
  /** Only with a shock. */
  readonly shock?: { readonly shortfall: Shortfall; readonly prediction: Prediction };
};

export type RiskReport = {
  readonly block: bigint;
  readonly markets: readonly MarketReport[];
  /** Markets whose price the contract refuses. */
  readonly unavailable: readonly { readonly market: number; readonly name: string; readonly reason: string }[];
  readonly total: TotalRisk;
};

export function marketReport(market: RiskMarket, shock: bigint | undefined): MarketReport {
  const { parameters } = market;
  return {
    market: parameters.id,
    name: parameters.name,
    ...market.prices(),
    exposure: market.exposure(),
    frontier: { down: market.frontier("down"), up: market.frontier("up") },
    adequacy: market.capitalAdequacy(),
    ladder: shock === undefined ? market.ladder() : market.ladder([shock]),
    atRisk: { down: market.atRisk("down", LISTED), up: market.atRisk("up", LISTED) },
    ...(shock === undefined
      ? {}
      : { shock: { shortfall: market.shortfall(shock), prediction: market.predict(shock) } }),
  };
}

export function riskReport(
  block: bigint,
  markets: readonly RiskMarket[],
  unavailable: RiskReport["unavailable"],
  claim: bigint,
  shock: bigint | undefined,
): RiskReport {
  return {
    block,
    markets: markets.map((market) => marketReport(market, shock)),
    unavailable,
    total: totalRisk(markets, { claim }),
  };
}
