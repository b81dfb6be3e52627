/**
 * Runs a call at the newest block, as it would be mined now. Reads only.
 */
import type { Address } from "viem";
import type { Chain } from "../chain/connect.ts";
import { contractError } from "../chain/contractError.ts";
import { describeError } from "../chain/describeError.ts";
import type { Plan } from "../core/plan.ts";
import { classify } from "./classify.ts";
import type { Outcome } from "./outcome.ts";
import type { PreparedCall } from "./prepareCall.ts";

/** EIP-7825 caps a transaction's gas limit at 2^24; one below is below for every reading of it. */
export const GAS_CAP = (1n << 24n) - 1n;

export type SimulateParameters = {
  readonly chain: Chain;
  readonly from: Address;
  readonly plan: Plan;
  readonly call: PreparedCall;
  /** A block's number, or the newest state with or without what the node's mempool would add to it. */
  readonly at: bigint | "latest" | "pending";
};

/** Undefined when it would succeed. */
export async function simulate({ chain, from, plan, call, at }: SimulateParameters): Promise<Outcome | undefined> {
  try {
    const request = { ...call, account: from, gas: GAS_CAP };
    await chain.client.call(typeof at === "bigint" ? { ...request, blockNumber: at } : { ...request, blockTag: at });
    return undefined;
  } catch (error) {
    return refusalOf(error, plan);
  }
}

export function refusalOf(
  error: unknown,
  plan: Plan,
): Exclude<Outcome, { kind: "effective" | "ineffective" | "cancelled" }> {
  const revert = contractError(error);
  if (revert === undefined) return { kind: "infra", reason: describeError(error) };
  return { kind: classify(revert.name, plan.kind), reason: `${revert.name}(${revert.args.join(", ")})` };
}
