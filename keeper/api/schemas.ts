/**
 * Every question and answer of the API, as zod schemas: they check what comes in, type what goes out, and are what the OpenAPI document is
 * generated from. Whole numbers of the chain are decimal strings, because a JSON number loses digits above 2^53.
 */
import { z } from "@hono/zod-openapi";

export const whole = z
  .string()
  .regex(/^-?\d+$/)
  .openapi({ example: "1000000", description: "Whole number" });
export const amount = whole.openapi({ description: "Quote atoms (1e-6 of the collateral)" });
export const x16 = whole.openapi({ description: "Price: quote atoms per lot × 2^16" });
export const lots = whole.openapi({ description: "Lots, unsigned" });
export const pips = whole.openapi({ description: "Rate, ratio or signed move, 1e-6" });
const hash = z.string().regex(/^0x[0-9a-f]{64}$/);
export const account = z.number().int().positive();
const count = z.number().int().nonnegative();

export const blockSchema = z
  .object({ number: count, hash, timestamp: count.openapi({ description: "Unix seconds" }) })
  .openapi("Block");

export const errorSchema = z.object({ error: z.string() }).openapi("Error");

export const marketSchema = z
  .object({
    id: z.number().int().positive(),
    name: z.string(),
    base: z.number().int(),
    lotsPerUnit: whole,
    tickValue: amount,
    initialRate: pips,
    maintenanceRate: pips,
    slippageRate: pips,
    bandRate: pips,
    active: z.boolean(),
    /** The mark; missing while the contract would refuse it, and then `refusal` says why. */
    price: x16.optional(),
    refusal: z.string().optional(),
    /** F, as a call made in this block would use it. */
    funding: x16,
    openInterest: lots,
    positions: count,
    pot: amount,
    insurance: amount.openapi({ description: "What the fund can pay this market today" }),
    coverCap: amount,
    volatility: pips.openapi({ description: "Standard deviation of an hour's return" }),
    breaker: z
      .object({
        level: count,
        stepped: count,
        guardian: count,
        ratio: pips.optional(),
        cautiousRatio: pips,
        reduceOnlyRatio: pips,
        initialRate: pips,
        calmAt: whole,
        growth: lots,
        preventiveLots: lots,
      })
      .optional(),
  })
  .openapi("Market");

const levelSchema = z.object({ tick: count, lots }).openapi("Level");
export const depthSchema = z.object({ bids: z.array(levelSchema), asks: z.array(levelSchema) }).openapi("Depth");

export const positionSchema = z
  .object({
    account,
    isLong: z.boolean(),
    lots,
    entryPrice: x16,
    margin: amount,
    equity: amount,
    leverageMilli: whole.optional(),
    status: z.enum(["healthy", "liquidatable", "bankrupt"]),
    liquidationPrice: x16.optional(),
    bankruptcyPrice: x16.optional(),
    liquidationMove: pips.optional(),
    bankruptcyMove: pips.optional(),
  })
  .openapi("Position");

const shareSchema = z.object({ account, notional: amount, share: pips });
const concentrationSchema = z.object({ top1: pips, top5: pips, top10: pips });
const bucketSchema = z.object({ above: z.number(), upTo: z.number().optional(), positions: count, lots });
const sideSchema = z.object({
  positions: count,
  lots,
  notional: amount,
  margin: amount,
  equity: amount,
  top: z.array(shareSchema),
  concentration: concentrationSchema,
});
const pointSchema = z.object({ price: x16, move: pips, sigmasMilli: whole.optional() }).openapi("PricePoint");
const frontierSchema = z
  .object({
    direction: z.enum(["down", "up"]),
    insurance: amount,
    solvency: pointSchema.optional(),
    firstBankruptcy: pointSchema.optional(),
    book: pointSchema.optional(),
    fund: pointSchema.optional(),
    principal: pointSchema.optional(),
  })
  .openapi("Frontier");
const shortfallSchema = z
  .object({
    move: pips,
    price: x16,
    bankruptcies: count,
    bankruptLots: lots,
    deficit: amount,
    exitCost: amount,
    total: amount,
  })
  .openapi("Shortfall");
const scenarioSchema = z.object({ name: z.string(), move: pips });
const adequacySchema = z
  .object({
    insurance: amount,
    scenarios: z.array(z.object({ scenario: scenarioSchema, shortfall: amount })),
    worst: scenarioSchema.optional(),
    worstShortfall: amount,
    ratio: pips.optional(),
    band: z.enum(["strong", "adequate", "weak"]),
  })
  .openapi("CapitalAdequacy");

export const riskSchema = z
  .object({
    exposure: z.object({
      openInterest: lots,
      longs: sideSchema,
      shorts: sideSchema,
      leverage: z.array(bucketSchema),
    }),
    adequacy: adequacySchema,
    down: frontierSchema,
    up: frontierSchema,
    curve: z.array(shortfallSchema),
  })
  .openapi("Risk");

export const totalRiskSchema = z
  .object({
    openNotional: amount,
    margin: amount,
    equity: amount,
    positions: count,
    leverage: z.array(bucketSchema),
    top: z.array(shareSchema),
    concentration: concentrationSchema,
    adequacy: adequacySchema,
  })
  .openapi("TotalRisk");

export const rungSchema = z
  .object({
    move: pips,
    price: x16,
    liquidations: count,
    liquidationLots: lots,
    bankruptcies: count,
    bankruptLots: lots,
    liquidationNotional: amount,
    depthLots: lots,
    coverage: pips.optional(),
  })
  .openapi("LadderRung");

const predictedCounterparty = z.object({
  account,
  rank: count,
  lots,
  score: whole,
  pnl: amount,
  payout: amount,
});
export const predictionSchema = z
  .object({
    move: pips,
    price: x16,
    deleverages: z.array(
      z.object({
        account,
        isLong: z.boolean(),
        lots,
        sweptLots: lots,
        price: x16,
        cover: amount,
        counterparties: z.array(predictedCounterparty),
        principal: z.array(predictedCounterparty),
      }),
    ),
    liquidations: z.array(z.object({ account, isLong: z.boolean(), lots, closeLots: lots, filledLots: lots })),
  })
  .openapi("Prediction");

export const stageSchema = z.object({
  stage: z.number().int().min(1).max(4),
  live: z.boolean(),
  /** In the history that is kept. */
  happened: count,
  lots,
  lastBlock: count.optional(),
});
export const waterfallSchema = z
  .object({
    stage: z
      .number()
      .int()
      .min(0)
      .max(4)
      .openapi({ description: "The stage that a call made now would reach; 0 for none" }),
    insolvent: z.boolean(),
    stages: z.array(stageSchema),
  })
  .openapi("Waterfall");

export const rankSchema = z
  .object({
    account,
    isLong: z.boolean(),
    lots,
    rank: z.number().int().positive().optional(),
    rating: z.number().int().min(0).max(5),
    percentage: z.number(),
    score: whole.optional(),
  })
  .openapi("AdlRank");

/** ccxt's ADL rank (fetchPositionADLRank). */
export const ccxtRankSchema = z
  .object({
    symbol: z.string(),
    rank: z.number().int().positive().nullable(),
    rating: z.string().openapi({ description: "Lights: 5 is the first fifth of the queue, 0 is not in it" }),
    percentage: z.number(),
    timestamp: z.number().openapi({ description: "Milliseconds" }),
    datetime: z.string(),
    info: rankSchema,
  })
  .openapi("CcxtAdlRank");

const placeFields = { block: blockSchema, transaction: hash, sequence: whole };
const closeSchema = z
  .object({
    stage: z.enum(["ranked", "principal"]),
    sequence: whole,
    counterparty: account,
    rank: count,
    score: whole,
    price: x16,
    lots,
    pnl: amount,
    payout: amount,
  })
  .openapi("Close");
const sweptSchema = z.object({ lots, notional: amount, cover: amount });
export const deleverageSchema = z
  .object({
    type: z.literal("deleverage"),
    ...placeFields,
    account,
    caller: z.string(),
    lots,
    price: x16,
    mark: x16,
    funding: x16.optional(),
    rankPolicy: z.enum(["pnlLeverage", "leverageWaterfill"]),
    cover: amount,
    reward: amount,
    from: whole.openapi({ description: "Sequence of the first event of the first close" }),
    closes: z.array(closeSchema),
    swept: sweptSchema.optional(),
  })
  .openapi("Deleverage");
export const eventSchema = z
  .discriminatedUnion("type", [
    deleverageSchema,
    z.object({
      type: z.literal("liquidation"),
      ...placeFields,
      account,
      lots,
      notional: amount,
      fee: amount,
      price: x16,
      caller: z.string(),
    }),
    z.object({
      type: z.literal("sweep"),
      ...placeFields,
      account,
      lots,
      notional: amount,
      cover: amount,
      price: x16,
      caller: z.string(),
    }),
    z.object({
      type: z.literal("preventive"),
      ...placeFields,
      account,
      counterparty: account,
      rank: count,
      price: x16,
      lots,
      payout: amount,
    }),
    z.object({
      type: z.literal("level"),
      ...placeFields,
      level: count,
      ratio: pips,
      jump: pips,
      by: z.string().optional(),
    }),
  ])
  .openapi("Event");

export const storedPositionSchema = z
  .object({ account, lots: whole, cost: amount, margin: amount, fundingIndex: x16 })
  .openapi("StoredPosition");
export const evidenceSchema = z
  .object({
    base: z.number().int(),
    call: deleverageSchema,
    /** At the end of the block before, in the order of joining their index cells. */
    before: z.object({ block: z.object({ number: count, hash }), positions: z.array(storedPositionSchema) }),
    /** Positions that changed in the call's own block, before its first counterparty was closed, in order; without lots when closed. */
    changes: z.array(storedPositionSchema.extend({ sequence: whole })),
  })
  .openapi("Evidence");

export const pricesSchema = z.array(z.object({ block: count, time: count, price: x16 })).openapi("Prices");
