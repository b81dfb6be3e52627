// Prints the breakdown of the transactions that a bench measures, if it was asked for them.
import type { NetworkConnection } from "hardhat/types/network";
import { createSlotNames } from "./createSlotNames.ts";
import { printTrace } from "./printTrace.ts";
import { traceTransaction } from "./traceTransaction.ts";

/** Called with the key of a measurement and its transaction's hash. */
export type Tracer = (key: string, hash: string) => Promise<void>;

/** @param wanted Keys, separated by commas; "all" for every one; undefined for none. */
export function createTracer(connection: NetworkConnection, wanted: string | undefined): Tracer {
  if (!wanted) return async () => undefined;
  const keys = wanted.split(",");
  let nameOf: ReturnType<typeof createSlotNames> | undefined;
  return async (key, hash) => {
    if (wanted !== "all" && !keys.includes(key)) return;
    nameOf ??= createSlotNames();
    printTrace(key, await traceTransaction(connection, hash), nameOf);
  };
}
