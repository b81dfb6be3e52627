/**
 * What the contract and a diligent keeper would do if the mark were at a price: the waterfall for every bankrupt position in the contract's
 * order, then liquidations of what is below maintenance. Leaves the state as it was.
 */
import { undoChange } from "../applyChange.ts";
import type { MarketState } from "../marketState.ts";
import { pickBankrupt } from "../pickBankrupt.ts";
import type { AccountId, Prices } from "../types.ts";
import { createPaperBook } from "./createPaperBook.ts";
import { predictDeleverage, type Waterfall } from "./predictDeleverage.ts";
import { predictLiquidations } from "./predictLiquidations.ts";
import type { PredictedDeleverage, Prediction, RiskDepth, RiskParameters } from "./types.ts";

export type PredictMoveParameters = {
  readonly state: MarketState;
  readonly parameters: RiskParameters;
  readonly prices: Prices;
  readonly depth: RiskDepth;
  /** What the fund can pay to this market, quote atoms. */
  readonly budget: bigint;
  readonly taken: AccountId;
  /** As RiskMarketInput.steps. */
  readonly steps: ReadonlyMap<AccountId, bigint>;
};

export function predictMove(p: PredictMoveParameters): Omit<Prediction, "move"> {
  const { state, parameters, prices } = p;
  const book = createPaperBook(p.depth, prices.price, parameters);
  const run: Waterfall = { state, parameters, prices, book, budget: p.budget, undos: [] };
  const deleverages: PredictedDeleverage[] = [];
  try {
    let taken = p.taken;
    for (let pick = next(); pick !== undefined; pick = next()) {
      taken = 0;
      const done = predictDeleverage(run, pick.entry);
      deleverages.push(done);
      // both sides hold the same lots, so only a state that is not a market's leaves a bankrupt position without anybody to close against
      const closed = [...done.counterparties, ...done.principal].reduce((sum, { lots }) => sum + lots, done.sweptLots);
      if (closed === 0n) break;
    }
    const liquidations = predictLiquidations(state, parameters, prices, book, p.steps);
    return { price: prices.price, deleverages, liquidations };

    function next() {
      return pickBankrupt(state, prices, taken);
    }
  } finally {
    for (const undo of run.undos.reverse()) undoChange(state, undo);
  }
}
