/**
 * The market of helpers/market.ts as the contract's views return it, for the chain in memory.
 */
import { PARAMETERS } from "./market.ts";

export const EMPTY_MARKET = {
  pot: 0n,
  openInterest: 0n,
  fundingIndex: 0n,
  base: 0n,
  taken: 0n,
  longBound: 0n,
  shortBound: 0n,
  coverDay: 0n,
  coverDrawn: 0n,
  bestBid: 0n,
  bestAsk: 0n,
  longValue: 0n,
  sequence: 0n,
  status: 0,
  finalPrice: 0n,
};

export const CONFIG = {
  source: "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0",
  maxAge: 60,
  tradeAge: 20,
  tickValue: 10,
  maxSteps: PARAMETERS.maxSteps,
  lotsPerUnit: PARAMETERS.lotsPerUnit,
  initialRate: 50_000,
  maintenanceRate: Number(PARAMETERS.maintenanceRate),
  targetRate: Number(PARAMETERS.targetRate),
  slippageRate: Number(PARAMETERS.slippageRate),
  bandRate: 50_000,
  takerFeeRate: 0,
  makerFeeRate: 0,
  liquidationFeeRate: Number(PARAMETERS.liquidationFeeRate),
  minNotional: PARAMETERS.minNotional,
  minMargin: 1n,
  maxOpenInterest: 1n,
  insuranceShare: 0,
  rewardRate: 0,
  dailyCoverCap: 0n,
  maturity: 0,
  extraTiers: 0,
  rankPolicy: 0,
  fundingCap: 0,
  impactNotional: 0n,
  treasuryShare: 0,
} as const;

export const RISK = {
  cautiousRatio: 0,
  reduceOnlyRatio: 0,
  hysteresis: 0,
  jumpRate: 0,
  calmPeriod: 0,
  cautiousFactor: 1_000_000,
  volatilityPeriod: 3_600,
  volatilityFactor: 0,
  maxInitialRate: 1_000_000,
  growthLots: 1,
  growthPeriod: 1,
  largeNotional: PARAMETERS.largeNotional,
  stepRate: Number(PARAMETERS.stepRate),
  stepCooldown: Number(PARAMETERS.stepCooldown),
  preventivePeriod: 60,
} as const;
