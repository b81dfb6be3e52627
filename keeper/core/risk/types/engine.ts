/**
 * The engine: one market, kept up to date, and all of them together. Units: types.ts.
 */
import type { AccountId } from "../../types.ts";
import type { Direction } from "../types.ts";
import type { AccountShare, Exposure, LeverageBucket, PositionRisk, SideExposure } from "./exposure.ts";
import type { RiskDepth, RiskFund, RiskParameters, RiskPosition, RiskPrices } from "./input.ts";
import type { AdlRank, Prediction, PredictOptions } from "./prediction.ts";
import type { CapitalAdequacy, Frontier, LadderRung, PricePoint, Scenario, Shortfall } from "./solvency.ts";

/** One market's risk. Made by `createRiskMarket` (createRiskMarket.ts); every answer is about the state last set. */
export type RiskMarket = {
  readonly parameters: RiskParameters;
  readonly prices: () => RiskPrices;
  readonly depth: () => RiskDepth;
  /** Open positions. */
  readonly size: () => number;
  /** Unsigned lots of every open position. */
  readonly sizes: () => Iterable<{ readonly account: AccountId; readonly lots: bigint }>;

  /** One position changed: the whole position afterwards; zero lots when it was closed. */
  readonly apply: (position: RiskPosition) => void;
  /** A new price alone is O(1); a new funding index re-keys all positions. */
  readonly setPrices: (prices: RiskPrices) => void;
  readonly setDepth: (depth: RiskDepth) => void;
  readonly setFund: (fund: RiskFund) => void;
  readonly setVolatility: (volatility: bigint) => void;
  readonly setTaken: (account: AccountId) => void;
  readonly setSteps: (steps: ReadonlyMap<AccountId, bigint>) => void;

  readonly exposure: () => Exposure;
  readonly positionRisk: (account: AccountId) => PositionRisk | undefined;
  /** Nearest to liquidation first, of the side that the direction hurts. */
  readonly atRisk: (direction: Direction, limit: number, offset?: number) => readonly PositionRisk[];
  readonly ladder: (moves?: readonly bigint[]) => readonly LadderRung[];
  readonly shortfall: (move: bigint) => Shortfall;
  /** Shortfall at many moves, for the frontier chart. */
  readonly curve: (moves: readonly bigint[]) => readonly Shortfall[];
  /** O(log n) for `solvency`, `firstBankruptcy`, `book` and `fund`; `principal` is kept until the next change. */
  readonly frontier: (direction: Direction) => Frontier;
  /** The solvency point alone, O(log n), for any amount of insurance. */
  readonly solvency: (direction: Direction, insurance: bigint) => PricePoint | undefined;
  readonly insurance: () => bigint;
  readonly capitalAdequacy: (scenarios?: readonly Scenario[]) => CapitalAdequacy;
  /** Whether anybody is below maintenance at this price (X16), or is being resolved. O(log n). */
  readonly isReached: (price: bigint) => boolean;
  readonly predict: (move: bigint, options?: PredictOptions) => Prediction;
  readonly adlRank: (account: AccountId) => AdlRank | undefined;
  /** The queue of one side, first in line first; those not in the queue last, by account. */
  readonly adlRanks: (isLong: boolean) => readonly AdlRank[];
};

/** All markets together: made by `totalRisk(markets, claim)` (totalRisk.ts). */
export type TotalRisk = {
  /** Quote atoms at the marks, both sides' open interest counted once. */
  readonly openNotional: bigint;
  readonly margin: bigint;
  readonly equity: bigint;
  readonly positions: number;
  readonly leverage: readonly LeverageBucket[];
  /** Share of all notional of both sides. */
  readonly top: readonly AccountShare[];
  readonly concentration: SideExposure["concentration"];
  /** Every scenario hits all markets at once; the fund pays each market at most its cap. */
  readonly adequacy: CapitalAdequacy;
};
