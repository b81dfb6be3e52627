/**
 * Whether a failed send is certainly not in the mempool: the node answered, and its answer was not "I have it already".
 */
import { BaseError, HttpRequestError, TimeoutError } from "viem";

/** geth and reth: "already known"; EDR: "Known transaction"; anvil: "transaction already imported". */
const ALREADY_KNOWN = /already known|known transaction|already imported/i;

export function isRejection(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false;
  if (error.walk((e) => e instanceof HttpRequestError || e instanceof TimeoutError) !== null) return false;
  return !ALREADY_KNOWN.test(`${error.message} ${error.details}`);
}
