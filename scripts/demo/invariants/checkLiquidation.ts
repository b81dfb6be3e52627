/**
 * Checks one liquidation against the replay of the state before it: LIQ-1 and LIQ-2. Applies the transaction to the replay on the way.
 */

import { closeIsCovered, liquidationLimit } from "../../../keeper/audit/closeLimits.ts";
import { bestTick } from "../../../keeper/audit/restingOrders.ts";
import { closeSize, isLarge, stepOf, stepSize } from "../../../keeper/core/closeSize.ts";
import { requirement } from "../../../keeper/core/closing.ts";
import { abs } from "../../../keeper/core/integers.ts";
import { marginHealth } from "../../../keeper/core/marginHealth.ts";
import { equityX16, PIPS, settle } from "../../../keeper/core/position.ts";
import { targetRate } from "../../../keeper/core/requirements.ts";
import { applyLog } from "../replay/applyLog.ts";
import { logsOf, type Transaction } from "../replay/readLogs.ts";
import { marketOf, type Replay } from "../replay/replayState.ts";
import type { Catalogue } from "./catalogue.ts";

export function checkLiquidation(replay: Replay, transaction: Transaction, catalogue: Catalogue): void {
  const event = logsOf(transaction, "Liquidated")[0];
  if (event === undefined) throw new Error("not a liquidation");
  const { args } = event;
  const account = Number(args.account);
  const one = marketOf(replay, args.market);
  const { market, prices } = one;
  const before = one.positions.positions.get(account);
  const label = `${market.name} account ${account}, block ${transaction.block}`;
  if (prices === undefined || before === undefined) throw new Error(`${label}: unknown to the replay`);

  const health = marginHealth(before, prices, market.parameters);
  catalogue.expect("LIQ-1", health.status === "liquidatable", () => `${label}: liquidated, and was ${health.status}`);

  const settled = settle(before, prices.funding);
  const sells = settled.lots > 0n;
  // the demo's keepers always offer the market's whole step budget
  const { parameters } = market;
  const step = stepOf(one.positions, account, transaction.timestamp, parameters);
  const wanted = stepSize(settled, prices, parameters, market.maxSteps, step);
  const isStep = wanted < closeSize(settled, prices, parameters, market.maxSteps);
  const large = isLarge(abs(settled.lots), prices.price, parameters);
  catalogue.expect("LIQ-1", args.lots <= wanted, () => `${label}: ${args.lots} lots closed, its step has ${wanted}`);
  if (large && args.lots > 0n) one.positions.steps.set(account, { ...step, closed: step.closed + args.lots });
  const limit = liquidationLimit(
    settled,
    market.parameters,
    prices.price,
    wanted === abs(settled.lots),
    market.maxSteps,
  );
  catalogue.expect("LIQ-2", args.limitTick === limit, () => `${label}: limit ${args.limitTick}, should be ${limit}`);
  const fills = logsOf(transaction, "Trade").filter((trade) => Number(trade.args.taker) === account);
  for (const fill of fills) {
    const { tick } = fill.args;
    catalogue.expect(
      "LIQ-2",
      sells ? tick >= limit : tick <= limit,
      () => `${label}: filled at ${tick}, limit ${limit}`,
    );
  }
  for (const log of transaction.logs) applyLog(replay, log);

  const after = one.positions.positions.get(account);
  const steps =
    fills.length + logsOf(transaction, "OrderRemoved").filter((log) => Number(log.args.account) !== account).length;
  const reached = () => {
    if (after === undefined) return true;
    if (isStep) return args.lots === wanted; // the next step follows after the cooldown
    const target = abs(after.lots) * prices.price * targetRate(parameters, abs(settled.lots), prices.price);
    return args.lots === wanted && equityX16(after, prices) * PIPS >= target;
  };
  const nothingLeft = () => {
    if (after === undefined || steps >= market.maxSteps) return true;
    const tick = bestTick(one.orders.values(), sells);
    if (tick === undefined || (sells ? tick < limit : tick > limit)) return true;
    // what is within the limit, but would cost more than there is once the fee is paid, is not for this position
    const fee = requirement(1n, prices.price, market.parameters.liquidationFeeRate);
    return !closeIsCovered(after, 1n, tick * market.tickValue, fee);
  };
  catalogue.expect(
    "LIQ-1",
    reached() || nothingLeft(),
    () => `${label}: closed ${args.lots} of ${wanted} lots, and there was more to take`,
  );
}
