/**
 * What a failed eth_sendRawTransaction says about the transaction. By meaning, never by code alone: the same -32603 is a full disk with
 * one node and a low nonce with another.
 *
 * Texts of geth, reth, erigon, nethermind, besu, anvil, EDR and Nitro; the table test holds them.
 */
import { BaseError, HttpRequestError, TimeoutError } from "viem";

/**
 * - `known`: the node has it. As good as sent.
 * - `nonceTooLow`: the nonce is used; one of ours was mined, or somebody else has the key.
 * - `nonceTooHigh`: an earlier nonce is missing.
 * - `underpriced`: the mempool holds another transaction with this nonce, and ours does not pay enough more.
 * - `feeTooLow`: below the base fee, or below the node's minimum.
 * - `funds`: the account cannot pay for gas.
 * - `invalid`: no fee would make it acceptable (gas limit, size, chain id).
 * - `unknown`: nobody knows whether the node has it; it is treated as if it had.
 */
export type SendErrorClass =
  | "known"
  | "nonceTooLow"
  | "nonceTooHigh"
  | "underpriced"
  | "feeTooLow"
  | "funds"
  | "invalid"
  | "unknown";

/** The first that fits: a text about a replacement also names fees, a text about funds also names gas. */
const TEXTS: readonly (readonly [SendErrorClass, RegExp])[] = [
  [
    "known",
    /already known|known transaction|already imported|alreadyknown|already in (the )?(mem)?pool|already exists/i,
  ],
  [
    "funds",
    /insufficient (funds|balance)|insufficientfunds|doesn't have enough funds|upfront cost exceeds|not enough (funds|balance)/i,
  ],
  ["underpriced", /replacement|could not replace|replacenotallowed|underpriced replacement/i],
  ["nonceTooHigh", /nonce (is )?too high|nonce ?gap|noncegap|gapped[- ]nonce|nonce too distant/i],
  [
    "nonceTooLow",
    /nonce (is )?too low|old ?nonce|noncetoolow|nonce has already been used|below (the )?(current|sender.s) nonce|nonce .*already (used|consumed)/i,
  ],
  [
    "feeTooLow",
    /underpriced|fee ?too ?low|less than (the )?block base ?fee|below (the )?(current )?base ?fee|feetoolow|gas ?price (is )?too low|max fee per gas|tip (is )?too low|lower than .*base ?fee/i,
  ],
  [
    "invalid",
    /gas limit|intrinsic gas|out of gas|oversized|exceeds block|invalid (sender|signature|chain ?id)|chain ?id|gas too (low|high)|tip higher than fee cap|priority fee/i,
  ],
];

/** @param error As viem throws it. */
export function classifySendError(error: unknown): SendErrorClass {
  if (!(error instanceof BaseError)) return "unknown";
  // a timeout and a gateway's page of HTML say nothing about the transaction, whatever words they hold
  if (error.walk((e) => e instanceof HttpRequestError || e instanceof TimeoutError) !== null) return "unknown";
  const text = textsOf(error);
  return TEXTS.find(([, pattern]) => pattern.test(text))?.[0] ?? "unknown";
}

/** What the node said, without viem's rendering of the request: that repeats words like "maxFeePerGas". */
function textsOf(error: BaseError): string {
  const texts: string[] = [];
  error.walk((e) => {
    if (e instanceof BaseError) texts.push(e.details);
    else if (e instanceof Error) texts.push(e.message);
    return false;
  });
  return texts.join("\n");
}
