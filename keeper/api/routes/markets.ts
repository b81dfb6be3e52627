/**
 * Markets, their books and their positions.
 */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { hourlyVolatility } from "../../core/risk/hourlyVolatility.ts";
import { ApiError } from "../ApiError.ts";
import type { PublishedMarket } from "../createBoard.ts";
import { plain } from "../plain.ts";
import { accountId, answers, integer, marketParams } from "../questions.ts";
import { depthSchema, marketSchema, positionSchema, pricesSchema } from "../schemas.ts";
import { blockOf, marketOf, publishedOf, riskOf, type Sources } from "../sources.ts";

export function addMarketRoutes(app: OpenAPIHono, sources: Sources): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/markets",
      summary: "All markets",
      responses: answers("Markets, in order of their numbers", z.array(marketSchema)),
    }),
    (c) => {
      const published = publishedOf(sources);
      return c.json({ block: blockOf(published), data: [...published.markets.values()].map(describe) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/markets/{market}",
      summary: "One market",
      request: { params: marketParams },
      responses: answers("The market", marketSchema),
    }),
    (c) => {
      const published = publishedOf(sources);
      const market = marketOf(published, c.req.valid("param").market);
      return c.json({ block: blockOf(published), data: describe(market) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/markets/{market}/depth",
      summary: "The order book by price level, best first",
      request: { params: marketParams, query: z.object({ levels: integer(1, 256, 100) }) },
      responses: answers("Price levels of both sides", depthSchema),
    }),
    (c) => {
      const published = publishedOf(sources);
      const { depth } = marketOf(published, c.req.valid("param").market).reading;
      const { levels } = c.req.valid("query");
      const data = plain({ bids: depth.bids.slice(0, levels), asks: depth.asks.slice(0, levels) });
      return c.json({ block: blockOf(published), data }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/markets/{market}/positions",
      summary: "Open positions by account, page by page",
      request: {
        params: marketParams,
        query: z.object({ from: integer(0, 2 ** 32 - 1, 0), limit: integer(1, 1_000, 100) }),
      },
      responses: answers(
        "Positions of accounts from `from` on; `next` is where the following page begins, missing on the last",
        z.object({ positions: z.array(positionSchema), total: z.number().int(), next: z.number().int().optional() }),
      ),
    }),
    (c) => {
      const published = publishedOf(sources);
      const risk = riskOf(marketOf(published, c.req.valid("param").market));
      const { from, limit } = c.req.valid("query");
      const accounts: number[] = [];
      for (const { account } of risk.sizes()) if (account >= from) accounts.push(account);
      accounts.sort((a, b) => a - b);
      const positions = accounts.slice(0, limit).flatMap((account) => risk.positionRisk(account) ?? []);
      const data = plain({ positions, total: risk.size(), next: accounts[limit] });
      return c.json({ block: blockOf(published), data }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/markets/{market}/positions/{account}",
      summary: "One account's position",
      request: { params: marketParams.extend({ account: accountId }) },
      responses: answers("The position", positionSchema),
    }),
    (c) => {
      const published = publishedOf(sources);
      const { market: name, account } = c.req.valid("param");
      const market = marketOf(published, name);
      const position = riskOf(market).positionRisk(account);
      if (position === undefined)
        throw new ApiError(404, `Account ${account} has no position in ${market.parameters.name}`);
      return c.json({ block: blockOf(published), data: plain(position) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/markets/{market}/prices",
      summary: "The mark at each block since this process began, thinned evenly",
      request: { params: marketParams, query: z.object({ points: integer(2, 2_000, 600) }) },
      responses: answers("Oldest first", pricesSchema),
    }),
    (c) => {
      const published = publishedOf(sources);
      const { id } = marketOf(published, c.req.valid("param").market).parameters;
      const all = sources.history.prices(id);
      const step = Math.max(1, Math.ceil(all.length / c.req.valid("query").points));
      // counted from the end, so that the newest is always there
      const shown = all.filter((_, i) => (all.length - 1 - i) % step === 0);
      const data = shown.map(({ block, price }) => ({
        block: Number(block.number),
        time: Number(block.timestamp),
        price: price.toString(),
      }));
      return c.json({ block: blockOf(published), data }, 200);
    },
  );
}

function describe({ parameters, prices, reading, risk }: PublishedMarket) {
  const { breaker, coverCap, pot, openInterest, fundingIndex, status } = reading;
  const { id, name, base, lotsPerUnit, tickValue, initialRate, maintenanceRate, slippageRate, bandRate } = parameters;
  return plain({
    ...{ id, name, base, lotsPerUnit, tickValue, initialRate, maintenanceRate, slippageRate, bandRate },
    active: status === 0,
    price: prices.ok ? prices.price : undefined,
    refusal: prices.ok ? undefined : prices.reason,
    funding: prices.ok ? prices.funding : fundingIndex,
    openInterest,
    positions: risk?.size() ?? 0,
    pot,
    insurance: risk?.insurance() ?? 0n,
    coverCap,
    volatility: hourlyVolatility(breaker?.variance ?? 0n),
    breaker: breaker && withoutVariance(breaker),
  });
}

function withoutVariance<T extends { readonly variance: bigint }>({ variance: _, ...rest }: T): Omit<T, "variance"> {
  return rest;
}
