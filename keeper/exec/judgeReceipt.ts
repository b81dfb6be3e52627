/**
 * What a mined transaction achieved. The receipt's own logs decide; of a revert, the same call on the state after it.
 */
import type { Address, TransactionReceipt } from "viem";
import type { Chain } from "../chain/connect.ts";
import type { Intent } from "../db/types.ts";
import type { Outcome } from "./outcome.ts";
import { simulate } from "./simulate.ts";
import { verifyEffect } from "./verifyEffect.ts";

export async function judgeReceipt(
  chain: Chain,
  from: Address,
  intent: Intent,
  receipt: TransactionReceipt,
): Promise<Outcome> {
  const { plan, to, data } = intent;
  const { transactionHash: hash, blockNumber: block, gasUsed } = receipt;
  const attempt = intent.attempts.find((one) => one.hash === hash);
  if (attempt?.isCancel === true) return { kind: "cancelled", hash, reason: intent.reason ?? "obsolete" };
  if (receipt.status === "reverted") {
    if (attempt !== undefined && gasUsed >= attempt.gas)
      return { kind: "unexpected", reason: `out of gas at ${attempt.gas}`, hash };
    // the simulation passed and the transaction did not: somebody came in between
    const refusal = await simulate({ chain, from, plan, call: { to, data }, at: block });
    if (refusal === undefined) return { kind: "outcompeted", reason: "reverted, and would pass now", hash };
    return { ...refusal, hash } as Outcome;
  }
  const effect = verifyEffect(plan, chain.deployment.exchange, receipt);
  // neither of them reverts: when another call of its block came first, it finds nothing to do
  if (effect === undefined && plan.kind === "poke") return { kind: "outcompeted", hash, reason: "already accrued" };
  if (effect === undefined && plan.kind === "settle") return { kind: "outcompeted", hash, reason: "already paid out" };
  if (effect === undefined) return { kind: "ineffective", hash, reason: "no expected event" };
  return { kind: "effective", hash, block, gasUsed, effect };
}
