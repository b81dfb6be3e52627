/**
 * Decodes the exchange's raw logs and puts them together by transaction, in the order of the chain.
 */
import { type Log, parseEventLogs } from "viem";
import { exchangeAbi } from "../chain/abi.ts";
import type { AuditLog, AuditTransaction } from "./types.ts";

/** @param logs Of the exchange only, in order. @param timestamps Seconds, by block number. */
export function toTransactions(
  logs: readonly Log<bigint, number, false>[],
  timestamps: ReadonlyMap<bigint, bigint>,
): AuditTransaction[] {
  const transactions: (AuditTransaction & { readonly logs: AuditLog[] })[] = [];
  for (const log of parseEventLogs({ abi: exchangeAbi, logs: [...logs], strict: true })) {
    const { transactionHash: hash, blockNumber: block } = log;
    const last = transactions.at(-1);
    if (last?.hash === hash) last.logs.push(log);
    else transactions.push({ hash, block, timestamp: timestamps.get(block) ?? 0n, logs: [log] });
  }
  return transactions;
}
