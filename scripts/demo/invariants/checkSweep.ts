/**
 * Checks the sweep of a bankrupt position through the book: LIQ-2, and what it drew from the fund (ADL-2). Pure.
 */
import { type SweepStep, type Swept as Walked, walkSweep } from "../../../keeper/audit/walkSweep.ts";
import { settle } from "../../../keeper/core/position.ts";
import type { Entry, Prices } from "../../../keeper/core/types.ts";
import type { DemoMarket } from "../market/market.ts";
import type { Log, Transaction } from "../replay/readLogs.ts";
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

export type Swept = Walked & {
  /** The logs of the sweep, and those after it. */
  readonly logs: readonly Log[];
  readonly rest: readonly Log[];
};

export function checkSweep(parameters: CheckSweepParameters): Swept {
  const { transaction, market, prices, available, label, catalogue } = parameters;
  const end = transaction.logs.findLastIndex(({ eventName }) => eventName === "BankruptcySwept") + 1;
  const logs = transaction.logs.slice(0, end);
  const bankrupt = settle(parameters.bankrupt, prices.funding);
  const walked = walkSweep({
    bankrupt,
    parameters: market.parameters,
    prices,
    available,
    steps: logs.flatMap((log) => stepOf(log, bankrupt.account)),
    check: (what, holds, text) =>
      catalogue.expect(what === "limit" ? "LIQ-2" : "ADL-2", holds, () => `${label}: ${text()}`),
  });
  return { ...walked, logs, rest: transaction.logs.slice(end) };
}

function stepOf(log: Log, account: number): SweepStep[] {
  if (log.eventName === "BankruptcySwept") return [{ pass: log.args }];
  return log.eventName === "Trade" && Number(log.args.taker) === account ? [{ fill: log.args }] : [];
}
