/**
 * One market's risk, kept up to date: columns of positions, and each side sorted by bankruptcy and liquidation price.
 *
 * A new price changes no order, so it costs nothing; a changed position moves one row in four orders; a new funding index rounds every
 * settlement anew, so it re-keys everything. What is not kept (exposure, queue, principal mark) is computed when asked for, once per state.
 *
 * Invariant: both sides hold exactly the open rows of their side, under the keys that the columns have for the funding index set.
 */

import { applyChange } from "../applyChange.ts";
import { indexKey } from "../indexKey.ts";
import type { MarketState } from "../marketState.ts";
import { adequacyOf } from "./adequacyOf.ts";
import { checkPrice } from "./checkPrice.ts";
import { createColumns } from "./createColumns.ts";
import { createDepthCurve } from "./createDepthCurve.ts";
import { createSide } from "./createSide.ts";
import { createThresholds } from "./createThresholds.ts";
import { exposureOf } from "./exposureOf.ts";
import { frontierOf } from "./frontierOf.ts";
import { insuranceFor } from "./insuranceFor.ts";
import { isReached } from "./isReached.ts";
import { nothingKnown } from "./known.ts";
import { ladderRung } from "./ladderRung.ts";
import { lastSolventPrice } from "./lastSolventPrice.ts";
import { positionRiskOf } from "./positionRiskOf.ts";
import { predictMove } from "./predictMove.ts";
import { priceAfter } from "./priceAfter.ts";
import { pricePoint } from "./pricePoint.ts";
import { principalThreshold } from "./principalThreshold.ts";
import { rankAll } from "./rankAll.ts";
import { LADDER, SCENARIOS } from "./scenarios.ts";
import { shortfallAt } from "./shortfallAt.ts";
import { stateOf } from "./stateOf.ts";
import { tierLines } from "./tierLines.ts";
import type { Direction, RiskMarket, RiskMarketInput, RiskPosition } from "./types.ts";

export function createRiskMarket(input: RiskMarketInput): RiskMarket {
  const { parameters } = input;
  let { prices, depth, fund, volatility, taken, steps = new Map() } = input;
  checkPrice(prices);
  const positions = [...input.positions];
  const columns = createColumns(parameters.base, createThresholds(tierLines(parameters)), positions.length);
  for (const position of positions) if (position.lots !== 0n) columns.derive(columns.write(position), prices.funding);
  let sides = createSides();
  let curves = createCurves();
  let state: MarketState | undefined;
  let known = nothingKnown();

  const marketState = () => {
    state ??= stateOf(columns, parameters.base);
    return state;
  };
  const insurance = () => insuranceFor(fund);
  const shortfall = (move: bigint) => {
    const direction = move > 0n ? "up" : "down";
    const price = priceAfter(prices.price, move);
    return { move, ...shortfallAt(direction, price, sides[direction].bankruptcies, curves[direction]) };
  };
  const queue = (isLong: boolean) => {
    const ranks = known.queues.get(isLong) ?? rankAll(marketState(), prices, isLong, parameters.rankPolicy);
    known.queues.set(isLong, ranks);
    return ranks;
  };

  return {
    parameters,
    prices: () => prices,
    depth: () => depth,
    size: () => columns.open,
    *sizes() {
      for (let row = 0; row < columns.length; row++) {
        const lots = Math.abs(columns.lots[row] as number);
        if (lots !== 0) yield { account: columns.account[row] as number, lots: BigInt(lots) };
      }
    },
    apply,
    setPrices(next) {
      checkPrice(next);
      const rekey = next.funding !== prices.funding;
      prices = next;
      curves = createCurves();
      known = { ...nothingKnown(), principal: rekey ? new Map() : known.principal };
      if (!rekey) return;
      for (let row = 0; row < columns.length; row++) {
        if (columns.lots[row] !== 0) columns.derive(row, prices.funding);
      }
      sides = createSides();
    },
    setDepth(next) {
      depth = next;
      curves = createCurves();
    },
    setFund: (next) => {
      fund = next;
    },
    setVolatility: (next) => {
      volatility = next;
    },
    setTaken: (next) => {
      taken = next;
    },
    setSteps: (next) => {
      steps = next;
    },
    exposure: () => {
      known.exposure ??= exposureOf(columns, prices.price);
      return known.exposure;
    },
    positionRisk(account) {
      const row = columns.rowOf.get(account);
      return row === undefined ? undefined : positionRiskOf(columns, row, prices.price);
    },
    atRisk: (direction, limit, offset = 0) =>
      sides[direction].liquidations.rows(offset, limit).map((row) => positionRiskOf(columns, row, prices.price)),
    ladder: (moves = LADDER) =>
      moves.map((move) => {
        const direction = move > 0n ? "up" : "down";
        return ladderRung(direction, move, priceAfter(prices.price, move), sides[direction], curves[direction]);
      }),
    shortfall,
    curve: (moves) => moves.map(shortfall),
    frontier(direction) {
      if (!known.principal.has(direction)) {
        const other = sides[direction === "down" ? "up" : "down"];
        known.principal.set(
          direction,
          principalThreshold(direction, columns, sides[direction], other, parameters.base),
        );
      }
      const principal = known.principal.get(direction);
      const common = { direction, price: prices.price, volatility, insurance: insurance(), principal };
      return frontierOf({ ...common, side: sides[direction], curve: curves[direction] });
    },
    solvency(direction, amount) {
      const { exitCost } = curves[direction];
      const price = lastSolventPrice(direction, sides[direction].bankruptcies, exitCost, amount);
      return price === undefined ? undefined : pricePoint(direction, price, prices.price, volatility);
    },
    insurance,
    capitalAdequacy: (scenarios = SCENARIOS) => adequacyOf(insurance(), scenarios, ({ move }) => shortfall(move).total),
    isReached: (price) => taken !== 0 || isReached([sides.down, sides.up], columns, price),
    predict(move, options = {}) {
      const at = {
        price: options.price ?? priceAfter(prices.price, move),
        funding: options.funding ?? prices.funding,
      };
      checkPrice(at);
      const budget = insurance();
      return { move, ...predictMove({ state: marketState(), parameters, prices: at, depth, budget, taken, steps }) };
    },
    adlRank(account) {
      known.ranks ??= new Map([...queue(true), ...queue(false)].map((rank) => [rank.account, rank]));
      return known.ranks.get(account);
    },
    adlRanks: queue,
  };

  function apply(position: RiskPosition): void {
    known = nothingKnown();
    if (state !== undefined) applyChange(state, plain(position));
    const row = columns.rowOf.get(position.account);
    const joined = position.joined ?? (row === undefined ? undefined : placeKept(row, position));
    if (row !== undefined) {
      sideOf(row).remove(row);
      if (position.lots === 0n) columns.remove(row);
    }
    if (position.lots === 0n) return;
    const written = columns.write(joined === undefined ? position : { ...position, joined });
    columns.derive(written, prices.funding);
    sideOf(written).insert(written);
  }

  /** A position that stays in its index cell keeps its place in it. */
  function placeKept(row: number, position: RiskPosition): number | undefined {
    if (position.lots === 0n) return undefined;
    const before = indexKey(columns.positionAt(row), parameters.base);
    const after = indexKey(position, parameters.base);
    return before.isLong === after.isLong && before.cell === after.cell ? columns.joinedAt(row) : undefined;
  }

  function sideOf(row: number) {
    return (columns.lots[row] as number) > 0 ? sides.down : sides.up;
  }

  function createSides() {
    return { down: createSide(columns, true), up: createSide(columns, false) };
  }

  function createCurves() {
    const curveOf = (direction: Direction) => createDepthCurve(direction, depth, prices.price, parameters);
    return { down: curveOf("down"), up: curveOf("up") };
  }
}

function plain({ account, lots, cost, margin, fundingIndex }: RiskPosition) {
  return { account, lots, cost, margin, fundingIndex };
}
