/**
 * The custom error that a contract call reverted with, by name.
 */
import {
  BaseError,
  ContractFunctionRevertedError,
  decodeErrorResult,
  ExecutionRevertedError,
  type Hex,
  isHex,
} from "viem";
import { exchangeAbi } from "./abi.ts";

export type ContractError = { readonly name: string; readonly args: readonly unknown[] };

/** Undefined when the call did not revert (the endpoint failed, or the error is something else altogether). */
export function contractError(error: unknown): ContractError | undefined {
  if (!(error instanceof BaseError)) return undefined;
  const reverted = error.walk((e) => e instanceof ContractFunctionRevertedError);
  if (reverted instanceof ContractFunctionRevertedError) {
    const { data, reason, signature } = reverted;
    if (data !== undefined) return { name: data.errorName, args: data.args ?? [] };
    return { name: signature ?? "Revert", args: reason === undefined ? [] : [reason] };
  }
  const data = revertData(error);
  if (data !== undefined) return decode(data);
  if (error.walk((e) => e instanceof ExecutionRevertedError) !== null) return { name: "Revert", args: [error.details] };
  return undefined;
}

/** Gas estimation reports a revert as an RPC error that carries the data, nested differently by every node. */
function revertData(error: BaseError): Hex | undefined {
  let found: Hex | undefined;
  error.walk((e) => {
    const data = typeof e === "object" && e !== null && "data" in e ? e.data : undefined;
    const hex = typeof data === "object" && data !== null && "data" in data ? data.data : data;
    if (isHex(hex) && hex.length >= 10) found = hex;
    return found !== undefined;
  });
  return found;
}

function decode(data: Hex): ContractError {
  try {
    const { errorName, args } = decodeErrorResult({ abi: exchangeAbi, data });
    return { name: errorName, args: args ?? [] };
  } catch (cause) {
    // Not one of ours: the selector is all that can be said.
    return { name: data.slice(0, 10), args: [cause instanceof Error ? cause.name : "unknown"] };
  }
}
