/**
 * The parts that questions are made of, and the frame of all answers.
 */
import { z } from "@hono/zod-openapi";
import { blockSchema, errorSchema } from "./schemas.ts";

export const marketParams = z.object({
  market: z.string().min(1).max(64).openapi({ example: "ETH", description: "Number or name of a market" }),
});

/** A whole number between two bounds, given as text. */
export function integer(least: number, most: number, fallback: number) {
  return required(least, most)
    .optional()
    .transform((n) => n ?? fallback)
    .openapi({ type: "integer", minimum: least, maximum: most, description: `Default ${fallback}` });
}

export function required(least: number, most: number) {
  return z
    .string()
    .refine((text) => /^-?\d{1,15}$/.test(text) && Number(text) >= least && Number(text) <= most, {
      message: `must be a whole number between ${least} and ${most}`,
    })
    .transform(Number)
    .openapi({ type: "integer", minimum: least, maximum: most });
}

export const accountId = required(1, 2 ** 32 - 1);

const fault = (description: string) => ({ description, content: { "application/json": { schema: errorSchema } } });

/** @param data What stands beside the block that it is about. */
export function answers<T extends z.ZodTypeAny>(description: string, data: T) {
  const schema = z.object({ block: blockSchema, data });
  return {
    200: { description, content: { "application/json": { schema } } },
    400: fault("The question is wrong; the error names what"),
    404: fault("There is no such thing"),
    429: fault("Too many requests from this address"),
    503: fault("Not known at the moment"),
  };
}
