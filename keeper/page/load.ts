/**
 * Fetches everything that is shown of one market. Parts may be a block apart when one is published meanwhile; then all are asked again.
 */
import { type Answer, ask } from "./ask.ts";
import { askForecast } from "./panels/createMovePanel.ts";
import type { Depth, Market, Position, Prices, PriceStep, Queue, Risk, Rung, Shown, Waterfall } from "./types.ts";

const ATTEMPTS = 3;

export type View = {
  readonly market: string;
  readonly side: "long" | "short";
  /** The move to predict, pips, given the one of the last step. */
  readonly moveOr: (last: number | undefined) => number;
};

/** @param queue Ranks to fetch: all that a filter may look for. */
export async function load(view: View, queue = 1_000): Promise<Shown> {
  let shown: Shown | undefined;
  for (let i = 0; i < ATTEMPTS; i++) {
    const answers = await loadOnce(view, queue);
    shown = answers.shown;
    if (new Set(answers.hashes).size === 1) break;
  }
  if (shown === undefined) throw new Error("nothing was fetched");
  return shown;
}

async function loadOnce({ market: name, side, moveOr }: View, limit: number) {
  const at = `/api/markets/${encodeURIComponent(name)}`;
  const [market, steps] = await Promise.all([ask<Market>(at), ask<PriceStep[]>(`${at}/steps?eventful=true&limit=20`)]);
  const hasRisk = market.data.price !== undefined;
  const [risk, depth, ladder, waterfall, queue, positions, events, prices, forecast] = await Promise.all([
    hasRisk ? ask<Risk>(`${at}/risk?range=600000&points=301`) : undefined,
    ask<Depth>(`${at}/depth?levels=256`),
    hasRisk ? ask<Rung[]>(`${at}/ladder`) : undefined,
    ask<Waterfall>(`${at}/waterfall`),
    hasRisk ? ask<Queue>(`${at}/adl/queue?side=${side}&limit=${limit}`) : undefined,
    hasRisk ? ask<{ positions: Position[] }>(`${at}/positions?limit=1000`) : undefined,
    ask<{ events: Shown["events"] }>(`${at}/events?limit=200`),
    ask<Prices>(`${at}/prices?points=800`),
    hasRisk ? askForecast(market.data, moveOr(lastMove(steps.data))) : undefined,
  ]);
  const all: (Answer<unknown> | undefined)[] = [
    market,
    steps,
    risk,
    depth,
    ladder,
    waterfall,
    queue,
    positions,
    events,
    prices,
  ];
  const shown: Shown = {
    block: market.block,
    market: market.data,
    risk: risk?.data,
    depth: depth.data,
    ladder: ladder?.data ?? [],
    waterfall: waterfall.data,
    queue: queue?.data ?? { queued: 0, total: 0, ranks: [] },
    positions: positions?.data.positions ?? [],
    events: events.data.events,
    prices: prices.data,
    forecast,
    steps: steps.data,
  };
  return { shown, hashes: [...all.flatMap((answer) => answer?.block.hash ?? []), ...(forecast?.hashes ?? [])] };
}

/** Of the newest step of the price, pips. */
export function lastMove(steps: readonly PriceStep[]): number | undefined {
  return steps[0] && Number(steps[0].move);
}
