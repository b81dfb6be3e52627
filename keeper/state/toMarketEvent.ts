/**
 * What an event of the exchange means to a market's state. Undefined for events of no market.
 */
import { positionChangeOf } from "../chain/positionChangeOf.ts";
import type { ChainEvent } from "../chain/readEvents.ts";
import { STOP_LOSS } from "../chain/readTriggers.ts";
import type { MarketEvent, MarketFact } from "../core/applyEvent.ts";
import type { MarketId } from "../core/types.ts";

/** Only calls that bring the market up to date, funding included, emit these. Cancelling and adding margin do without a price. */
const ACCRUING: ReadonlySet<string> = new Set([
  "FundingAccrued",
  "LevelChanged",
  "Trade",
  "MarginRemoved",
  "ToppedUp",
  "Liquidated",
  "PreventivelyDeleveraged",
  "BankruptcySwept",
  "DeleverageCall",
  "MarketEnded",
  "TriggerExecuted",
]);

export function toMarketEvent(
  event: ChainEvent,
  timestamp: bigint,
): { readonly market: MarketId; readonly event: MarketEvent } | undefined {
  if (!("sequence" in event.args)) return undefined;
  const { market, sequence } = event.args;
  const accrues = ACCRUING.has(event.eventName);
  return { market: Number(market), event: { ...factOf(event), sequence, timestamp, accrues } };
}

function factOf(event: ChainEvent): MarketFact {
  const change = positionChangeOf(event);
  if (change !== undefined) return { kind: "position", change };
  switch (event.eventName) {
    case "TopUpSet": {
      const { account, triggerRate, maximum: remaining } = event.args;
      return { kind: "topUpSet", account: Number(account), order: { triggerRate, remaining } };
    }
    case "ToppedUp": {
      const { account, amount, tip } = event.args;
      return { kind: "toppedUp", account: Number(account), spent: amount + tip };
    }
    case "TriggerPlaced": {
      const { account, triggerId, kind, closesLong, triggerTick, limitTick, lots, tip } = event.args;
      const rest = { closesLong, triggerTick, limitTick, lots, tip };
      const trigger = { id: Number(triggerId), isStopLoss: kind === STOP_LOSS, ...rest };
      return { kind: "triggerPlaced", account: Number(account), trigger };
    }
    case "TriggerRemoved": {
      const { account, triggerId } = event.args;
      return { kind: "triggerLeft", account: Number(account), id: Number(triggerId), lots: 0n, tip: 0n };
    }
    case "TriggerExecuted": {
      const { account, triggerId, lotsLeft: lots, tipLeft: tip } = event.args;
      return { kind: "triggerLeft", account: Number(account), id: Number(triggerId), lots, tip };
    }
    case "Liquidated": {
      const { account, lots, price } = event.args;
      return { kind: "liquidated", account: Number(account), lots, price };
    }
    default:
      return { kind: "other" };
  }
}
