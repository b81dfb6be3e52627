/**
 * Puts one block's events onto the world. Pure: no I/O.
 */
import type { BlockRef } from "../chain/connect.ts";
import type { ChainEvent } from "../chain/readEvents.ts";
import { applyEvent } from "../core/applyEvent.ts";
import { toMarketEvent } from "./toMarketEvent.ts";
import type { Frame } from "./world.ts";
import { MAX_FRAMES, tipOf, touch, type World } from "./world.ts";

/**
 * Returns a market of which an event before one of these was missed: then the world is half changed, and of no use any more.
 * Undefined when every event was the next one of its market.
 */
export function applyBlock(world: World, block: BlockRef, events: readonly ChainEvent[]): string | undefined {
  if (block.parentHash !== tipOf(world).hash) throw new Error(`block ${block.number} does not follow the tip`);
  const undos: Frame["undos"][number][] = [];
  for (const event of events) {
    const found = toMarketEvent(event, block.timestamp);
    if (found === undefined) continue;
    const market = world.markets.get(found.market);
    if (market === undefined) continue; // listed in this very block: the follower takes a new snapshot
    const undo = applyEvent(market.state, found.event, market.parameters);
    if (undo === undefined) return market.parameters.name;
    undos.push({ market: found.market, undo });
    touch(world, found.market, undo);
  }
  world.frames.push({ block, undos });
  if (world.frames.length > MAX_FRAMES) world.frames.shift();
  return undefined;
}
