/**
 * Puts one event onto the replay.
 */
import { positionChangeOf } from "../../../keeper/chain/positionChangeOf.ts";
import { applyChange } from "../../../keeper/core/applyChange.ts";
import type { DemoMarket } from "../market/market.ts";
import { noteSettlement } from "./funding.ts";
import type { Log } from "./readLogs.ts";
import { marketOf, type Replay } from "./replayState.ts";
import { releaseAll, releaseFilled, releaseReduced, reserve } from "./reserves.ts";

/** The feed has 8 decimals, the contract wants 18: then quote atoms per lot × 2^16, as Mark.sol. */
export function priceX16(market: DemoMarket, answer: bigint): bigint {
  return ((answer * 10n ** 10n) << 16n) / (10n ** 12n * market.parameters.lotsPerUnit);
}

export function applyLog(replay: Replay, log: Log): void {
  switch (log.eventName) {
    case "AnswerUpdated": {
      const emitter = log.address.toLowerCase();
      for (const one of replay) {
        if (one.market.feed.toLowerCase() !== emitter) continue;
        one.prices = { price: priceX16(one.market, log.args.current), funding: one.prices?.funding ?? 0n };
      }
      return;
    }
    case "FundingAccrued": {
      const one = marketOf(replay, log.args.market);
      one.prices = { price: log.args.price, funding: log.args.fundingIndex };
      return;
    }
    case "PositionChanged":
    case "AutoDeleveraged":
    case "PrincipalClosed": {
      const change = positionChangeOf(log);
      if (change === undefined) return;
      const one = marketOf(replay, log.args.market);
      const before = one.positions.positions.get(change.account);
      if (before !== undefined) noteSettlement(one.funding, before, one.prices?.funding ?? 0n);
      applyChange(one.positions, change);
      return;
    }
    case "OrderPlaced": {
      const { market, account, orderId: id, isBid, tick, lots, leverage, reduceOnly } = log.args;
      const one = marketOf(replay, market);
      const order = { id, account: Number(account), isBid, tick, lots, leverage, reduceOnly };
      one.orders.set(id, order);
      reserve(one, order);
      return;
    }
    case "OrderRemoved": {
      const { one, order } = orderOf(replay, log.args);
      releaseAll(one, order);
      one.orders.delete(order.id);
      return;
    }
    case "OrderReduced": {
      const { one, order } = orderOf(replay, log.args);
      releaseReduced(one, order, log.args.lots);
      one.orders.set(order.id, { ...order, lots: order.lots - log.args.lots });
      return;
    }
    case "Trade": {
      // the maker's position changes with an event of its own, after this one
      const { one, order } = orderOf(replay, log.args);
      releaseFilled(one, order, log.args.lots);
      const lots = order.lots - log.args.lots;
      if (lots === 0n) one.orders.delete(order.id);
      else one.orders.set(order.id, { ...order, lots });
      return;
    }
    default:
      return;
  }
}

function orderOf(replay: Replay, { market, orderId }: { readonly market: bigint; readonly orderId: bigint }) {
  const one = marketOf(replay, market);
  const order = one.orders.get(orderId);
  if (order === undefined) throw new Error(`${one.market.name}: order ${orderId} does not rest`);
  return { one, order };
}
