/**
 * How an attempt at a plan ended. Data only.
 */
import type { Hash } from "viem";
import type { RevertClass } from "./errorTable.ts";
import type { Effect } from "./verifyEffect.ts";

export type Outcome =
  | {
      readonly kind: "effective";
      readonly hash: Hash;
      readonly block: bigint;
      readonly gasUsed: bigint;
      readonly effect: Effect;
    }
  /** Mined, not reverted, and yet nothing of what was expected happened. */
  | { readonly kind: "ineffective"; readonly hash: Hash; readonly reason: string }
  /** Our own transfer to ourselves took the nonce: the plan was obsolete, or an operator asked for it. */
  | { readonly kind: "cancelled"; readonly hash: Hash; readonly reason: string }
  | {
      readonly kind: RevertClass;
      readonly reason: string;
      /** Present when it cost a transaction; missing when the simulation already said no. */
      readonly hash?: Hash;
    }
  /** The endpoint, the mempool or the key's balance: says nothing about the plan. */
  | { readonly kind: "infra"; readonly reason: string; readonly hash?: Hash };
