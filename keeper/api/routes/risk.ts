/**
 * Where the solvency line is: exposure, frontier, adequacy, the ladder, predictions.
 */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { totalRisk } from "../../core/risk/totalRisk.ts";
import { ApiError } from "../ApiError.ts";
import { moveTo, type PriceStep } from "../createSteps.ts";
import { type Outcome, outcomeOf } from "../outcomeOf.ts";
import { plain } from "../plain.ts";
import { answers, integer, marketParams, required } from "../questions.ts";
import { positionSchema, predictionSchema, riskSchema, rungSchema, totalRiskSchema } from "../schemas.ts";
import { blockOf, marketOf, publishedOf, riskOf, type Sources } from "../sources.ts";
import { stepSchema } from "../stepSchema.ts";

/** Moves below −100 % lead nowhere; above this the chart would show nothing but one corner. */
const MOST = 2_000_000;
const LEAST = -999_999;

export function addRiskRoutes(app: OpenAPIHono, sources: Sources): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/risk",
      summary: "All markets together: every scenario hits all at once",
      responses: answers("Total risk", totalRiskSchema),
    }),
    (c) => {
      const published = publishedOf(sources);
      const markets = [...published.markets.values()].map(riskOf);
      return c.json({ block: blockOf(published), data: plain(totalRisk(markets, { claim: published.claim })) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/markets/{market}/risk",
      summary: "Exposure, capital adequacy, solvency frontier and shortfall curve",
      request: {
        params: marketParams,
        query: z.object({ range: integer(10_000, 990_000, 600_000), points: integer(3, 501, 121) }),
      },
      responses: answers("The curve has `points` moves between −range and +range, pips", riskSchema),
    }),
    (c) => {
      const published = publishedOf(sources);
      const risk = riskOf(marketOf(published, c.req.valid("param").market));
      const { range, points } = c.req.valid("query");
      const moves = Array.from({ length: points }, (_, i) => BigInt(Math.round(range * ((2 * i) / (points - 1) - 1))));
      const data = plain({
        exposure: risk.exposure(),
        adequacy: risk.capitalAdequacy(),
        down: risk.frontier("down"),
        up: risk.frontier("up"),
        curve: risk.curve(moves),
      });
      return c.json({ block: blockOf(published), data }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/markets/{market}/ladder",
      summary: "If the price moves by x: how many liquidations, of what size, against what depth of the book",
      request: {
        params: marketParams,
        query: z.object({
          moves: z.string().optional().openapi({ example: "-200000,-100000,100000", description: "Pips, at most 100" }),
        }),
      },
      responses: answers("One rung a move", z.array(rungSchema)),
    }),
    (c) => {
      const published = publishedOf(sources);
      const risk = riskOf(marketOf(published, c.req.valid("param").market));
      const { moves } = c.req.valid("query");
      const data = plain(risk.ladder(moves === undefined ? undefined : readMoves(moves)));
      return c.json({ block: blockOf(published), data }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/markets/{market}/at-risk",
      summary: "Positions nearest to liquidation, page by page",
      request: {
        params: marketParams,
        query: z.object({
          direction: z.enum(["down", "up"], { message: "must be down or up" }),
          offset: integer(0, 10_000_000, 0),
          limit: integer(1, 1_000, 50),
        }),
      },
      responses: answers("Nearest first", z.array(positionSchema)),
    }),
    (c) => {
      const published = publishedOf(sources);
      const risk = riskOf(marketOf(published, c.req.valid("param").market));
      const { direction, offset, limit } = c.req.valid("query");
      return c.json({ block: blockOf(published), data: plain([...risk.atRisk(direction, limit, offset)]) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/markets/{market}/predict",
      summary: "What a move of the price would lead to: deleveraging and liquidations, by account",
      request: { params: marketParams, query: z.object({ move: required(LEAST, MOST) }) },
      responses: answers("The prediction", predictionSchema),
    }),
    (c) => {
      const published = publishedOf(sources);
      const risk = riskOf(marketOf(published, c.req.valid("param").market));
      const data = plain(risk.predict(BigInt(c.req.valid("query").move)));
      return c.json({ block: blockOf(published), data }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/markets/{market}/steps",
      summary: "Steps of the price, newest first: what was predicted for exactly this price, and what then happened",
      request: {
        params: marketParams,
        query: z.object({
          limit: integer(1, 200, 20),
          eventful: z.enum(["true", "false"], { message: "must be true or false" }).optional().openapi({
            description: "true: only steps for which anything was predicted, or in which anything happened",
          }),
        }),
      },
      responses: answers("The newest step of all is always among them", z.array(stepSchema)),
    }),
    (c) => {
      const published = publishedOf(sources);
      const { id } = marketOf(published, c.req.valid("param").market).parameters;
      const { limit, eventful } = c.req.valid("query");
      const records = sources.history.records(id).filter(({ block }) => block.number <= published.block.number);
      // of older steps it is no longer known what happened
      const forgotten = sources.history.recordsForgotten(id);
      const all = sources.board.steps(id).filter(({ from }) => from.number >= forgotten);
      const steps = all.map((step, i) => ({ step, next: all[i + 1], happened: outcomeOf(step, all[i + 1], records) }));
      const wanted = steps.filter((one) => eventful !== "true" || one.next === undefined || isEventful(one));
      const data = wanted.slice(-limit).reverse().map(describeStep);
      return c.json({ block: blockOf(published), data }, 200);
    },
  );
}

type StepAndOutcome = {
  readonly step: PriceStep;
  readonly next: PriceStep | undefined;
  readonly happened: Outcome;
};

function describeStep({ step: { from, to, priceBefore, price, prediction }, next, happened }: StepAndOutcome) {
  return {
    from: blockOf({ block: from }),
    to: blockOf({ block: to }),
    until: next && blockOf({ block: next.from }),
    ...plain({ priceBefore, price, move: moveTo(priceBefore, price), prediction, happened }),
  };
}

function isEventful({ step: { prediction }, happened }: StepAndOutcome): boolean {
  const { bankrupt, liquidated, preventiveLots } = happened;
  if (bankrupt.length > 0 || liquidated.length > 0 || preventiveLots > 0n) return true;
  return prediction === undefined || prediction.deleverages.length > 0 || prediction.liquidations.length > 0;
}

function readMoves(text: string): bigint[] {
  const parts = text.split(",");
  if (parts.length > 100) throw new ApiError(400, "moves: at most 100 of them");
  return parts.map((part) => {
    const move = required(LEAST, MOST).safeParse(part.trim());
    if (!move.success) throw new ApiError(400, `moves: "${part}" ${move.error.issues[0]?.message}`);
    return BigInt(move.data);
  });
}
