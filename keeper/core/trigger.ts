/**
 * Stop-loss and take-profit: orders to close a position that anyone may execute once the mark has reached them (Trigger.sol, Triggers.sol).
 */
import type { AccountId, MarketParameters } from "./types.ts";

/** One of an account's standing triggers in a market, at most eight. */
export type TriggerOrder = {
  /** Generation << 8 | slot + 1, 40 bits: an id is never used again. */
  readonly id: number;
  readonly isStopLoss: boolean;
  /** Of the position that was open when it was placed. */
  readonly closesLong: boolean;
  readonly triggerTick: bigint;
  /** Worst tick of its fills. */
  readonly limitTick: bigint;
  /** Most that it still closes. */
  readonly lots: bigint;
  /** Quote atoms, what is left of it. */
  readonly tip: bigint;
};

export type TriggerOrders = Map<AccountId, readonly TriggerOrder[]>;

/** At the tick exactly it is reached (TriggerLibrary.isReached). @param price The mark, X16. */
export function isReached(trigger: TriggerOrder, price: bigint, { tickValue }: Pick<MarketParameters, "tickValue">) {
  const threshold = (trigger.triggerTick * tickValue) << 16n;
  const falling = trigger.isStopLoss === trigger.closesLong;
  return falling ? price <= threshold : price >= threshold;
}

/** An account's list with a trigger put into its slot, or taken out of it; in the order of slots, as the contract lists them. */
export function withTrigger(
  orders: readonly TriggerOrder[],
  id: number,
  trigger: TriggerOrder | undefined,
): readonly TriggerOrder[] {
  const rest = orders.filter((order) => order.id !== id);
  if (trigger === undefined) return rest;
  return [...rest, trigger].sort((a, b) => (a.id & 0xff) - (b.id & 0xff));
}
