/**
 * What the API answers, by its own schemas. Types only: nothing of the server reaches the browser.
 */
import type { z } from "@hono/zod-openapi";
import type * as schemas from "../api/schemas.ts";
import type { stepSchema } from "../api/stepSchema.ts";
import type { Forecast } from "./panels/createMovePanel.ts";

export type Block = z.output<typeof schemas.blockSchema>;
export type Market = z.output<typeof schemas.marketSchema>;
export type Depth = z.output<typeof schemas.depthSchema>;
export type Position = z.output<typeof schemas.positionSchema>;
export type Risk = z.output<typeof schemas.riskSchema>;
export type Frontier = Risk["down"];
export type Rung = z.output<typeof schemas.rungSchema>;
export type Prediction = z.output<typeof schemas.predictionSchema>;
export type Waterfall = z.output<typeof schemas.waterfallSchema>;
export type Rank = z.output<typeof schemas.rankSchema>;
export type ChainEvent = z.output<typeof schemas.eventSchema>;
export type Deleverage = z.output<typeof schemas.deleverageSchema>;
export type EvidenceAnswer = z.output<typeof schemas.evidenceSchema>;
export type PriceStep = z.output<typeof stepSchema>;
export type Prices = z.output<typeof schemas.pricesSchema>;

export type Queue = { readonly queued: number; readonly total: number; readonly ranks: readonly Rank[] };

/** Everything that is shown of one market, fetched together. */
export type Shown = {
  readonly block: Block;
  readonly market: Market;
  readonly risk: Risk | undefined;
  readonly depth: Depth;
  readonly ladder: readonly Rung[];
  readonly waterfall: Waterfall;
  readonly queue: Queue;
  readonly positions: readonly Position[];
  readonly events: readonly ChainEvent[];
  readonly prices: Prices;
  /** What the chosen move would lead to. */
  readonly forecast: Forecast | undefined;
  /** Newest first: the last step, and those that reached somebody. */
  readonly steps: readonly PriceStep[];
};
