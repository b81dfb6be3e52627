/**
 * The call that carries a plan out, encoded.
 */
import { type Address, encodeFunctionData, type Hex, maxInt128, minInt128 } from "viem";
import { exchangeAbi } from "../chain/abi.ts";
import type { Plan } from "../core/plan.ts";

export type CallLimits = {
  /** Most resting orders to visit, within the market's own cap. */
  readonly maxSteps: number;
  /** Most counterparties that the contract picks itself. */
  readonly maxCounterparties: number;
};

export type PreparedCall = { readonly to: Address; readonly data: Hex };

export function prepareCall(exchange: Address, plan: Plan, limits: CallLimits): PreparedCall {
  return { to: exchange, data: encode(plan, limits) };
}

function encode(plan: Plan, limits: CallLimits): Hex {
  const abi = exchangeAbi;
  const market = BigInt(plan.market);
  const steps = BigInt(limits.maxSteps);
  switch (plan.kind) {
    case "liquidate":
      return encodeFunctionData({ abi, functionName: "liquidate", args: [market, BigInt(plan.account), steps] });
    case "preventive": {
      const args = [market, BigInt(plan.account), steps, BigInt(limits.maxCounterparties)] as const;
      return encodeFunctionData({ abi, functionName: "preventiveDeleverage", args });
    }
    case "topUp":
      return encodeFunctionData({ abi, functionName: "topUp", args: [market, BigInt(plan.account)] });
    case "trigger": {
      const args = [market, BigInt(plan.account), BigInt(plan.trigger), steps] as const;
      return encodeFunctionData({ abi, functionName: "executeTrigger", args });
    }
    case "poke":
      return encodeFunctionData({ abi, functionName: "poke", args: [market] });
    case "settle":
      return encodeFunctionData({ abi, functionName: "settleRetired", args: [market, plan.accounts] });
    case "deleverage": {
      // No bounds on price or time: deleveraging is a duty, and the contract fixes the price. A late call finds nothing to do.
      const bounds = { deadline: 0, minPrice: minInt128, maxPrice: maxInt128, nominee: plan.nominee };
      const args = [market, plan.counterparties, { ...limits, ...bounds }] as const;
      return encodeFunctionData({ abi, functionName: "autoDeleverage", args });
    }
  }
}
