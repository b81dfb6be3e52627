/**
 * Reads the deployment file and the markets that it lists.
 */
import { readFileSync } from "node:fs";
import type { Address, PublicClient } from "viem";
import { toParameters } from "../../../keeper/chain/toParameters.ts";
import { exchangeAbi } from "../chain/abi.ts";
import type { DemoMarket } from "./market.ts";

export type Addresses = {
  readonly exchange: Address;
  readonly lens: Address;
  readonly insuranceFund: Address;
  readonly collateral: Address;
};

type DeploymentFile = Addresses & {
  readonly markets: readonly {
    readonly id: number;
    readonly name: string;
    readonly aggregator: Address;
    readonly ticksPerPrice: string;
  }[];
};

export async function readMarkets(
  client: PublicClient,
  file: string,
): Promise<{ addresses: Addresses; markets: DemoMarket[] }> {
  const deployment = JSON.parse(readFileSync(file, "utf8")) as DeploymentFile;
  const { exchange, lens, insuranceFund, collateral } = deployment;
  const read = { address: exchange, abi: exchangeAbi } as const;
  const markets = await Promise.all(
    deployment.markets.map(async ({ id, name, aggregator, ticksPerPrice }, index): Promise<DemoMarket> => {
      const args = [BigInt(id)] as const;
      const [config, risk, tiers, view] = await Promise.all([
        client.readContract({ ...read, functionName: "marketConfig", args }),
        client.readContract({ ...read, functionName: "riskConfig", args }),
        client.readContract({ ...read, functionName: "marketTiers", args }),
        client.readContract({ ...read, functionName: "marketAt", args }),
      ]);
      return {
        index,
        id,
        name,
        feed: aggregator,
        ticksPerPrice: Number(ticksPerPrice),
        tickValue: BigInt(config.tickValue),
        maxAge: config.maxAge,
        reduceOnlyRatio: BigInt(risk.reduceOnlyRatio),
        maturity: config.maturity,
        slippageRate: BigInt(config.slippageRate),
        bandRate: BigInt(config.bandRate),
        takerFeeRate: BigInt(config.takerFeeRate),
        makerFeeRate: BigInt(config.makerFeeRate),
        dailyCoverCap: config.dailyCoverCap,
        minNotional: config.minNotional,
        maxSteps: config.maxSteps,
        parameters: toParameters(id, name, { config, risk, tiers, view }),
      };
    }),
  );
  return { addresses: { exchange, lens, insuranceFund, collateral }, markets };
}
