/**
 * A market for tests: BTC as the demo lists it.
 */
import type { DemoMarket } from "../../../scripts/demo/market/market.ts";

export const MARKET: DemoMarket = {
  index: 0,
  id: 1,
  name: "BTC",
  feed: "0x0000000000000000000000000000000000000001",
  ticksPerPrice: 10,
  tickValue: 10n,
  maxAge: 60,
  reduceOnlyRatio: 8_000n,
  maturity: 30,
  slippageRate: 5_000n,
  bandRate: 50_000n,
  takerFeeRate: 450n,
  makerFeeRate: 150n,
  dailyCoverCap: 5_000_000_000_000n,
  minNotional: 10_000_000n,
  maxSteps: 64,
  parameters: {
    id: 1,
    name: "BTC",
    base: 32,
    lotsPerUnit: 10_000n,
    maintenanceRate: 10_000n,
    targetRate: 20_000n,
    slippageRate: 5_000n,
    liquidationFeeRate: 1_000n,
    minNotional: 10_000_000n,
    maxSteps: 64,
    rankPolicy: "pnlLeverage",
    tickValue: 10n,
    initialRate: 20_000n,
    bandRate: 50_000n,
    minMargin: 1_000_000n,
    fundingCap: 5_000n,
    tiers: [],
    largeNotional: (1n << 64n) - 1n,
    stepRate: 1_000_000n,
    stepCooldown: 0n,
  },
};

/** Quote atoms per lot at a price in dollars, × 2^16. */
export function x16(price: number): bigint {
  return BigInt(Math.round(price * 100)) << 16n;
}
