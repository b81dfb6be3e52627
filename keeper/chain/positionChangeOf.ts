/**
 * The position that an event leaves, for every event that changes one: PositionChanged says it whole; a counterparty of which
 * AutoDeleveraged or PrincipalClosed says that nothing is `left` is closed, and no other event tells it. Undefined for all others: where
 * something is left, PositionChanged came before.
 */
import type { PositionChange } from "../core/types.ts";
import type { ChainEvent, WithoutPlace } from "./readEvents.ts";

export function positionChangeOf(event: WithoutPlace<ChainEvent>): PositionChange | undefined {
  switch (event.eventName) {
    case "PositionChanged": {
      const { account, lots, cost, margin, fundingIndex } = event.args;
      return { account: Number(account), lots, cost, margin, fundingIndex };
    }
    case "AutoDeleveraged":
    case "PrincipalClosed": {
      if (event.args.left !== 0n) return undefined;
      return { account: Number(event.args.counterparty), lots: 0n, cost: 0n, margin: 0n, fundingIndex: 0n };
    }
    default:
      return undefined;
  }
}
