/**
 * The ADL queue, an account's place in it, and the stage that the waterfall is at.
 */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AdlRank } from "../../core/risk/types.ts";
import { ApiError } from "../ApiError.ts";
import type { PublishedMarket } from "../createBoard.ts";
import { plain } from "../plain.ts";
import { accountId, answers, integer, marketParams } from "../questions.ts";
import { ccxtRankSchema, rankSchema, waterfallSchema } from "../schemas.ts";
import { blockOf, marketOf, publishedOf, riskOf, type Sources } from "../sources.ts";
import { waterfallOf } from "../waterfallOf.ts";

export function addAdlRoutes(app: OpenAPIHono, sources: Sources): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/markets/{market}/adl/queue",
      summary: "Who would be deleveraged first if the other side were bankrupt at the mark, page by page",
      request: {
        params: marketParams,
        query: z.object({
          side: z.enum(["long", "short"], { message: "must be long or short" }),
          offset: integer(0, 10_000_000, 0),
          limit: integer(1, 1_000, 100),
        }),
      },
      responses: answers(
        "First in line first; `queued` are in line, `total` are all of the side",
        z.object({ queued: z.number().int(), total: z.number().int(), ranks: z.array(rankSchema) }),
      ),
    }),
    (c) => {
      const published = publishedOf(sources);
      const risk = riskOf(marketOf(published, c.req.valid("param").market));
      const { side, offset, limit } = c.req.valid("query");
      const all = risk.adlRanks(side === "long");
      const outside = all.findIndex(({ rank }) => rank === undefined);
      const ranks = all.slice(offset, offset + limit);
      const data = plain({ queued: outside === -1 ? all.length : outside, total: all.length, ranks });
      return c.json({ block: blockOf(published), data }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/markets/{market}/adl/ranks/{account}",
      summary: "ccxt's fetchPositionADLRank",
      request: { params: marketParams.extend({ account: accountId }) },
      responses: answers("The account's rank in its side's queue", ccxtRankSchema),
    }),
    (c) => {
      const published = publishedOf(sources);
      const { market: name, account } = c.req.valid("param");
      const market = marketOf(published, name);
      const rank = riskOf(market).adlRank(account);
      if (rank === undefined)
        throw new ApiError(404, `Account ${account} has no position in ${market.parameters.name}`);
      return c.json({ block: blockOf(published), data: toCcxt(market, rank, published.block.timestamp) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/adl/ranks",
      summary: "ccxt's fetchPositionsADLRank: all positions of an account",
      request: { query: z.object({ account: accountId }) },
      responses: answers("One rank a position; empty without positions", z.array(ccxtRankSchema)),
    }),
    (c) => {
      const published = publishedOf(sources);
      const { account } = c.req.valid("query");
      const data = [...published.markets.values()].flatMap((market) => {
        const rank = market.risk?.adlRank(account);
        return rank === undefined ? [] : [toCcxt(market, rank, published.block.timestamp)];
      });
      return c.json({ block: blockOf(published), data }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/markets/{market}/waterfall",
      summary: "The stage of the waterfall that a call made now would reach, and what each stage did so far",
      request: { params: marketParams },
      responses: answers("The waterfall", waterfallSchema),
    }),
    (c) => {
      const published = publishedOf(sources);
      const market = marketOf(published, c.req.valid("param").market);
      const records = sources.history
        .records(market.parameters.id)
        .filter(({ block }) => block.number <= published.block.number);
      return c.json({ block: blockOf(published), data: plain(waterfallOf(market.now(), records)) }, 200);
    },
  );
}

/** Quote and settlement currency: the collateral. */
function toCcxt({ parameters }: PublishedMarket, rank: AdlRank, timestamp: bigint) {
  const milliseconds = Number(timestamp) * 1000;
  return {
    symbol: `${parameters.name}/USDC:USDC`,
    rank: rank.rank ?? null,
    rating: String(rank.rating),
    percentage: rank.percentage,
    timestamp: milliseconds,
    datetime: new Date(milliseconds).toISOString(),
    info: plain(rank),
  };
}
