/**
 * Whether an error is what the chain says to a request (a call that reverts, a transaction that is refused), and every honest endpoint would say.
 * Judged by what is said, never by the code: codes mean something else at every node.
 */
import { BaseError, RpcRequestError } from "viem";
import { contractError } from "./contractError.ts";

export function isAnswer(error: unknown): boolean {
  if (contractError(error) !== undefined) return true;
  if (!(error instanceof BaseError)) return false;
  const said = error.walk((e) => e instanceof RpcRequestError);
  if (!(said instanceof RpcRequestError)) return false;
  // blocks that are not there (yet, or here), limits, overload: another one may do better
  return !/not found|unknown block|header|missing trie|limit|too many|timeout|timed out|busy|unavailable|^internal error|range/i.test(
    said.details,
  );
}
