/**
 * Random markets for the risk engine: clustered or spread, levered to the edge, owing funding, with tiers or without, with empty or
 * one-sided books and sides.
 */
import { baseFor } from "../../../../keeper/core/grid.ts";
import type { RiskLevel, RiskMarketInput, RiskParameters, RiskPosition } from "../../../../keeper/core/risk/types.ts";
import type { Random } from "../../helpers/random.ts";

const TIERS: readonly RiskParameters["tiers"][] = [
  [],
  [{ from: 50_000_000n, maintenanceRate: 40_000n, targetRate: 60_000n }],
  [
    { from: 20_000_000n, maintenanceRate: 25_000n, targetRate: 40_000n },
    { from: 80_000_000n, maintenanceRate: 100_000n, targetRate: 150_000n },
    { from: 900_000_000n, maintenanceRate: 400_000n, targetRate: 600_000n },
  ],
];

export function randomBook(random: Random): RiskMarketInput {
  const atoms = 1_000n + random.bits(24);
  const price = (atoms << 16n) + BigInt(random.below(65_536));
  const tickValue = 1n + BigInt(random.below(5));
  const parameters: RiskParameters = {
    id: 1,
    name: "TEST",
    base: baseFor(price),
    lotsPerUnit: 1000n,
    tickValue,
    maintenanceRate: 5_000n + BigInt(random.below(20_000)),
    targetRate: 30_000n + BigInt(random.below(10_000)),
    slippageRate: 1_000n + BigInt(random.below(50_000)),
    bandRate: 50_000n + BigInt(random.below(100_000)),
    liquidationFeeRate: BigInt(random.below(10_000)),
    minNotional: 1n + BigInt(random.below(1_000_000)),
    maxSteps: 64,
    largeNotional: 1n + random.bits(36),
    stepRate: 50_000n + BigInt(random.below(950_000)),
    tiers: TIERS[random.below(TIERS.length)] ?? [],
  };
  const kind = random.below(4);
  const count = [0, 1, 3, 12, 40][random.below(5)] ?? 0;
  const sides = random.below(5);
  const positions = Array.from({ length: count }, (_, i) => {
    const isLong = sides === 0 ? true : sides === 1 ? false : random.below(2) === 0;
    return randomRiskPosition(random, i + 1, isLong, atoms, kind);
  });
  return {
    parameters,
    prices: { price, funding: randomFunding(random, price) },
    positions,
    depth: {
      bids: random.below(4) === 0 ? [] : levels(random, price, tickValue, -1n),
      asks: random.below(4) === 0 ? [] : levels(random, price, tickValue, 1n),
    },
    fund: { claim: random.bits(44), coverLeft: random.bits(44) },
    volatility: BigInt(random.below(3)) * 4_000n,
    taken: 0,
  };
}

/** @param kind 0: spread, 1: clustered (whole clusters share their prices), 2: levered to the edge, 3: anything. */
export function randomRiskPosition(
  random: Random,
  account: number,
  isLong: boolean,
  atoms: bigint,
  kind: number,
): RiskPosition {
  const size = kind === 1 ? 1n << BigInt(random.below(4)) : 1n + random.bits(16);
  const drift = kind === 1 ? BigInt(random.below(3) * 100) : BigInt(random.below(2_000));
  const entry = (atoms * (9_000n + drift)) / 10_000n + 1n;
  const cost = size * entry + (kind === 3 ? BigInt(random.below(7)) : 0n);
  const leverage = kind === 2 ? 1_000n : kind === 1 ? 10n : 1n + BigInt(random.below(60));
  const margin = cost / leverage - (kind === 3 ? random.bits(20) : 0n);
  const fundingIndex = BigInt(random.below(2_000) - 1_000) << BigInt(random.below(16));
  return { account, lots: isLong ? size : -size, cost, margin, fundingIndex };
}

function randomFunding(random: Random, price: bigint): bigint {
  const bound = price / 4n;
  const f = random.bits(50) % (bound + 1n);
  return random.below(3) === 0 ? 0n : random.below(2) === 0 ? f : -f;
}

function levels(random: Random, price: bigint, tickValue: bigint, side: bigint): RiskLevel[] {
  let tick = price / (tickValue << 16n) + BigInt(random.below(5) - 2);
  const found: RiskLevel[] = [];
  for (let i = random.below(6); i >= 0; i--) {
    tick += side * (1n + random.bits(10));
    if (tick <= 0n) break;
    found.push({ tick: Number(tick), lots: 1n + random.bits(18) });
  }
  return found;
}
