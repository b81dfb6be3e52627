/**
 * What the dispatcher reports about transactions. Data only.
 */
import type { TransactionReceipt } from "viem";
import type { Attempt, Intent } from "../db/types.ts";
import type { Outcome } from "./outcome.ts";
import type { SendErrorClass } from "./classifySendError.ts";

export type TxEvent =
  /** In a block. A reorganisation can take it back until it is `final`. */
  | { readonly type: "mined"; readonly intent: Intent; readonly receipt: TransactionReceipt; readonly outcome: Outcome }
  | { readonly type: "final"; readonly intent: Intent }
  | { readonly type: "unmined"; readonly intent: Intent }
  /** The nonce was used by a transaction that is not ours: somebody else has the key. */
  | { readonly type: "external"; readonly intent: Intent }
  | { readonly type: "bumped"; readonly intent: Intent; readonly attempt: Attempt }
  | { readonly type: "cancelling"; readonly intent: Intent; readonly reason: string }
  /** Was never sent, or is not worth pursuing; its nonce goes to the next one. */
  | { readonly type: "abandoned"; readonly intent: Intent; readonly reason: string; readonly error?: SendErrorClass }
  /** The budget does not reach for a replacement: it waits with what it offers. */
  | { readonly type: "stuck"; readonly intent: Intent };
