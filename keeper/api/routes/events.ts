/**
 * What happened, and the evidence to check it with.
 */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { BlockRef } from "../../chain/connect.ts";
import type { Position } from "../../core/types.ts";
import { ApiError } from "../ApiError.ts";
import { type Plain, plain } from "../plain.ts";
import { answers, integer, marketParams } from "../questions.ts";
import type { HistoryRecord } from "../record.ts";
import { eventSchema, evidenceSchema } from "../schemas.ts";
import { blockOf, marketOf, publishedOf, type Sources } from "../sources.ts";

const TYPES = ["liquidation", "sweep", "deleverage", "preventive", "level"] as const;
/** Positions that one answer carries: about 10 MB before compression. */
const MAX_EVIDENCE = 50_000;

export function addEventRoutes(app: OpenAPIHono, sources: Sources): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/markets/{market}/events",
      summary: "Liquidations, deleveraging and circuit breaker, newest first, page by page",
      request: {
        params: marketParams,
        query: z.object({
          type: z.enum(TYPES, { message: `must be one of ${TYPES.join(", ")}` }).optional(),
          before: integer(0, Number.MAX_SAFE_INTEGER, 0).openapi({ description: "Only events with a lower sequence" }),
          limit: integer(1, 500, 100),
        }),
      },
      responses: answers(
        "`since` is the block at which this process began to record; `more` says whether older ones are kept",
        z.object({ since: z.number().int(), more: z.boolean(), events: z.array(eventSchema) }),
      ),
    }),
    (c) => {
      const published = publishedOf(sources);
      const { id } = marketOf(published, c.req.valid("param").market).parameters;
      const { type, before, limit } = c.req.valid("query");
      const found = recordsUpTo(sources, id, published.block)
        .filter((record) => type === undefined || record.type === type)
        .filter(({ sequence }) => before === 0 || sequence < BigInt(before));
      const events = found.slice(-limit).reverse().map(toAnswer);
      const since = Number(sources.history.since()?.number ?? 0n);
      return c.json({ block: blockOf(published), data: { since, more: found.length > limit, events } }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/api/markets/{market}/deleverages/{sequence}",
      summary: "Everything that the ranking of one deleveraging call can be computed from again",
      request: { params: marketParams.extend({ sequence: z.string().regex(/^\d{1,18}$/, "must be a whole number") }) },
      responses: answers("The call, the positions before it, and what changed in its block before it", evidenceSchema),
    }),
    (c) => {
      const published = publishedOf(sources);
      const { market: name, sequence } = c.req.valid("param");
      const { id, base, name: label } = marketOf(published, name).parameters;
      const call = recordsUpTo(sources, id, published.block).find(
        (record) => record.type === "deleverage" && record.sequence === BigInt(sequence),
      );
      if (call?.type !== "deleverage") {
        throw new ApiError(404, `There is no deleveraging call ${sequence} of ${label} in the history that is kept`);
      }
      const found = sources.history.before(id, call.block, call.from);
      if (found === undefined) throw new ApiError(404, `The positions before call ${sequence} are no longer kept`);
      const { state, changes, hash } = found;
      if (state.positions.size > MAX_EVIDENCE) {
        throw new ApiError(413, `${state.positions.size} positions are more than one answer carries (${MAX_EVIDENCE})`);
      }
      const entries = [...state.positions.values()].sort((a, b) => a.joined - b.joined);
      const data = {
        base,
        call: toAnswer(call) as Extract<ReturnType<typeof toAnswer>, { type: "deleverage" }>,
        before: { block: { number: Number(call.block.number - 1n), hash }, positions: entries.map(stored) },
        changes: changes.map(({ change, sequence }) => ({ ...stored(change), sequence: sequence.toString() })),
      };
      return c.json({ block: blockOf(published), data }, 200);
    },
  );
}

/** The keeper may know a block more than what is published. */
function recordsUpTo({ history }: Sources, market: number, { number }: BlockRef): readonly HistoryRecord[] {
  return history.records(market).filter(({ block }) => block.number <= number);
}

function stored({ account, lots, cost, margin, fundingIndex }: Position) {
  return plain({ account, lots, cost, margin, fundingIndex });
}

type BlockAnswer = { number: number; hash: string; timestamp: number };
type Answer<T> = T extends HistoryRecord ? Omit<Plain<T>, "block"> & { block: BlockAnswer } : never;

function toAnswer<T extends HistoryRecord>(record: T): Answer<T> {
  const { number, hash, timestamp } = record.block;
  const block = { number: Number(number), hash, timestamp: Number(timestamp) };
  return { ...plain(record), block } as unknown as Answer<T>;
}
