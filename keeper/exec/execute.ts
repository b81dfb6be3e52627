/**
 * Carries one plan out: simulate → estimate → send → wait → verify the effect. Whatever happens becomes an Outcome; it never throws.
 */
import type { TransactionReceipt } from "viem";
import type { Chain } from "../chain/connect.ts";
import { contractError } from "../chain/contractError.ts";
import { describeError } from "../chain/describeError.ts";
import type { Plan } from "../core/plan.ts";
import { classify } from "./classify.ts";
import type { Dispatcher } from "./createDispatcher.ts";
import type { Outcome } from "./outcome.ts";
import { type CallLimits, type PreparedCall, prepareCall } from "./prepareCall.ts";
import { verifyEffect } from "./verifyEffect.ts";

/** EIP-7825 caps a transaction's gas limit at 2^24; one below is below for every reading of it. */
export const GAS_CAP = (1n << 24n) - 1n;

export type ExecuteParameters = {
  readonly chain: Chain;
  readonly dispatcher: Dispatcher;
  readonly plan: Plan;
  readonly limits: CallLimits;
};

export async function execute({ chain, dispatcher, plan, limits }: ExecuteParameters): Promise<Outcome> {
  const call = prepareCall(chain.deployment.exchange, plan, limits);
  let receipt: TransactionReceipt;
  let gas: bigint;
  try {
    const request = { ...call, account: dispatcher.account.address, gas: GAS_CAP };
    await chain.client.call({ ...request, blockTag: "latest" });
    // Estimation runs the call again right before it is signed; it is net of refunds, which are paid only at the end: hence the margin.
    const estimate = await chain.client.estimateGas(request);
    const ample = (estimate * 125n) / 100n;
    gas = ample < GAS_CAP ? ample : GAS_CAP;
    receipt = await dispatcher.send(call, gas);
  } catch (error) {
    return refusal(error, plan);
  }
  const hash = receipt.transactionHash;
  if (receipt.status === "reverted") {
    if (receipt.gasUsed >= gas) return { kind: "unexpected", reason: `out of gas at ${gas}`, hash };
    return explainRevert({ chain, dispatcher, plan, limits }, call, receipt);
  }
  const effect = verifyEffect(plan, chain.deployment.exchange, receipt);
  // a poke never reverts: when another call of its block came first, it finds nothing to accrue
  if (effect === undefined && plan.kind === "poke") return { kind: "outcompeted", hash, reason: "already accrued" };
  if (effect === undefined && plan.kind === "settle") return { kind: "outcompeted", hash, reason: "already paid out" };
  if (effect === undefined) return { kind: "ineffective", hash, reason: "no expected event" };
  return { kind: "effective", hash, block: receipt.blockNumber, gasUsed: receipt.gasUsed, effect };
}

function refusal(error: unknown, plan: Plan): Outcome {
  const revert = contractError(error);
  if (revert === undefined) return { kind: "infra", reason: describeError(error) };
  return { kind: classify(revert.name, plan.kind), reason: `${revert.name}(${revert.args.join(", ")})` };
}

/** The simulation passed and the transaction did not: somebody came in between. The same call on the state after it says what for. */
async function explainRevert(
  { chain, dispatcher, plan }: ExecuteParameters,
  call: PreparedCall,
  receipt: TransactionReceipt,
): Promise<Outcome> {
  const hash = receipt.transactionHash;
  try {
    const request = { ...call, account: dispatcher.account.address, gas: GAS_CAP };
    await chain.client.call({ ...request, blockNumber: receipt.blockNumber });
  } catch (error) {
    const outcome = refusal(error, plan);
    return outcome.kind === "infra" ? { ...outcome, hash } : ({ ...outcome, hash } satisfies Outcome);
  }
  return { kind: "outcompeted", reason: "reverted, and would pass now", hash };
}
