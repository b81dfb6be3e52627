/**
 * K of a position after settlement to a funding index (Margin.sol: bankruptcyCost after settle):
 *
 *     K = cost − side·margin',   margin' = margin − ⌈lots·(F − F₀)/2^16⌉
 *
 * the quote atoms that the whole position trades for at its bankruptcy price. With it, equity·2^16 = side·(|lots|·P − K·2^16).
 */
import { settledMargin } from "../position.ts";
import type { Position } from "../types.ts";

export function settledCost(p: Position, funding: bigint): bigint {
  const margin = settledMargin(p, funding);
  return p.lots > 0n ? p.cost - margin : p.cost + margin;
}
