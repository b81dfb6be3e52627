/**
 * S for a set of positions that are bankrupt at a price, quote atoms × 2^16, exact:
 *
 *     Σ −equity = Σ −side·(|lots|·Q − K·2^16) = side·(2^16·ΣK − Q·Σ|lots|),   plus what closing Σ|lots| costs beyond Q
 */
import type { Direction } from "./types.ts";

export type ExitCost = (lots: bigint) => bigint;

export function shortfallX16(
  direction: Direction,
  price: bigint,
  lots: bigint,
  cost: bigint,
  exitCost: ExitCost,
): bigint {
  const owed = (cost << 16n) - price * lots;
  return (direction === "down" ? owed : -owed) + exitCost(lots);
}
