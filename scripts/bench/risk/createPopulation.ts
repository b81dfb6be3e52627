/**
 * A market of any size to measure with: both sides hold the same lots, entries spread around the mark, leverages from 2 to 50, funding owed.
 */
import { baseFor } from "../../../keeper/core/grid.ts";
import type { RiskMarketInput, RiskParameters, RiskPosition } from "../../../keeper/core/risk/types.ts";

/** 2,500 a unit, a thousandth of it a lot, X16. */
const MARK_ATOMS = 2_500_000n;
export const MARK = MARK_ATOMS << 16n;
const LEVERAGES = [2, 3, 5, 5, 10, 10, 20, 25, 50];

export const PARAMETERS: RiskParameters = {
  id: 1,
  name: "ETH",
  base: baseFor(MARK),
  lotsPerUnit: 1000n,
  tickValue: 100n,
  maintenanceRate: 10_000n,
  targetRate: 20_000n,
  slippageRate: 10_000n,
  bandRate: 50_000n,
  liquidationFeeRate: 2_500n,
  minNotional: 10_000_000n,
  maxSteps: 64,
  largeNotional: 500_000_000_000n,
  stepRate: 250_000n,
  tiers: [
    { from: 250_000_000_000n, maintenanceRate: 20_000n, targetRate: 40_000n },
    { from: 1_000_000_000_000n, maintenanceRate: 50_000n, targetRate: 80_000n },
  ],
};

export function createPopulation(size: number, random: () => number): RiskMarketInput {
  const positions = Array.from({ length: size }, (_, i) => position(i + 1, i % 2 === 0, random));
  return {
    parameters: PARAMETERS,
    prices: { price: MARK, funding: 6_345_678n },
    positions,
    depth: { bids: levels(-1, random), asks: levels(1, random) },
    fund: { claim: 20_000_000n * 1_000_000n, coverLeft: 10_000_000n * 1_000_000n },
    volatility: 8_000n,
    taken: 0,
  };
}

export function position(account: number, isLong: boolean, random: () => number): RiskPosition {
  // most positions are small, a few large
  const lots = BigInt(Math.floor(10 ** (1 + 4 * random())));
  const entry = BigInt(Math.floor(2_500_000 * (1 + 0.1 * (random() + random() - 1))));
  const cost = lots * entry;
  const leverage = BigInt(LEVERAGES[Math.floor(random() * LEVERAGES.length)] ?? 1);
  // what an account in loss has put in to stay open at that leverage
  const loss = (isLong ? cost - lots * MARK_ATOMS : lots * MARK_ATOMS - cost) + lots * 200n;
  return {
    account,
    lots: isLong ? lots : -lots,
    cost,
    margin: cost / leverage + (loss > 0n ? loss : 0n),
    fundingIndex: BigInt(Math.floor(random() * 10_000_000)),
  };
}

export function levels(side: -1 | 1, random: () => number) {
  return Array.from({ length: 200 }, (_, i) => ({
    tick: 25_000 + side * (i + 1),
    lots: BigInt(1000 + Math.floor(random() * 50_000)),
  }));
}
