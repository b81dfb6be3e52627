/**
 * Whether a taker that stopped had nothing left to take: no order within its limit, or none that its funds and its own bankruptcy price allow.
 */
import { abs } from "../../../keeper/core/integers.ts";
import type { Position } from "../../../keeper/core/types.ts";
import { shareRoundedOutward } from "../replay/arithmetic.ts";
import { bestTick, type MarketReplay } from "../replay/replayState.ts";

export type BookExhaustedParameters = {
  readonly one: MarketReplay;
  /** The bankrupt position after the sweep. */
  readonly taker: Position;
  readonly limit: bigint;
  /** Cover left, quote atoms. */
  readonly funds: bigint;
  readonly label: string;
};

/** @returns What is wrong; undefined when nothing is. */
export function checkBookExhausted({ one, taker, limit, funds, label }: BookExhaustedParameters): string | undefined {
  const sells = taker.lots > 0n;
  const tick = bestTick(one, sells);
  if (tick === undefined || (sells ? tick < limit : tick > limit)) return undefined;
  const resting = [...one.orders.values()].filter((order) => order.isBid === sells && order.tick === tick);
  const open = abs(taker.lots);
  // the smallest fill there is: if the fund cannot pay the rounding of that, the order is out of reach
  const affordable = resting.some((order) => {
    const lots = order.lots < open ? order.lots : open;
    const gap = (shareRoundedOutward(taker, lots) - lots * tick * one.market.tickValue) * (sells ? 1n : -1n);
    return gap <= funds;
  });
  return affordable ? `${label}: an order rests at ${tick}, within the limit ${limit}` : undefined;
}
