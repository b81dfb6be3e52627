/**
 * Follows the run and checks it: every transaction as it is read, and the chain itself after every step.
 */

import { positionChangeOf } from "../../../keeper/chain/positionChangeOf.ts";
import { pickBankrupt } from "../../../keeper/core/pickBankrupt.ts";
import { isBankrupt } from "../../../keeper/core/position.ts";
import type { Context } from "../context.ts";
import { applyLog } from "../replay/applyLog.ts";
import { type Log, logsOf, readLogs, type Transaction } from "../replay/readLogs.ts";
import { createReplay, type MarketReplay, marketOf, type Replay } from "../replay/replayState.ts";
import type { Catalogue } from "./catalogue.ts";
import { checkBookState } from "./checkBookState.ts";
import { checkBook, checkPositions } from "./checkBoundary.ts";
import { checkDeleverage } from "./checkDeleverage.ts";
import { checkAccrual } from "./checkFunding.ts";
import { checkIndex } from "./checkIndex.ts";
import { checkLiquidation } from "./checkLiquidation.ts";
import { checkPreventive } from "./checkPreventive.ts";
import { checkTotals } from "./checkTotals.ts";
import { isInsolvent } from "./isInsolvent.ts";
import { probeLiquidation, probeWithdrawals } from "./probes.ts";
import { readTotals, type Totals } from "./readTotals.ts";
import { createTally, type Tally } from "./tally.ts";

export type Auditor = {
  readonly replay: Replay;
  readonly tally: Tally;
  /** Reads and checks what happened since the last time. To be called when the keepers are idle. */
  readonly absorb: () => Promise<StepSummary>;
  /** Checks the chain as it is now. @param deep Also the index and the book, which takes longer. */
  readonly inspect: (deep: boolean) => Promise<Totals>;
};

/** What happened in one step, for the progress bar. */
export type StepSummary = {
  readonly liquidated: number;
  readonly deleveraged: number;
  readonly cover: bigint;
  readonly stale: boolean;
};

export function createAuditor(context: Context, catalogue: Catalogue): Auditor {
  const replay = createReplay(context.markets);
  const tally = createTally();
  let from = 0n;
  let turn = 0;

  async function absorb(): Promise<StepSummary> {
    const { number: head } = await context.chain.head();
    const before = tally.totals();
    const transactions = await readLogs(context, from, head);
    from = head + 1n;
    for (const [i, transaction] of transactions.entries()) {
      await absorbOne(transaction);
      if (transactions[i + 1]?.block !== transaction.block) await checkGate(transaction);
    }
    const after = tally.totals();
    const stale = (await isInsolvent(context, 1)) === undefined;
    return {
      liquidated: after.liquidations - before.liquidations,
      deleveraged: after.deleveraged - before.deleveraged,
      cover: after.cover - before.cover,
      stale,
    };
  }

  async function absorbOne(transaction: Transaction): Promise<void> {
    const label = `block ${transaction.block}`;
    const has = (name: Log["eventName"]) => transaction.logs.some(({ eventName }) => eventName === name);
    const isClearing = ["Liquidated", "PreventivelyDeleveraged", "DeleverageCall", "BankruptcySwept"] as const;
    if (isClearing.some(has)) await absorbClearing(transaction);
    else for (const log of transaction.logs) absorbLog(log, transaction);
    tally.add(transaction);
    for (const one of replay) {
      const mine = transaction.logs.filter((log) => "market" in log.args && Number(log.args.market) === one.market.id);
      if (mine.length === 0) continue;
      checkBook(one, `${one.market.name}, ${label}`, catalogue);
      if (mine.some((log) => positionChangeOf(log) !== undefined))
        checkPositions(one, `${one.market.name}, ${label}`, catalogue);
    }
  }

  function absorbLog(log: Log, { block }: Transaction): void {
    if (log.eventName === "FundingAccrued") {
      const one = marketOf(replay, log.args.market);
      checkAccrual(one, log, `${one.market.name}, block ${block}`, catalogue);
    }
    applyLog(replay, log);
  }

  /** A clearing call accrues funding first, and is judged by what that leaves. */
  async function absorbClearing(transaction: Transaction): Promise<void> {
    const accruals = logsOf(transaction, "FundingAccrued");
    for (const log of accruals) absorbLog(log, transaction);
    const rest = { ...transaction, logs: transaction.logs.filter(({ eventName }) => eventName !== "FundingAccrued") };
    if (logsOf(rest, "PreventivelyDeleveraged").length > 0) checkPreventive(replay, rest, catalogue);
    else if (logsOf(rest, "Liquidated").length > 0) checkLiquidation(replay, rest, catalogue);
    else {
      const record = await checkDeleverage(context, replay, rest, accruals.length > 0, catalogue);
      if (record !== undefined) tally.addCall(record);
    }
  }

  /** SOLV-4, at the end of a block that moved a price or cleared something; and how many blocks bankruptcies last. */
  async function checkGate({ block, logs }: Transaction): Promise<void> {
    const matters = logs.some(
      ({ eventName }) => eventName === "AnswerUpdated" || eventName === "DeleverageCall" || eventName === "Liquidated",
    );
    if (!matters) return;
    for (const one of replay) {
      if (one.prices === undefined) continue;
      const pick = pickBankrupt(one.positions, one.prices, 0);
      const past = pick?.cause === "past";
      tally.noteBankrupt(one.market.id, block, past);
      if (!past) continue;
      const closed = await isInsolvent(context, one.market.id, block);
      catalogue.expect(
        "SOLV-4",
        closed !== false,
        () => `${one.market.name}, block ${block}: account ${pick?.entry.account} is bankrupt and the gate is open`,
      );
    }
  }

  async function inspect(deep: boolean): Promise<Totals> {
    const totals = await readTotals(context);
    checkTotals(replay, totals, catalogue);
    let stale = false;
    for (const [i, one] of replay.entries()) {
      const insolvent = await isInsolvent(context, one.market.id);
      if (insolvent === undefined) {
        stale = true;
        continue;
      }
      const label = `${one.market.name}, block ${totals.block}`;
      const somebody = anyBankrupt(one, totals.markets[i]?.fundingNow ?? 0n);
      catalogue.expect(
        "SOLV-4",
        !insolvent || somebody !== undefined,
        () => `${label}: the gate is closed and nobody is bankrupt`,
      );
      catalogue.expect(
        "SOLV-7",
        somebody === undefined,
        () => `${label}: the keepers are done and account ${somebody} is bankrupt`,
      );
    }
    await probeWithdrawals(context, replay, totals, turn++, catalogue);
    if (!stale) await probeLiquidation(context, replay, totals, catalogue);
    if (deep) {
      for (const one of replay) {
        await checkIndex(context, one, totals.block, catalogue);
        await checkBookState(context, one, totals.block, catalogue);
      }
    }
    return totals;
  }

  return { replay, tally, absorb, inspect };
}

/** @param funding The index that a call made now would use. */
function anyBankrupt({ positions, prices }: MarketReplay, funding: bigint): number | undefined {
  if (prices === undefined) return undefined;
  const now = { price: prices.price, funding };
  for (const entry of positions.positions.values()) if (isBankrupt(entry, now)) return entry.account;
  return undefined;
}
