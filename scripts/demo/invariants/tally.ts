/**
 * Counts for the report: what was liquidated, what the fund paid, which calls deleveraged whom, and how long anybody stayed bankrupt.
 */
import { logsOf, type Transaction } from "../replay/readLogs.ts";
import type { DeleverageRecord } from "./deleverageRecord.ts";

export type LiquidationTotals = { count: number; lots: bigint; notional: bigint; fees: bigint; accounts: Set<number> };
export type SweepTotals = { count: number; lots: bigint; notional: bigint; cover: bigint };

export type TopUpTotals = { count: number; amount: bigint; tips: bigint };
export type PreventiveTotals = { calls: number; counterparties: number; lots: bigint; notional: bigint };
/** A change of a market's circuit breaker. `ratio` and `jump` in pips. */
export type LevelChange = {
  readonly market: number;
  readonly block: bigint;
  readonly level: number;
  readonly ratio: bigint;
  readonly jump: bigint;
};

export type Tally = {
  readonly add: (transaction: Transaction) => void;
  readonly addCall: (record: DeleverageRecord) => void;
  /** Whether somebody of the market was wholly past bankruptcy at the end of a block. */
  readonly noteBankrupt: (market: number, block: bigint, past: boolean) => void;
  readonly totals: () => { readonly liquidations: number; readonly deleveraged: number; readonly cover: bigint };
  readonly calls: () => readonly DeleverageRecord[];
  readonly liquidations: (market: number) => LiquidationTotals;
  readonly sweeps: (market: number) => SweepTotals;
  readonly topUps: (market: number) => TopUpTotals;
  readonly preventive: (market: number) => PreventiveTotals;
  readonly levels: () => readonly LevelChange[];
  /** Most blocks between a price that made somebody bankrupt and the block after which nobody was. */
  readonly blocksToResolveMax: () => number;
  readonly trades: () => number;
  readonly orders: () => number;
};

export function createTally(): Tally {
  const calls: DeleverageRecord[] = [];
  const liquidations = new Map<number, LiquidationTotals>();
  const sweeps = new Map<number, SweepTotals>();
  const topUps = new Map<number, TopUpTotals>();
  const preventive = new Map<number, PreventiveTotals>();
  const levels: LevelChange[] = [];
  const bankruptSince = new Map<number, bigint>();
  let [resolveMax, trades, orders] = [0, 0, 0];

  const liquidationsOf = (market: number) => {
    const found = liquidations.get(market) ?? {
      count: 0,
      lots: 0n,
      notional: 0n,
      fees: 0n,
      accounts: new Set<number>(),
    };
    liquidations.set(market, found);
    return found;
  };
  const sweepsOf = (market: number) => {
    const found = sweeps.get(market) ?? { count: 0, lots: 0n, notional: 0n, cover: 0n };
    sweeps.set(market, found);
    return found;
  };
  const topUpsOf = (market: number) => {
    const found = topUps.get(market) ?? { count: 0, amount: 0n, tips: 0n };
    topUps.set(market, found);
    return found;
  };
  const preventiveOf = (market: number) => {
    const found = preventive.get(market) ?? { calls: 0, counterparties: 0, lots: 0n, notional: 0n };
    preventive.set(market, found);
    return found;
  };

  function add(transaction: Transaction): void {
    trades += logsOf(transaction, "Trade").length;
    orders += logsOf(transaction, "OrderPlaced").length;
    for (const { args } of logsOf(transaction, "Liquidated")) {
      if (args.lots === 0n) continue; // it only took orders out of the book
      const total = liquidationsOf(Number(args.market));
      total.count++;
      total.lots += args.lots;
      total.notional += args.notional;
      total.fees += args.fee;
      total.accounts.add(Number(args.account));
    }
    for (const { args } of logsOf(transaction, "BankruptcySwept")) {
      const total = sweepsOf(Number(args.market));
      total.count++;
      total.lots += args.lots;
      total.notional += args.notional;
      total.cover += args.cover;
    }
    for (const { args } of logsOf(transaction, "ToppedUp")) {
      const total = topUpsOf(Number(args.market));
      total.count++;
      total.amount += args.amount;
      total.tips += args.tip;
    }
    for (const { args } of logsOf(transaction, "PreventivelyDeleveraged")) {
      const total = preventiveOf(Number(args.market));
      if (args.rank === 1n) total.calls++;
      total.counterparties++;
      total.lots += args.lots;
      total.notional += (args.lots * args.price) >> 16n;
    }
    for (const { args } of logsOf(transaction, "LevelChanged")) {
      const { level, ratio, jump } = args;
      levels.push({ market: Number(args.market), block: transaction.block, level, ratio, jump });
    }
  }

  function noteBankrupt(market: number, block: bigint, past: boolean): void {
    const since = bankruptSince.get(market);
    if (past && since === undefined) bankruptSince.set(market, block);
    if (past || since === undefined) return;
    bankruptSince.delete(market);
    resolveMax = Math.max(resolveMax, Number(block - since));
  }

  return {
    add,
    addCall: (record) => calls.push(record),
    noteBankrupt,
    totals: () => ({
      liquidations: [...liquidations.values()].reduce((sum, { count }) => sum + count, 0),
      deleveraged: calls.reduce((sum, { counterparties }) => sum + counterparties.length, 0),
      cover:
        calls.reduce((sum, { cover }) => sum + cover, 0n) +
        [...sweeps.values()].reduce((sum, { cover }) => sum + cover, 0n),
    }),
    calls: () => calls,
    liquidations: liquidationsOf,
    sweeps: sweepsOf,
    topUps: topUpsOf,
    preventive: preventiveOf,
    levels: () => levels,
    blocksToResolveMax: () => resolveMax,
    trades: () => trades,
    orders: () => orders,
  };
}
