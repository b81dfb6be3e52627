/**
 * Puts one event onto the audit's own account of the exchange. Only this changes it.
 *
 * It is an invariant that a market's events are numbered without gaps from 1: a number that is not the next one means that the endpoint
 * left something out, and nothing can be said about what follows.
 */
import { positionChangeOf } from "../chain/positionChangeOf.ts";
import { applyChange } from "../core/applyChange.ts";
import { abs } from "../core/integers.ts";
import { createMarketState } from "../core/marketState.ts";
import type { PositionChange, RankPolicy } from "../core/types.ts";
import { AuditError } from "./AuditError.ts";
import type { AuditLog, AuditLogOf, AuditMarket, AuditWorld } from "./types.ts";

/** RankPolicy in MarketConfig.sol. */
const POLICIES: readonly RankPolicy[] = ["pnlLeverage", "leverageWaterfill"];

export function createAuditWorld(): AuditWorld {
  return { markets: new Map(), insurance: 0n };
}

/** @param timestamp Of the event's block, seconds. */
export function applyAuditLog(world: AuditWorld, log: AuditLog, timestamp: bigint): void {
  if (log.eventName === "ReservesChanged") world.insurance = log.args.insurance;
  if (!("sequence" in log.args)) return;
  const market = log.eventName === "MarketListed" ? list(world, log) : knownMarket(world, log.args.market);
  if (log.args.sequence !== market.sequence + 1n) {
    throw new AuditError(
      `Market ${market.id}: event ${market.sequence} is followed by event ${log.args.sequence}: the endpoint does not have the whole history`,
    );
  }
  market.sequence = log.args.sequence;
  apply(market, log, timestamp);
}

function list({ markets }: AuditWorld, { args }: AuditLogOf<"MarketListed">): AuditMarket {
  const market: AuditMarket = {
    id: Number(args.market),
    state: createMarketState(Number(args.base)),
    orders: new Map(),
    parameters: undefined,
    sequence: 0n,
    funding: 0n,
    taken: 0,
    grownAt: new Map(),
    cover: { day: 0n, drawn: 0n },
  };
  markets.set(market.id, market);
  return market;
}

export function knownMarket({ markets }: AuditWorld, id: bigint): AuditMarket {
  const market = markets.get(Number(id));
  if (market !== undefined) return market;
  throw new AuditError(`Market ${id}: its listing is not in the logs: the endpoint does not have the whole history`);
}

function apply(market: AuditMarket, log: AuditLog, timestamp: bigint): void {
  const change = positionChangeOf(log);
  if (change !== undefined) {
    move(market, change, timestamp);
    return;
  }
  switch (log.eventName) {
    case "MarketConfigured": {
      const { config } = log.args;
      market.parameters = {
        rankPolicy: policyOf(market, config),
        tickValue: BigInt(config.tickValue),
        slippageRate: BigInt(config.slippageRate),
        liquidationFeeRate: BigInt(config.liquidationFeeRate),
        lotsPerUnit: BigInt(config.lotsPerUnit),
        dailyCoverCap: config.dailyCoverCap,
        maturity: BigInt(config.maturity),
      };
      return;
    }
    case "FundingAccrued":
      market.funding = log.args.fundingIndex;
      return;
    case "MarginRemoved":
      market.grownAt.set(Number(log.args.account), timestamp);
      return;
    case "ResolutionEnded":
      market.taken = 0;
      return;
    case "OrderPlaced": {
      const { account, orderId: id, isBid, tick, lots, leverage, reduceOnly } = log.args;
      market.orders.set(id, { id, account: Number(account), isBid, tick, lots, leverage, reduceOnly });
      return;
    }
    case "OrderRemoved":
      market.orders.delete(log.args.orderId);
      return;
    case "Trade": {
      const order = market.orders.get(log.args.orderId);
      if (order === undefined) throw new AuditError(`Market ${market.id}: order ${log.args.orderId} does not rest`);
      const lots = order.lots - log.args.lots;
      if (lots === 0n) market.orders.delete(order.id);
      else market.orders.set(order.id, { ...order, lots });
      return;
    }
    default:
      return;
  }
}

function move(market: AuditMarket, change: PositionChange, timestamp: bigint): void {
  const { account, lots } = change;
  const before = market.state.positions.get(account)?.lots ?? 0n;
  // more lots, or the other side: exposure was opened
  if (lots !== 0n && (abs(lots) > abs(before) || lots > 0n !== before > 0n)) market.grownAt.set(account, timestamp);
  applyChange(market.state, change);
}

/** Better to say nothing than to accuse by the wrong rule. */
function policyOf({ id }: AuditMarket, { rankPolicy }: { readonly rankPolicy: number }): RankPolicy {
  const policy = POLICIES[rankPolicy];
  if (policy !== undefined) return policy;
  throw new AuditError(`Market ${id} ranks by policy ${rankPolicy}, which this audit does not know`);
}
