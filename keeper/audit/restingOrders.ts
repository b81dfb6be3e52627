/**
 * Resting orders as the events tell of them, and the best tick of a side.
 */
import type { AccountId } from "../core/types.ts";

export type RestingOrder = {
  readonly id: bigint;
  readonly account: AccountId;
  readonly isBid: boolean;
  readonly tick: bigint;
  readonly lots: bigint;
  readonly leverage: bigint;
  readonly reduceOnly: boolean;
};

/** The best tick of a side, undefined when it is empty. */
export function bestTick(orders: Iterable<RestingOrder>, isBid: boolean): bigint | undefined {
  let best: bigint | undefined;
  for (const order of orders) {
    if (order.isBid === isBid && (best === undefined || (isBid ? order.tick > best : order.tick < best)))
      best = order.tick;
  }
  return best;
}
