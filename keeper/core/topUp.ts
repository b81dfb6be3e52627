/**
 * Top-ups: a position brought to initial margin out of its owner's free collateral, by the owner's own order (MarginDesk.topUp).
 */
import { abs, floorDiv } from "./integers.ts";
import { equityX16, PIPS, settle } from "./position.ts";
import { standingRequirement } from "./requirements.ts";
import type { MarketParameters, Position, Prices } from "./types.ts";

/** An account's standing order. `triggerRate` 0: withdrawn. */
export type TopUpOrder = {
  /** Equity / notional below which it may be carried out, pips. */
  readonly triggerRate: bigint;
  /** Quote atoms that may still be moved, tips included. */
  readonly remaining: bigint;
};

/** A top-up moves at least this much, quote atoms (MarginDesk.MIN_TOP_UP). */
const MIN_TOP_UP = 10_000_000n;
/** The caller's part, pips, and its most, quote atoms. */
const TIP_RATE = 1_000n;
const MAX_TIP = 1_000_000n;

export type TopUpAmount = {
  /** Quote atoms that go into the position. */
  readonly amount: bigint;
  /** Quote atoms that a caller with another account gets. */
  readonly tip: bigint;
};

/** Undefined when the position is at or above its trigger, or the order is withdrawn. */
export function topUpAmount(
  p: Position,
  order: TopUpOrder,
  prices: Prices,
  parameters: MarketParameters,
): TopUpAmount | undefined {
  if (order.triggerRate === 0n) return undefined;
  const size = abs(p.lots);
  const equity = floorDiv(equityX16(settle(p, prices.funding), prices), 1n << 16n);
  const trigger = (size * prices.price * order.triggerRate + (PIPS << 16n) - 1n) / (PIPS << 16n);
  if (equity >= trigger) return undefined;
  const missing = standingRequirement(parameters, size, prices) - equity;
  const amount = missing > MIN_TOP_UP ? missing : MIN_TOP_UP;
  const tip = (amount * TIP_RATE) / PIPS;
  return { amount, tip: tip < MAX_TIP ? tip : MAX_TIP };
}
