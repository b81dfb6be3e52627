/**
 * The markets that a deployment lists: names, units and risk parameters. Rates are in pips (1e-6), money in quote atoms (1e-6 USD).
 */
export interface MarketParameters {
  maxAge: number;
  tradeAge: number;
  tickValue: number;
  maxSteps: number;
  /** Whom auto-deleveraging takes: 0 PnlLeverage, 1 LeverageWaterfill (RankPolicy in MarketConfig.sol). */
  rankPolicy: number;
  lotsPerUnit: bigint;
  initialRate: number;
  maintenanceRate: number;
  targetRate: number;
  slippageRate: number;
  bandRate: number;
  takerFeeRate: number;
  makerFeeRate: number;
  liquidationFeeRate: number;
  minNotional: bigint;
  minMargin: bigint;
  maxOpenInterest: bigint;
  insuranceShare: number;
  rewardRate: number;
  dailyCoverCap: bigint;
  maturity: number;
  fundingCap: number;
  impactNotional: bigint;
  treasuryShare: number;
  /** Circuit breaker, dynamic margin, limits on growth and on large liquidations. */
  risk: RiskParameters;
  /** Margin tiers above the first, ascending. */
  tiers: readonly TierParameters[];
}

export interface RiskParameters {
  cautiousRatio: number;
  reduceOnlyRatio: number;
  hysteresis: number;
  jumpRate: number;
  calmPeriod: number;
  cautiousFactor: number;
  volatilityPeriod: number;
  volatilityFactor: number;
  maxInitialRate: number;
  growthLots: bigint;
  growthPeriod: number;
  largeNotional: bigint;
  stepRate: number;
  stepCooldown: number;
  preventivePeriod: number;
}

export interface TierParameters {
  from: bigint;
  initialRate: number;
  maintenanceRate: number;
  targetRate: number;
}

export interface MarketListing {
  name: string;
  /** Ticks per unit of price: the price in quote units is tick / ticksPerPrice. */
  ticksPerPrice: bigint;
  /** The Chainlink feed promises an answer at least this often, seconds. Mocks promise nothing. */
  heartbeat: number;
  /** First answer of the mock feed on a local chain, in whole quote units. */
  initialPrice: number;
  parameters: MarketParameters;
}

const USD = 1_000_000n;

const common = {
  maxAge: 60, // Chainlink's fast feeds answer within seconds in a crash; older than this, nobody knows the price
  tradeAge: 20,
  tickValue: 10,
  maxSteps: 64,
  rankPolicy: 0,
  initialRate: 20_000, // 50x
  maintenanceRate: 10_000,
  targetRate: 20_000,
  slippageRate: 5_000,
  bandRate: 50_000,
  takerFeeRate: 450,
  makerFeeRate: 150,
  liquidationFeeRate: 1_000,
  minNotional: 10n * USD,
  minMargin: 1n * USD,
  insuranceShare: 700_000,
  treasuryShare: 100_000,
  rewardRate: 200,
  dailyCoverCap: 5_000_000n * USD,
  maturity: 30,
  fundingCap: 5_000, // 0.5 % per eight hours
  impactNotional: 10_000n * USD,
  risk: {
    cautiousRatio: 15_000,
    reduceOnlyRatio: 8_000, // below maintenance: by then most of a side is being liquidated
    hysteresis: 5_000,
    jumpRate: 50_000,
    calmPeriod: 120,
    cautiousFactor: 1_500_000,
    volatilityPeriod: 3_600,
    volatilityFactor: 30, // three standard deviations of an hour
    maxInitialRate: 100_000,
    growthLots: 1_000_000_000n, // a tenth of the cap …
    growthPeriod: 600, // … in ten minutes
    largeNotional: 2_000_000n * USD,
    stepRate: 250_000,
    stepCooldown: 15,
    preventivePeriod: 60,
  },
  tiers: [
    { from: 1_000_000n * USD, initialRate: 40_000, maintenanceRate: 20_000, targetRate: 30_000 },
    { from: 5_000_000n * USD, initialRate: 100_000, maintenanceRate: 50_000, targetRate: 70_000 },
  ],
};

export const MARKETS: readonly MarketListing[] = [
  {
    name: "BTC",
    ticksPerPrice: 10n, // tick = 0.1 USD, lot = 0.0001 BTC: one lot at one tick is 10 atoms
    heartbeat: 3_600, // of BTC/USD and ETH/USD on Ethereum
    initialPrice: 121_700,
    parameters: { ...common, lotsPerUnit: 10_000n, maxOpenInterest: 10_000_000_000n },
  },
  {
    name: "ETH",
    ticksPerPrice: 100n, // tick = 0.01 USD, lot = 0.001 ETH: one lot at one tick is 10 atoms
    heartbeat: 3_600,
    initialPrice: 4_370,
    parameters: { ...common, lotsPerUnit: 1_000n, maxOpenInterest: 10_000_000_000n },
  },
];
