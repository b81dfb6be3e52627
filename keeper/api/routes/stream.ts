/**
 * Server-sent events: one message a block published, with what is worth looking anew for. And the health of the data.
 */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import { ApiError } from "../ApiError.ts";
import type { Published } from "../createBoard.ts";
import { plain } from "../plain.ts";
import { blockSchema } from "../schemas.ts";
import { blockOf, type Sources } from "../sources.ts";

/** Open streams at once; each holds a socket. */
const MAX_STREAMS = 500;
/** Proxies close connections that are silent for long. */
const HEARTBEAT_MS = 15_000;
/** No block for so long, and the data counts as stale. */
const STALE_MS = 60_000;

export function addStreamRoutes(app: OpenAPIHono, sources: Sources): void {
  let open = 0;
  let publishedAt = 0;
  sources.board.subscribe(() => {
    publishedAt = Date.now();
  });

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/health",
      summary: "Whether the data is fresh: 200 if so, 503 if not",
      responses: Object.fromEntries(
        ([200, 503] as const).map((status) => [
          status,
          {
            description: status === 200 ? "Fresh" : "Not known, or stale",
            content: { "application/json": { schema: healthSchema } },
          },
        ]),
      ),
    }),
    (c) => {
      const published = sources.board.published();
      const trouble = sources.board.trouble();
      const age = published === undefined ? undefined : Date.now() - publishedAt;
      const ok = age !== undefined && age < STALE_MS && trouble === undefined;
      const block = published && blockOf(published);
      // whose they are is the operator's business
      const endpoints = sources.endpoints?.().map(({ status, lag, requests, failures, latencyMs }) => {
        return { status, lag: lag === undefined ? undefined : Number(lag), requests, failures, latencyMs };
      });
      return c.json(plain({ ok, chainId: sources.chainId, block, ageMs: age, trouble, endpoints }), ok ? 200 : 503);
    },
  );

  app.get("/api/stream", (c) => {
    if (open >= MAX_STREAMS) throw new ApiError(503, `${MAX_STREAMS} streams are open, and no more are served`);
    open++;
    return streamSSE(c, async (stream) => {
      const unsubscribe = sources.board.subscribe((published) => void send(published));
      const ended = new Promise<void>((resolve) => stream.onAbort(resolve));
      const send = (published: Published) =>
        stream.writeSSE({ event: "block", id: published.block.hash, data: JSON.stringify(summary(published)) });
      const heart = setInterval(() => void stream.write(": \n\n"), HEARTBEAT_MS);
      try {
        const published = sources.board.published();
        if (published !== undefined) await send(published);
        await ended;
      } finally {
        clearInterval(heart);
        unsubscribe();
        open--;
      }
    });
  });
}

const endpointSchema = z
  .object({
    status: z.enum(["healthy", "lagging", "failing"]),
    lag: z.number().int().optional().openapi({ description: "Blocks behind the newest" }),
    requests: z.number().int(),
    failures: z.number().int(),
    latencyMs: z.number(),
  })
  .openapi("Endpoint");

const healthSchema = z
  .object({
    ok: z.boolean(),
    chainId: z.number().int(),
    block: blockSchema.optional(),
    ageMs: z.number().optional().openapi({ description: "Milliseconds since the block was published" }),
    trouble: z.string().optional(),
    endpoints: z.array(endpointSchema).optional().openapi({ description: "In the order of RPC_URL" }),
  })
  .openapi("Health");

function summary(published: Published) {
  const markets = [...published.markets.values()].map(({ parameters, prices, reading }) => ({
    id: parameters.id,
    name: parameters.name,
    price: prices.ok ? prices.price.toString() : undefined,
    level: reading.breaker?.level,
  }));
  return { block: blockOf(published), markets };
}
