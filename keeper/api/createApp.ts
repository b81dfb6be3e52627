/**
 * The application: routes, limits, errors. Read-only: it answers GET, and has nothing to change.
 */
import { getConnInfo } from "@hono/node-server/conninfo";
import { OpenAPIHono } from "@hono/zod-openapi";
import { compress } from "hono/compress";
import { cors } from "hono/cors";
import { ApiError } from "./ApiError.ts";
import { createRateLimit } from "./createRateLimit.ts";
import { addAdlRoutes } from "./routes/adl.ts";
import { addEventRoutes } from "./routes/events.ts";
import { addMarketRoutes } from "./routes/markets.ts";
import { addRiskRoutes } from "./routes/risk.ts";
import { addStreamRoutes } from "./routes/stream.ts";
import { servePage } from "./servePage.ts";
import type { Sources } from "./sources.ts";

export type AppOptions = {
  /** Origins that may read from a browser; "*" for all. */
  readonly corsOrigins: readonly string[];
  /** Requests to the API in a minute, an address. */
  readonly rateLimit: number;
};

export function createApp(sources: Sources, options: AppOptions): OpenAPIHono {
  const app = new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return;
      const issue = result.error.issues[0];
      throw new ApiError(400, `${issue?.path.join(".")}: ${issue?.message}`);
    },
  });
  const limit = createRateLimit(options.rateLimit);

  app.onError((error, c) => {
    if (error instanceof ApiError) return c.json({ error: error.message }, error.status);
    process.stderr.write(`keeper: ${c.req.path}: ${error.stack ?? error.message}\n`);
    return c.json({ error: "An error of this server" }, 500);
  });
  app.notFound((c) => c.json({ error: `There is nothing at ${c.req.path}` }, 404));

  if (options.corsOrigins.length > 0) {
    const origin = options.corsOrigins.includes("*") ? "*" : [...options.corsOrigins];
    app.use("/api/*", cors({ origin, allowMethods: ["GET"] }));
  }
  app.use("/api/*", async (c, next) => {
    const address = getConnInfo(c).remote.address ?? "unknown";
    if (!limit.allows(address, performance.now())) {
      c.header("Retry-After", String(Math.ceil(60 / options.rateLimit)));
      return c.json({ error: `More than ${options.rateLimit} requests a minute` }, 429);
    }
    await next();
    c.header("Cache-Control", "no-store");
    c.header("X-Content-Type-Options", "nosniff");
  });
  app.use("/api/*", compress());

  addMarketRoutes(app, sources);
  addRiskRoutes(app, sources);
  addAdlRoutes(app, sources);
  addEventRoutes(app, sources);
  addStreamRoutes(app, sources);
  app.doc31("/api/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "Plimsoll keeper",
      version: "1",
      description:
        "What a keeper knows of the exchange. Every answer is about one block. Whole numbers of the chain are decimal strings. `/api/stream` sends an event `block` (server-sent events) whenever a block is published.",
    },
  });
  servePage(app);
  return app;
}
