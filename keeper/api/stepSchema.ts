/**
 * A step of the price as the API answers it: predicted against happened.
 */
import { z } from "@hono/zod-openapi";
import { account, amount, blockSchema, lots, pips, predictionSchema, x16 } from "./schemas.ts";

const accountLots = z.array(z.object({ account, lots }));

export const stepSchema = z
  .object({
    from: blockSchema.openapi({ description: "Published last at the price before; what was predicted, was from it" }),
    to: blockSchema.openapi({ description: "Published first at the new price" }),
    until: blockSchema.optional().openapi({ description: "Where the step ends; missing while it goes on" }),
    priceBefore: x16,
    price: x16,
    move: pips,
    prediction: predictionSchema
      .optional()
      .openapi({ description: "Missing for a market with more than 10,000 positions" }),
    happened: z.object({
      bankrupt: accountLots,
      deleveraged: accountLots,
      liquidated: accountLots,
      preventiveLots: lots,
      cover: amount,
    }),
  })
  .openapi("PriceStep");
