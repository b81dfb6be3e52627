/**
 * A judged call as the audit answers it.
 */
import type { Entry, Prices } from "../core/types.ts";
import type { SweptInBook } from "./callInputs.ts";
import type { ClosedFact, Judgement } from "./judgeCall.ts";
import type { AuditMarket, AuditTransaction, CallKind, CallVerdict } from "./types.ts";

/** What was found of a call beside its judgement. */
export type Concluded = {
  readonly entry: Entry;
  readonly prices: Prices;
  readonly swept: SweptInBook;
  readonly closes: readonly ClosedFact[];
  readonly findings: readonly string[];
};

export type ToVerdictParameters = {
  readonly kind: CallKind;
  readonly transaction: AuditTransaction;
  readonly market: AuditMarket;
  readonly call: Concluded;
  readonly judged: Judgement;
  /** Of the last event of the call's own, and X; what the market and the mark say when missing. */
  readonly last?: { readonly sequence: bigint; readonly price: bigint };
};

export function toVerdict({ kind, transaction, market, call, judged, last }: ToVerdictParameters): CallVerdict {
  const { entry, swept, closes, prices } = call;
  const { wronged, spared, expected, eligible } = judged;
  const findings = [...call.findings, ...judged.findings];
  return {
    kind,
    transaction: transaction.hash,
    block: transaction.block,
    market: market.id,
    sequence: last?.sequence ?? market.sequence,
    account: entry.account,
    isLong: entry.isLong,
    lots: closes.reduce((sum, { lots }) => sum + lots, 0n),
    sweptLots: swept.lots,
    price: last?.price ?? prices.price,
    mark: prices.price,
    counterparties: closes.length,
    right: findings.length === 0,
    findings,
    wronged,
    spared,
    expected,
    eligible,
  };
}
