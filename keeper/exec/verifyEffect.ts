/**
 * What a mined transaction did, from its own logs. A receipt alone proves nothing.
 */
import { type Address, isAddressEqual, parseEventLogs, type TransactionReceipt } from "viem";
import { exchangeAbi } from "../chain/abi.ts";
import type { Plan } from "../core/plan.ts";
import type { AccountId } from "../core/types.ts";

export type Effect = {
  /** The account that was resolved: the contract picks, and after a race it may be another than the one planned. 0 for a poke. */
  readonly account: AccountId;
  /** Lots of the plan's kind of close, in the plan's market. */
  readonly lots: bigint;
  readonly sweptLots: bigint;
  readonly adlCounterparties: number;
  readonly principalCounterparties: number;
  readonly preventiveCounterparties: number;
  /** Resting orders that could not fill: removing them is progress, too. */
  readonly removedOrders: number;
  /** Quote atoms that a top-up moved into the position. */
  readonly toppedUp: bigint;
  /** Whether the funding index moved. */
  readonly accrued: boolean;
  /** Positions of a retired market that were paid out. */
  readonly settled?: number;
};

function isTrigger(plan: Plan, id: bigint): boolean {
  return plan.kind === "trigger" && BigInt(plan.trigger) === id;
}

/** Undefined when nothing of what the plan is about happened. */
export function verifyEffect(plan: Plan, exchange: Address, receipt: TransactionReceipt): Effect | undefined {
  const logs = receipt.logs.filter((log) => isAddressEqual(log.address, exchange));
  const market = BigInt(plan.market);
  const planned = plan.kind === "poke" || plan.kind === "settle" ? 0 : plan.account;
  let account = planned;
  let [lots, sweptLots, toppedUp, accrued] = [0n, 0n, 0n, false];
  let settled = 0;
  let [adlCounterparties, principalCounterparties, preventiveCounterparties, removedOrders] = [0, 0, 0, 0];
  for (const { eventName, args } of parseEventLogs({ abi: exchangeAbi, logs, strict: true })) {
    if (!("market" in args) || args.market !== market) continue;
    const isMine = "account" in args && args.account === BigInt(planned);
    switch (eventName) {
      case "OrderRemoved":
        removedOrders++;
        break;
      case "FundingAccrued":
        accrued = true;
        break;
      case "RetiredPositionSettled":
        settled++;
        break;
      case "TriggerExecuted":
        if (isMine && isTrigger(plan, args.triggerId)) lots += args.lots;
        break;
      case "TriggerRemoved":
        // its position went away in between: then the call clears it up
        if (isMine && isTrigger(plan, args.triggerId)) removedOrders++;
        break;
      case "Liquidated":
        if (isMine) lots += args.lots;
        break;
      case "PreventivelyDeleveraged":
        if (!isMine) break;
        preventiveCounterparties++;
        lots += args.lots;
        break;
      case "ToppedUp":
        if (isMine) toppedUp += args.amount;
        break;
      case "BankruptcySwept":
        account = Number(args.account);
        sweptLots += args.lots;
        lots += args.lots;
        break;
      case "AutoDeleveraged":
        account = Number(args.bankrupt);
        adlCounterparties++;
        lots += args.lots;
        break;
      case "PrincipalClosed":
        account = Number(args.bankrupt);
        principalCounterparties++;
        lots += args.lots;
        break;
      default:
        break;
    }
  }
  if (plan.kind === "settle" && settled === 0) return undefined;
  const happened =
    plan.kind === "settle" || plan.kind === "poke"
      ? accrued || settled > 0
      : plan.kind === "topUp"
        ? toppedUp > 0n
        : lots > 0n || removedOrders > 0;
  if (!happened) return undefined;
  const counts = { adlCounterparties, principalCounterparties, preventiveCounterparties, removedOrders };
  return { account, lots, sweptLots, ...counts, toppedUp, accrued, ...(settled > 0 ? { settled } : {}) };
}
