/**
 * Takes the newest block off the world. Returns false, and changes nothing, when it is the oldest one known.
 */
import { undoEvent } from "../core/applyEvent.ts";
import { touch, type World } from "./world.ts";

export function rollBack(world: World): boolean {
  if (world.frames.length < 2) return false;
  const frame = world.frames.pop();
  for (const { market, undo } of frame?.undos.toReversed() ?? []) {
    const state = world.markets.get(market)?.state;
    if (state === undefined) continue;
    undoEvent(state, undo);
    touch(world, market, undo);
  }
  return true;
}
