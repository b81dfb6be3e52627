/**
 * A market's configuration, as the exchange's views return it, in the keeper's terms. Pure.
 */
import type { ContractFunctionReturnType } from "viem";
import type { MarketId, MarketParameters } from "../core/types.ts";
import type { exchangeAbi } from "./abi.ts";

type View<Name extends "marketConfig" | "riskConfig" | "marketTiers" | "marketAt"> = ContractFunctionReturnType<
  typeof exchangeAbi,
  "view",
  Name
>;

export type MarketViews = {
  readonly config: View<"marketConfig">;
  readonly risk: View<"riskConfig">;
  readonly tiers: View<"marketTiers">;
  readonly view: View<"marketAt">;
};

export function toParameters(id: MarketId, name: string, { config, risk, tiers, view }: MarketViews): MarketParameters {
  return {
    id,
    name,
    base: Number(view.base),
    lotsPerUnit: config.lotsPerUnit,
    tickValue: BigInt(config.tickValue),
    initialRate: BigInt(config.initialRate),
    maintenanceRate: BigInt(config.maintenanceRate),
    targetRate: BigInt(config.targetRate),
    slippageRate: BigInt(config.slippageRate),
    bandRate: BigInt(config.bandRate),
    liquidationFeeRate: BigInt(config.liquidationFeeRate),
    minNotional: config.minNotional,
    minMargin: config.minMargin,
    maxSteps: config.maxSteps,
    rankPolicy: config.rankPolicy === 1 ? "leverageWaterfill" : "pnlLeverage",
    fundingCap: BigInt(config.fundingCap),
    tiers: tiers.map((tier) => ({
      from: BigInt(tier.from),
      initialRate: BigInt(tier.initialRate),
      maintenanceRate: BigInt(tier.maintenanceRate),
      targetRate: BigInt(tier.targetRate),
    })),
    largeNotional: risk.largeNotional,
    stepRate: BigInt(risk.stepRate),
    stepCooldown: BigInt(risk.stepCooldown),
  };
}
