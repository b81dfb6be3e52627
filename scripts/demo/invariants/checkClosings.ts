/**
 * Compares the closes of a deleveraging call with what they must have been: ADL-1, ADL-2, and SOLV-7 for each payout.
 */

import type { Closing, Prediction } from "../../../keeper/audit/predictClosings.ts";
import { bankruptcyCost } from "../../../keeper/core/closing.ts";
import { abs } from "../../../keeper/core/integers.ts";
import { equityX16 } from "../../../keeper/core/position.ts";
import type { Position, Prices } from "../../../keeper/core/types.ts";
import { type LogOf, logsOf, type Transaction } from "../replay/readLogs.ts";
import type { MarketReplay } from "../replay/replayState.ts";
import type { Catalogue } from "./catalogue.ts";

export type CheckClosingsParameters = {
  readonly transaction: Transaction;
  /** After the transaction. */
  readonly one: MarketReplay;
  readonly prediction: Prediction;
  readonly prices: Prices;
  readonly label: string;
  readonly catalogue: Catalogue;
};

export type CloseLog = LogOf<"AutoDeleveraged"> | LogOf<"PrincipalClosed">;

export function closeLogs(transaction: Transaction): CloseLog[] {
  return transaction.logs.filter(
    (log): log is CloseLog => log.eventName === "AutoDeleveraged" || log.eventName === "PrincipalClosed",
  );
}

export function checkClosings({
  transaction,
  one,
  prediction,
  prices,
  label,
  catalogue,
}: CheckClosingsParameters): void {
  const logs = closeLogs(transaction);
  const [call] = logsOf(transaction, "DeleverageCall");
  catalogue.expect(
    "ADL-2",
    logs.length === prediction.closings.length,
    () => `${label}: ${logs.length} closes, should be ${prediction.closings.length}`,
  );
  const sum = (of: (closing: Closing) => bigint) =>
    prediction.closings.reduce((total, closing) => total + of(closing), 0n);
  const totals =
    call?.args.lots === sum(({ lots }) => lots) &&
    call.args.cover === sum(({ cover }) => cover) &&
    call.args.price === prediction.price;
  catalogue.expect("ADL-2", totals, () => `${label}: lots, cover or price of the call differ from the closes`);

  for (const [i, closing] of prediction.closings.entries()) {
    const log = logs[i];
    if (log === undefined) continue;
    checkOne(log, closing, one, `${label}, counterparty ${log.args.counterparty}`, catalogue);
  }
  checkGain(one, prediction, prices, label, catalogue);
}

function checkOne(log: CloseLog, closing: Closing, one: MarketReplay, label: string, catalogue: Catalogue): void {
  const { counterparty, lots, pnl, payout, left } = log.args;
  const before = closing.counterparty;
  const after = one.positions.positions.get(Number(counterparty));
  const same =
    Number(counterparty) === before.account &&
    lots === closing.lots &&
    pnl === closing.pnl &&
    payout === positive(closing.pay) &&
    left === abs(closing.rest.lots);
  catalogue.expect(
    "ADL-2",
    same,
    () =>
      `${label}: ${lots} lots, ${left} left, pnl ${pnl}, payout ${payout}; should be ${closing.lots}, ${abs(closing.rest.lots)}, ${closing.pnl}, ${closing.pay}`,
  );
  catalogue.expect("ADL-2", isSame(after, closing.rest), () => `${label}: what is left of it differs`);

  // never negative, and by rounding alone less than an atom short
  catalogue.expect("SOLV-7", payout >= 0n && closing.pay >= -1n, () => `${label}: its share is ${closing.pay}`);

  const returned = before.margin - (after?.margin ?? 0n);
  const open = abs(before.lots);
  const proRata = returned * open - before.margin * lots;
  catalogue.expect(
    "ADL-1",
    abs(proRata) < 2n * open,
    () => `${label}: margin ${returned} came back for ${lots} of ${open} lots with ${before.margin}`,
  );
  catalogue.expect(
    "ADL-1",
    payout === positive(pnl + returned),
    () => `${label}: paid ${payout}, is owed ${pnl} and its margin ${returned}`,
  );
  if (log.eventName === "AutoDeleveraged") {
    catalogue.expect("ADL-1", pnl - closing.cover >= -1n, () => `${label}: lost ${closing.cover - pnl} at X`);
  }

  // paid less than two atoms below its exact share: K_o·x/q_o against n, and its part of the cover; times q·q_o
  const bankruptOpen = abs(closing.bankruptBefore.lots);
  const side = before.lots > 0n ? 1n : -1n;
  const own = side * (closing.traded * open - bankruptcyCost(before) * lots) * bankruptOpen;
  const unpaid = own + closing.claim * lots * open - payout * bankruptOpen * open;
  catalogue.expect("ADL-2", unpaid < 2n * bankruptOpen * open, () => `${label}: paid two atoms or more too little`);
}

/** Σ side·(n − x·P) = the bankrupt's equity afterwards less before, cover excluded, exactly. Times 2^16. */
function checkGain(
  one: MarketReplay,
  { closings, bankrupt }: Prediction,
  prices: Prices,
  label: string,
  catalogue: Catalogue,
): void {
  const first = closings[0]?.bankruptBefore;
  if (first === undefined) return;
  const after = one.positions.positions.get(first.account);
  catalogue.expect("ADL-2", isSame(after, bankrupt), () => `${label}: what is left of the bankrupt position differs`);
  const side = first.lots > 0n ? 1n : -1n;
  const given = closings.reduce(
    (total, { traded, lots }) => total + side * ((traded << 16n) - lots * prices.price),
    0n,
  );
  const gained = (after === undefined ? 0n : equityX16(after, prices)) - equityX16(first, prices);
  catalogue.expect("ADL-2", given === gained, () => `${label}: the others give ${given}, it gains ${gained} (× 2^16)`);
}

function isSame(actual: Position | undefined, expected: Position): boolean {
  if (actual === undefined) return expected.lots === 0n;
  return actual.lots === expected.lots && actual.cost === expected.cost && actual.margin === expected.margin;
}

function positive(value: bigint): bigint {
  return value > 0n ? value : 0n;
}
