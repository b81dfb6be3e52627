/**
 * Whether a taker that stopped had nothing left to take: no order within its limit, or none that its funds and its own bankruptcy price allow.
 */

import { shareRoundedOutward } from "../core/closing.ts";
import { abs } from "../core/integers.ts";
import type { Position } from "../core/types.ts";
import { bestTick, type RestingOrder } from "./restingOrders.ts";

export type BookExhaustedParameters = {
  readonly orders: Iterable<RestingOrder>;
  readonly tickValue: bigint;
  /** The bankrupt position after the sweep. */
  readonly taker: Position;
  readonly limit: bigint;
  /** Cover left, quote atoms. */
  readonly funds: bigint;
};

/** @returns What is wrong; undefined when nothing is. */
export function checkBookExhausted(parameters: BookExhaustedParameters): string | undefined {
  const { orders, tickValue, taker, limit, funds } = parameters;
  const all = [...orders];
  const sells = taker.lots > 0n;
  const tick = bestTick(all, sells);
  if (tick === undefined || (sells ? tick < limit : tick > limit)) return undefined;
  const resting = all.filter((order) => order.isBid === sells && order.tick === tick);
  const open = abs(taker.lots);
  // the smallest fill there is: if the fund cannot pay the rounding of that, the order is out of reach
  const affordable = resting.some((order) => {
    const lots = order.lots < open ? order.lots : open;
    const gap = (shareRoundedOutward(taker, lots) - lots * tick * tickValue) * (sells ? 1n : -1n);
    return gap <= funds;
  });
  return affordable ? `an order rests at ${tick}, within the limit ${limit}` : undefined;
}
