/**
 * What the journal holds. Data only.
 */
import type { Address, Hash, Hex } from "viem";
import type { Plan } from "../core/plan.ts";

/**
 * - `open`: signed, and the nonce is its own. Broadcast, replaced, cancelled until something with its nonce is mined.
 * - `abandoned`: not pursued any more, but its bytes may have been seen by a node: it is watched, and its nonce is used by the next one.
 * - `mined`: one of its attempts is in a block with fewer confirmations than are asked for.
 * - `final`: that many confirmations.
 * - `replaced`: another intent with the same nonce is final.
 * - `external`: the nonce was used by a transaction that this journal does not know.
 */
export type IntentStatus = "open" | "abandoned" | "mined" | "final" | "replaced" | "external";

/** One signed transaction. Its bytes are here before any node sees them. */
export type Attempt = {
  readonly hash: Hash;
  readonly raw: Hex;
  /** A transfer of nothing to ourselves, which takes the nonce away from the call. */
  readonly isCancel: boolean;
  readonly gas: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  /** Head when it was signed. */
  readonly block: bigint;
  /** How often it was handed to a node that did not refuse it. */
  readonly broadcasts: number;
};

export type Mined = { readonly hash: Hash; readonly block: bigint; readonly blockHash: Hash };

/** One piece of work for which a transaction was signed. */
export type Intent = {
  readonly id: number;
  /** Names the plan and the block that it was made at. */
  readonly planId: Hash;
  readonly planKey: string;
  readonly plan: Plan;
  readonly to: Address;
  readonly data: Hex;
  readonly nonce: number;
  readonly status: IntentStatus;
  /** The block that it was planned at. */
  readonly plannedBlock: bigint;
  /** Oldest first; never empty. */
  readonly attempts: readonly Attempt[];
  readonly mined: Mined | undefined;
  readonly outcome: string | undefined;
  readonly reason: string | undefined;
  /** Wei. */
  readonly feePaid: bigint | undefined;
  /** An operator asked for it. */
  readonly cancelRequested: boolean;
  /** Milliseconds since 1970. */
  readonly openedAt: number;
};
