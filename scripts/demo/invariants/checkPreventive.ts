/**
 * Checks one preventive deleveraging against the replay of the state before it: only below maintenance, only while the system margin ratio
 * asks for it, only what the book cannot take, in rank order, at the mark, and exactly. Applies the transaction on the way.
 */

import { liquidationLimit } from "../../../keeper/audit/closeLimits.ts";
import { closeAtMark } from "../../../keeper/audit/judgePreventive.ts";
import { queueByBruteForce } from "../../../keeper/audit/queue.ts";
import { bestTick } from "../../../keeper/audit/restingOrders.ts";
import { stepOf, stepSize } from "../../../keeper/core/closeSize.ts";
import { abs } from "../../../keeper/core/integers.ts";
import { marginHealth } from "../../../keeper/core/marginHealth.ts";
import { equityX16, PIPS, settle } from "../../../keeper/core/position.ts";
import type { Position, Prices } from "../../../keeper/core/types.ts";
import { applyLog } from "../replay/applyLog.ts";
import { logsOf, type Transaction } from "../replay/readLogs.ts";
import { type MarketReplay, marketOf, type Replay } from "../replay/replayState.ts";
import type { Catalogue } from "./catalogue.ts";
import { checkLiquidation } from "./checkLiquidation.ts";

export function checkPreventive(replay: Replay, transaction: Transaction, catalogue: Catalogue): void {
  const closes = logsOf(transaction, "PreventivelyDeleveraged");
  const [first] = closes;
  if (first === undefined) throw new Error("not a preventive deleveraging");
  const account = Number(first.args.account);
  const one = marketOf(replay, first.args.market);
  const { market, prices } = one;
  const label = `${market.name} account ${account}, block ${transaction.block}`;
  if (prices === undefined) throw new Error(`${label}: there is no price`);
  checkOpen(one, prices, label, catalogue);

  // what the book takes comes first, as any liquidation
  const end = transaction.logs.findLastIndex(({ eventName }) => eventName === "Liquidated") + 1;
  if (end > 0) checkLiquidation(replay, { ...transaction, logs: transaction.logs.slice(0, end) }, catalogue);

  const entry = one.positions.positions.get(account);
  if (entry === undefined) throw new Error(`${label}: unknown to the replay`);
  const { status } = marginHealth(entry, prices, market.parameters);
  catalogue.expect("LIQ-1", status === "liquidatable", () => `${label}: reduced, and was ${status}`);
  const step = stepOf(one.positions, account, transaction.timestamp, market.parameters);
  const lots = stepSize(entry, prices, market.parameters, market.maxSteps, step);
  const settled = settle(entry, prices.funding);
  const limit = liquidationLimit(settled, market.parameters, prices.price, lots === abs(entry.lots), market.maxSteps);
  const best = bestTick(one.orders.values(), entry.isLong);
  const absorbs = best !== undefined && (entry.isLong ? best >= limit : best <= limit);
  catalogue.expect("ADL-3", !absorbs, () => `${label}: an order rests at ${best}, within the limit ${limit}`);

  const queue = queueByBruteForce(one.positions, entry.isLong, prices.price, prices);
  let reduced: Position = settled;
  const expected = closes.map((log, i) => {
    const better = queue[i];
    const right = better?.entry.account === Number(log.args.counterparty) && log.args.rank === BigInt(i + 1);
    catalogue.expect(
      "IDX-2",
      right,
      () => `${label}: rank ${i + 1} is account ${log.args.counterparty}, should be ${better?.entry.account}`,
    );
    const before = settle(better?.entry ?? entry, prices.funding);
    const result = closeAtMark(reduced, before, log.args.lots, prices.price);
    reduced = result.reduced;
    return { log, ...result };
  });
  for (const log of transaction.logs.slice(end)) applyLog(replay, log);
  for (const { log, payout, rest } of expected) {
    const name = `${label}, counterparty ${log.args.counterparty}`;
    catalogue.expect("ADL-2", log.args.payout === payout, () => `${name}: paid ${log.args.payout}, is owed ${payout}`);
    const after = one.positions.positions.get(Number(log.args.counterparty));
    catalogue.expect("ADL-2", isSame(after, rest), () => `${name}: what is left of it differs`);
    catalogue.expect("SOLV-7", payout >= 0n, () => `${name}: its share is ${payout}`);
  }
  catalogue.expect("ADL-2", isSame(one.positions.positions.get(account), reduced), () => `${label}: is left otherwise`);
}

/** The lower side's Σ equity / notional, below the threshold. */
function checkOpen(one: MarketReplay, prices: Prices, label: string, catalogue: Catalogue): void {
  const sides = { long: 0n, short: 0n };
  let lots = 0n;
  for (const p of one.positions.positions.values()) {
    sides[p.lots > 0n ? "long" : "short"] += equityX16(p, prices);
    if (p.lots > 0n) lots += p.lots;
  }
  const lower = sides.long < sides.short ? sides.long : sides.short;
  const { reduceOnlyRatio } = one.market;
  const open = lower * PIPS < reduceOnlyRatio * lots * prices.price;
  catalogue.expect("ADL-3", open, () => `${label}: the margin ratio is ${(lower * PIPS) / (lots * prices.price)} pips`);
}

function isSame(actual: Position | undefined, expected: Position): boolean {
  if (actual === undefined) return expected.lots === 0n;
  return actual.lots === expected.lots && actual.cost === expected.cost && actual.margin === expected.margin;
}
