/**
 * A deleveraging call as the report shows it.
 */

import type { Prediction } from "../../../keeper/audit/predictClosings.ts";
import type { AccountId, Entry } from "../../../keeper/core/types.ts";
import type { DemoMarket } from "../market/market.ts";
import { logsOf, type Transaction } from "../replay/readLogs.ts";
import type { MarketReplay } from "../replay/replayState.ts";
import { closeLogs } from "./checkClosings.ts";

export type ClosedCounterparty = {
  readonly account: AccountId;
  readonly stage: "ranked" | "principal";
  /** 0 in the principal stage, which has no ranks. */
  readonly rank: number;
  /** × 2^64. */
  readonly score: bigint;
  readonly lots: bigint;
  readonly partly: boolean;
  /** Quote atoms from the fund. */
  readonly cover: bigint;
  /** Quote atoms realised, cover included. */
  readonly pnl: bigint;
  /** Quote atoms: what these lots would have brought at the mark, less what they brought. */
  readonly pnlGivenUp: bigint;
};

export type DeleverageRecord = {
  readonly block: bigint;
  readonly market: DemoMarket;
  readonly account: AccountId;
  readonly isLong: boolean;
  /** X and P, X16. */
  readonly price: bigint;
  readonly mark: bigint;
  readonly lots: bigint;
  /** Quote atoms from the fund, to the counterparties. */
  readonly cover: bigint;
  readonly reward: bigint;
  readonly caller: string;
  readonly counterparties: readonly ClosedCounterparty[];
  /** First in line for the next call. */
  readonly next: AccountId | undefined;
};

export type DescribeCallParameters = {
  readonly transaction: Transaction;
  /** After the transaction. */
  readonly one: MarketReplay;
  readonly prediction: Prediction;
  readonly next: Entry | undefined;
};

export function describeCall({ transaction, one, prediction, next }: DescribeCallParameters): DeleverageRecord {
  const call = logsOf(transaction, "DeleverageCall")[0];
  if (call === undefined) throw new Error("not a deleveraging call");
  const { args } = call;
  const isLong = (prediction.closings[0]?.bankruptBefore.lots ?? prediction.bankrupt.lots) > 0n;
  const counterparties = closeLogs(transaction).map((log, i): ClosedCounterparty => {
    const cover = prediction.closings[i]?.cover ?? 0n;
    const traded = prediction.closings[i]?.traded ?? 0n;
    const atMark = log.args.lots * args.mark;
    const haircut = isLong ? (traded << 16n) - atMark : atMark - (traded << 16n);
    const ranked = log.eventName === "AutoDeleveraged";
    return {
      account: Number(log.args.counterparty),
      stage: ranked ? "ranked" : "principal",
      rank: ranked ? Number(log.args.rank) : 0,
      score: ranked ? log.args.score : 0n,
      lots: log.args.lots,
      cover,
      partly: one.positions.positions.has(Number(log.args.counterparty)),
      pnl: log.args.pnl,
      pnlGivenUp: (haircut >> 16n) - cover,
    };
  });
  return {
    block: transaction.block,
    market: one.market,
    account: Number(args.bankrupt),
    isLong,
    price: args.price,
    mark: args.mark,
    lots: args.lots,
    cover: args.cover,
    reward: args.reward,
    caller: args.caller,
    counterparties,
    next: next?.account,
  };
}
