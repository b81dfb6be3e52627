/**
 * Walks the history and judges the deleveraging calls in it.
 */
import { createAuditWorld } from "./applyAuditLog.ts";
import { auditTransaction } from "./auditTransaction.ts";
import type { AuditTransaction, CallVerdict } from "./types.ts";

export type AuditHistoryParameters = {
  readonly transactions: AsyncIterable<AuditTransaction> | Iterable<AuditTransaction>;
  /** Only this transaction; what came before is walked all the same. Undefined: all of them. */
  readonly hash?: string | undefined;
};

/** @throws AuditError When the history is not whole. */
export async function auditHistory({ transactions, hash }: AuditHistoryParameters): Promise<CallVerdict[]> {
  const world = createAuditWorld();
  const verdicts: CallVerdict[] = [];
  for await (const transaction of transactions) {
    const found = auditTransaction(world, transaction);
    if (hash === undefined) verdicts.push(...found);
    else if (transaction.hash.toLowerCase() === hash.toLowerCase()) return found;
  }
  return verdicts;
}
