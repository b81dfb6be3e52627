/**
 * The event reducer: one event of a market onto its state, and back.
 *
 * Every event of a market carries its number, without gaps: an event that is not the next one is refused, and nothing changes.
 */
import { applyChange, type Undo as ChangeUndo, undoChange } from "./applyChange.ts";
import { isLarge, stepOf } from "./closeSize.ts";
import { abs } from "./integers.ts";
import type { MarketState, Step } from "./marketState.ts";
import type { TopUpOrder } from "./topUp.ts";
import { type TriggerOrder, withTrigger } from "./trigger.ts";
import type { AccountId, MarketParameters, PositionChange } from "./types.ts";

/** What an event says that the state keeps. */
export type MarketFact =
  | { readonly kind: "position"; readonly change: PositionChange }
  | { readonly kind: "topUpSet"; readonly account: AccountId; readonly order: TopUpOrder }
  /** Quote atoms that left the order, tip included. */
  | { readonly kind: "toppedUp"; readonly account: AccountId; readonly spent: bigint }
  | { readonly kind: "triggerPlaced"; readonly account: AccountId; readonly trigger: TriggerOrder }
  /** Without lots it is gone. `tip` in quote atoms. */
  | {
      readonly kind: "triggerLeft";
      readonly account: AccountId;
      readonly id: number;
      readonly lots: bigint;
      readonly tip: bigint;
    }
  | { readonly kind: "marginRemoved"; readonly account: AccountId }
  /** `price` is the mark, X16. */
  | { readonly kind: "liquidated"; readonly account: AccountId; readonly lots: bigint; readonly price: bigint }
  | { readonly kind: "other" };

export type MarketEvent = MarketFact & {
  readonly sequence: bigint;
  /** Of the block. */
  readonly timestamp: bigint;
  /** Whether only a call that also accrues funding emits it. */
  readonly accrues: boolean;
};

export type EventUndo = {
  readonly sequence: bigint;
  readonly accruedAt: bigint;
  readonly position?: ChangeUndo;
  readonly topUp?: { readonly account: AccountId; readonly before: TopUpOrder | undefined };
  readonly triggers?: { readonly account: AccountId; readonly before: readonly TriggerOrder[] | undefined };
  readonly stepped?: { readonly account: AccountId; readonly before: Step | undefined };
};

/** Undefined when the event is not the market's next one. */
export function applyEvent(
  state: MarketState,
  event: MarketEvent,
  parameters: MarketParameters,
): EventUndo | undefined {
  if (event.sequence !== state.sequence + 1n) return undefined;
  const before = { sequence: state.sequence, accruedAt: state.accruedAt };
  state.sequence = event.sequence;
  if (event.accrues) state.accruedAt = event.timestamp;
  switch (event.kind) {
    case "position": {
      const { account, lots } = event.change;
      const was = state.positions.get(account)?.lots ?? 0n;
      const ends = lots === 0n || abs(lots) > abs(was) || lots > 0n !== was > 0n;
      return { ...before, ...(ends ? endStep(state, account) : {}), position: applyChange(state, event.change) };
    }
    case "marginRemoved":
      return { ...before, ...endStep(state, event.account) };
    case "topUpSet":
      return { ...before, topUp: setTopUp(state, event.account, event.order) };
    case "toppedUp": {
      const order = state.topUps.get(event.account);
      if (order === undefined) return before; // given before the first block that the snapshot looked at
      return {
        ...before,
        topUp: setTopUp(state, event.account, { ...order, remaining: order.remaining - event.spent }),
      };
    }
    case "triggerPlaced":
      return { ...before, triggers: setTrigger(state, event.account, event.trigger.id, event.trigger) };
    case "triggerLeft": {
      const { account, id, lots, tip } = event;
      const trigger = state.triggers.get(account)?.find((order) => order.id === id);
      if (trigger === undefined) return before; // placed before the first block that the snapshot looked at
      return {
        ...before,
        triggers: setTrigger(state, account, id, lots === 0n ? undefined : { ...trigger, lots, tip }),
      };
    }
    case "liquidated": {
      // the position's own event came before: what was open is what is left and what was closed
      const open = abs(state.positions.get(event.account)?.lots ?? 0n) + event.lots;
      if (event.lots === 0n || !isLarge(open, event.price, parameters)) return before;
      const stepped = { account: event.account, before: state.steps.get(event.account) };
      const { began, closed } = stepOf(state, event.account, event.timestamp, parameters);
      state.steps.set(event.account, { began, closed: closed + event.lots });
      return { ...before, stepped };
    }
    case "other":
      return before;
  }
}

/** Puts the state back to what it was before the event. Undo in the reverse order of applying. */
export function undoEvent(state: MarketState, undo: EventUndo): void {
  state.sequence = undo.sequence;
  state.accruedAt = undo.accruedAt;
  if (undo.position !== undefined) undoChange(state, undo.position);
  if (undo.topUp !== undefined) restore(state.topUps, undo.topUp);
  if (undo.triggers !== undefined) restore(state.triggers, undo.triggers);
  if (undo.stepped !== undefined) restore(state.steps, undo.stepped);
}

/** A step belongs to one position, and ends when that grows or gives margin back (Liquidation.sol). */
function endStep(state: MarketState, account: AccountId): Pick<EventUndo, "stepped"> {
  const before = state.steps.get(account);
  if (before === undefined) return {};
  state.steps.delete(account);
  return { stepped: { account, before } };
}

function setTopUp(state: MarketState, account: AccountId, order: TopUpOrder) {
  const before = state.topUps.get(account);
  state.topUps.set(account, order);
  return { account, before };
}

function setTrigger(state: MarketState, account: AccountId, id: number, trigger: TriggerOrder | undefined) {
  const before = state.triggers.get(account);
  state.triggers.set(account, withTrigger(before ?? [], id, trigger));
  return { account, before };
}

function restore<T>(map: Map<AccountId, T>, { account, before }: { account: AccountId; before: T | undefined }): void {
  if (before === undefined) map.delete(account);
  else map.set(account, before);
}
