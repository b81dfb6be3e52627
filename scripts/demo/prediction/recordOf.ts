/**
 * A prediction, and what happened, as step records.
 */
import type { Prediction } from "../../../keeper/core/risk/types.ts";
import { closeLogs } from "../invariants/checkClosings.ts";
import { logsOf, type Transaction } from "../replay/readLogs.ts";
import { addLots, emptyRecord, type StepRecord } from "./stepRecord.ts";

export function predictedRecord({ deleverages, liquidations }: Prediction): StepRecord {
  const record = emptyRecord();
  for (const { account, sweptLots, counterparties, principal } of deleverages) {
    addLots(record.bankrupt, account, sweptLots);
    for (const closed of [...counterparties, ...principal]) {
      addLots(record.bankrupt, account, closed.lots);
      addLots(record.deleveraged, closed.account, closed.lots);
    }
  }
  for (const { account, filledLots } of liquidations) addLots(record.liquidated, account, filledLots);
  return record;
}

export function happenedRecord(transactions: readonly Transaction[], market: number): StepRecord {
  const record = emptyRecord();
  for (const transaction of transactions) {
    for (const { args } of logsOf(transaction, "Liquidated")) {
      if (Number(args.market) === market) addLots(record.liquidated, Number(args.account), args.lots);
    }
    for (const { args } of logsOf(transaction, "BankruptcySwept")) {
      if (Number(args.market) === market) addLots(record.bankrupt, Number(args.account), args.lots);
    }
    for (const { args } of closeLogs(transaction)) {
      if (Number(args.market) !== market) continue;
      addLots(record.bankrupt, Number(args.bankrupt), args.lots);
      addLots(record.deleveraged, Number(args.counterparty), args.lots);
    }
  }
  return record;
}
