/**
 * What a mined transaction did, from its own logs. A receipt alone proves nothing.
 */
import { type Address, isAddressEqual, parseEventLogs, type TransactionReceipt } from "viem";
import { exchangeAbi } from "../chain/abi.ts";
import type { Plan } from "../core/plan.ts";
import type { AccountId } from "../core/types.ts";

export type Effect = {
  /** The account that was resolved: the contract picks, and after a race it may be another than the one planned. */
  readonly account: AccountId;
  /** Lots of the plan's kind of close, in the plan's market. */
  readonly lots: bigint;
  readonly sweptLots: bigint;
  readonly adlCounterparties: number;
  readonly principalCounterparties: number;
  /** Resting orders that could not fill: removing them is progress, too. */
  readonly removedOrders: number;
};

/** Undefined when nothing of what the plan is about happened. */
export function verifyEffect(plan: Plan, exchange: Address, receipt: TransactionReceipt): Effect | undefined {
  const logs = receipt.logs.filter((log) => isAddressEqual(log.address, exchange));
  const market = BigInt(plan.market);
  let account = plan.account;
  let [lots, sweptLots, adlCounterparties, principalCounterparties, removedOrders] = [0n, 0n, 0, 0, 0];
  for (const event of parseEventLogs({ abi: exchangeAbi, logs, strict: true })) {
    if (!("market" in event.args) || event.args.market !== market) continue;
    if (event.eventName === "OrderRemoved") removedOrders++;
    if (plan.kind === "liquidate") {
      if (event.eventName === "Liquidated" && event.args.account === BigInt(plan.account)) lots += event.args.lots;
    } else if (event.eventName === "BankruptcySwept") {
      account = Number(event.args.account);
      sweptLots += event.args.lots;
      lots += event.args.lots;
    } else if (event.eventName === "AutoDeleveraged") {
      account = Number(event.args.bankrupt);
      adlCounterparties++;
      lots += event.args.lots;
    } else if (event.eventName === "PrincipalClosed") {
      account = Number(event.args.bankrupt);
      principalCounterparties++;
      lots += event.args.lots;
    }
  }
  if (lots === 0n && removedOrders === 0) return undefined;
  return { account, lots, sweptLots, adlCounterparties, principalCounterparties, removedOrders };
}
