/**
 * Fetches everything that is shown of one market. Parts may be a block apart when one is published meanwhile; then all are asked again.
 */
import { type Answer, ask } from "./ask.ts";
import type { Depth, Market, Position, Prices, Queue, Risk, Rung, Shown, Waterfall } from "./types.ts";

const ATTEMPTS = 3;

export type View = { readonly market: string; readonly side: "long" | "short" };

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

async function loadOnce({ market: name, side }: View, limit: number) {
  const at = `/api/markets/${encodeURIComponent(name)}`;
  const market = await ask<Market>(at);
  const hasRisk = market.data.price !== undefined;
  const [risk, depth, ladder, waterfall, queue, positions, events, prices] = await Promise.all([
    hasRisk ? ask<Risk>(`${at}/risk?range=600000&points=301`) : undefined,
    ask<Depth>(`${at}/depth?levels=256`),
    hasRisk ? ask<Rung[]>(`${at}/ladder`) : undefined,
    ask<Waterfall>(`${at}/waterfall`),
    hasRisk ? ask<Queue>(`${at}/adl/queue?side=${side}&limit=${limit}`) : undefined,
    hasRisk ? ask<{ positions: Position[] }>(`${at}/positions?limit=1000`) : undefined,
    ask<{ events: Shown["events"] }>(`${at}/events?limit=200`),
    ask<Prices>(`${at}/prices?points=800`),
  ]);
  const all: (Answer<unknown> | undefined)[] = [
    market,
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
  };
  return { shown, hashes: all.flatMap((answer) => answer?.block.hash ?? []) };
}
