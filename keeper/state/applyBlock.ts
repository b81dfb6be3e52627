/**
 * Puts one block's position changes onto the world. Pure: no I/O.
 */
import type { BlockRef } from "../chain/connect.ts";
import type { ChainEvent } from "../chain/readEvents.ts";
import { applyChange } from "../core/applyChange.ts";
import type { Frame } from "./world.ts";
import { MAX_FRAMES, tipOf, type World } from "./world.ts";

export function applyBlock(world: World, block: BlockRef, events: readonly ChainEvent[]): void {
  if (block.parentHash !== tipOf(world).hash) throw new Error(`block ${block.number} does not follow the tip`);
  const undos: Frame["undos"][number][] = [];
  for (const event of events) {
    if (event.eventName !== "PositionChanged") continue;
    const market = Number(event.args.market);
    const state = world.markets.get(market)?.state;
    if (state === undefined) continue; // listed in this very block: the follower takes a new snapshot
    const { account, lots, cost, margin, fundingIndex } = event.args;
    undos.push({ market, undo: applyChange(state, { account: Number(account), lots, cost, margin, fundingIndex }) });
  }
  world.frames.push({ block, undos });
  if (world.frames.length > MAX_FRAMES) world.frames.shift();
}
