/**
 * Checks one transaction that swept or deleveraged a bankrupt position, against the replay of the state before it: IDX-2, ADL-1, ADL-2,
 * ADL-3, LIQ-2 and the forced-close half of SOLV-7.
 */

import { checkBookExhausted } from "../../../keeper/audit/checkBookExhausted.ts";
import { predictClosings } from "../../../keeper/audit/predictClosings.ts";
import { principalQueue, queueByBruteForce } from "../../../keeper/audit/queue.ts";
import { pickBankrupt } from "../../../keeper/core/pickBankrupt.ts";
import type { Entry, Prices } from "../../../keeper/core/types.ts";
import type { Context } from "../context.ts";
import { applyLog } from "../replay/applyLog.ts";
import { logsOf, type Transaction } from "../replay/readLogs.ts";
import { type MarketReplay, marketOf, type Replay } from "../replay/replayState.ts";
import type { Catalogue } from "./catalogue.ts";
import { checkClosings } from "./checkClosings.ts";
import { checkSweep } from "./checkSweep.ts";
import { readClearingState } from "./clearingState.ts";
import { type DeleverageRecord, describeCall } from "./deleverageRecord.ts";

/**
 * Applies the transaction to the replay on the way. Returns what the report shows of it.
 *
 * @param accrued Whether the call moved the funding index, which is applied already.
 */
export async function checkDeleverage(
  context: Context,
  replay: Replay,
  transaction: Transaction,
  accrued: boolean,
  catalogue: Catalogue,
): Promise<DeleverageRecord | undefined> {
  const call = logsOf(transaction, "DeleverageCall")[0];
  const swept = logsOf(transaction, "BankruptcySwept")[0];
  const head = call ?? swept;
  if (head === undefined) throw new Error("not a deleveraging call");
  const { market: marketId } = head.args;
  const account = Number("bankrupt" in head.args ? head.args.bankrupt : head.args.account);
  const one = marketOf(replay, marketId);
  const { market, prices } = one;
  const label = `${market.name} account ${account}, block ${transaction.block}`;
  const state = await readClearingState(context, market, BigInt(account), transaction.block);
  const bankruptEntry = one.positions.positions.get(account);
  if (prices === undefined || bankruptEntry === undefined) throw new Error(`${label}: unknown to the replay`);

  // an account that is not bankrupt with the index before the call is let go before funding accrues
  const taken = accrued ? 0 : state.taken;
  checkChoice(one, prices, bankruptEntry, taken, label, catalogue);

  // stage 2
  const available = state.mature ? state.coverAvailable : 0n;
  const sweep = checkSweep({ transaction, market, prices, bankrupt: bankruptEntry, available, label, catalogue });
  for (const log of sweep.logs) applyLog(replay, log);
  if (call === undefined) {
    for (const log of sweep.rest) applyLog(replay, log);
    return undefined;
  }

  // stages 3 and 4
  const listed = logsOf(transaction, "AutoDeleveraged");
  const principal = logsOf(transaction, "PrincipalClosed");
  const { isLong } = bankruptEntry;
  const queue = queueByBruteForce(one.positions, isLong, call.args.price, prices);
  const order = [...queue.map(({ entry }) => entry)];
  if (principal.length > 0) {
    catalogue.expect(
      "IDX-2",
      listed.length === queue.length,
      () => `${label}: principal stage with ${queue.length - listed.length} eligible left`,
    );
    const ranked = new Set(listed.map(({ args }) => Number(args.counterparty)));
    order.push(...principalQueue(one.positions, isLong).filter((entry) => !ranked.has(entry.account)));
  }
  for (const [i, { args }] of listed.entries()) {
    const best = queue[i];
    const right =
      best?.entry.account === Number(args.counterparty) && best.score === args.score && args.rank === BigInt(i + 1);
    catalogue.expect(
      "IDX-2",
      right,
      () =>
        `${label}: rank ${i + 1} is account ${args.counterparty} (${args.score}), should be ${best?.entry.account} (${best?.score})`,
    );
  }
  const closed = order.slice(0, listed.length + principal.length);
  const prediction = predictClosings(sweep.bankrupt, closed, available - sweep.cover, prices);
  for (const log of sweep.rest) applyLog(replay, log);
  checkClosings({ transaction, one, prediction, prices, label, catalogue });
  if (listed.length + principal.length > 0) {
    const { bankrupt: taker, limit, funds } = sweep;
    const { tickValue } = market;
    const left = checkBookExhausted({ orders: one.orders.values(), tickValue, taker, limit, funds });
    catalogue.note("ADL-3", left && `${label}: ${left}`);
  }
  return describeCall({
    transaction,
    one,
    prediction,
    next: nextInLine(
      queue.map(({ entry }) => entry),
      listed.length,
      one,
    ),
  });
}

/** The contract picks whom it resolves: furthest past bankruptcy first. Inside the mark's own cell, whoever was named. */
function checkChoice(
  one: MarketReplay,
  prices: Prices,
  entry: Entry,
  taken: number,
  label: string,
  catalogue: Catalogue,
): void {
  const pick = pickBankrupt(one.positions, prices, taken);
  const right = pick?.entry.account === entry.account || (pick?.cause === "boundary" && pick.entry.v === entry.v);
  catalogue.expect("IDX-2", right, () => `${label}: the contract took it, should have taken ${pick?.entry.account}`);
}

/** Who would have been next: the first of the queue that still has what it had before. */
function nextInLine(queue: readonly Entry[], taken: number, one: MarketReplay): Entry | undefined {
  const last = queue[taken - 1];
  const partly = last !== undefined && one.positions.positions.has(last.account);
  return partly ? last : queue[taken];
}
