/**
 * Checks the sweep of a bankrupt position through the book: LIQ-2, and what it drew from the fund (ADL-2). Pure.
 *
 * A sweep is a number of passes. Each has a limit of its own, from what the passes before left of the position and of the cover; the last one
 * fills nothing.
 */
import { settle } from "../../../keeper/core/position.ts";
import type { Entry, Position, Prices } from "../../../keeper/core/types.ts";
import type { DemoMarket } from "../market/market.ts";
import { bankruptcyLimit, deficit } from "../replay/arithmetic.ts";
import { sweepFill } from "../replay/predictDeleverage.ts";
import type { Log, LogOf, Transaction } from "../replay/readLogs.ts";
import type { Catalogue } from "./catalogue.ts";

export type CheckSweepParameters = {
  readonly transaction: Transaction;
  readonly market: DemoMarket;
  readonly prices: Prices;
  readonly bankrupt: Entry;
  /** What the fund can pay for this position, quote atoms. */
  readonly available: bigint;
  readonly label: string;
  readonly catalogue: Catalogue;
};

export type Swept = {
  /** What the passes left of the position. */
  readonly bankrupt: Position;
  /** What they drew. */
  readonly cover: bigint;
  /** The limit and the cover of the pass that fills nothing. */
  readonly limit: bigint;
  readonly funds: bigint;
  /** The logs of the sweep, and those after it. */
  readonly logs: readonly Log[];
  readonly rest: readonly Log[];
};

export function checkSweep(parameters: CheckSweepParameters): Swept {
  const { transaction, market, prices, available, label, catalogue } = parameters;
  const end = transaction.logs.findLastIndex(({ eventName }) => eventName === "BankruptcySwept") + 1;
  const logs = transaction.logs.slice(0, end);
  let bankrupt: Position = settle(parameters.bankrupt, prices.funding);
  let [cover, passCover] = [0n, 0n];
  const fundsNow = () => {
    const [left, short] = [available - cover, deficit(bankrupt, prices)];
    return short < left ? short : left;
  };
  const limitNow = () => (bankrupt.lots === 0n ? 0n : bankruptcyLimit(bankrupt, market, prices.price, fundsNow()));
  let limit = limitNow();

  for (const log of logs) {
    if (isFillOf(log, bankrupt.account)) {
      const { tick } = log.args;
      const within = bankrupt.lots > 0n ? tick >= limit : tick <= limit;
      catalogue.expect("LIQ-2", within, () => `${label}: swept at ${tick}, limit ${limit}`);
      const fill = sweepFill(bankrupt, log.args, market.tickValue);
      bankrupt = fill.rest;
      cover += fill.cover;
      passCover += fill.cover;
    } else if (log.eventName === "BankruptcySwept") {
      const { limitTick, cover: drawn } = log.args;
      const [expectedLimit, expectedCover] = [limit, passCover];
      catalogue.expect(
        "LIQ-2",
        limitTick === expectedLimit,
        () => `${label}: limit ${limitTick}, should be ${expectedLimit}`,
      );
      catalogue.expect(
        "ADL-2",
        drawn === expectedCover,
        () => `${label}: the sweep drew ${drawn}, should be ${expectedCover}`,
      );
      limit = limitNow();
      passCover = 0n;
    }
  }
  return { bankrupt, cover, limit, funds: fundsNow(), logs, rest: transaction.logs.slice(end) };
}

function isFillOf(log: Log, account: number): log is LogOf<"Trade"> {
  return log.eventName === "Trade" && Number(log.args.taker) === account;
}
