/**
 * The keeper's copy of the exchange at one block, and what it takes to go back from it.
 *
 * Invariants: `frames` are linked (each block's parentHash is the hash of the one before), the last frame is the tip, and undoing them
 * one by one from the end gives the state after each earlier block, exactly. A world begins with the block of its snapshot, whose own
 * frame has nothing to undo.
 */
import type { BlockRef } from "../chain/connect.ts";
import type { ListedMarket } from "../chain/readMarket.ts";
import type { EventUndo } from "../core/applyEvent.ts";
import type { MarketState } from "../core/marketState.ts";
import type { AccountId, MarketId } from "../core/types.ts";
import type { Feeds } from "../oracle/resolveFeeds.ts";

export type Market = ListedMarket & { readonly state: MarketState };

export type Frame = { readonly block: BlockRef; readonly undos: readonly { market: MarketId; undo: EventUndo }[] };

export type Touched = Map<MarketId, Set<AccountId>>;

export type World = {
  readonly markets: ReadonlyMap<MarketId, Market>;
  /** Who announces prices; found anew now and then. */
  feeds: Feeds;
  readonly frames: Frame[];
  /** What changed since the world was saved; kept only where it is saved. */
  touched?: Touched;
};

/** How far back undoing reaches. Twice Ethereum's finality would be 128. */
export const MAX_FRAMES = 128;

/** Notes whose position, orders or step an event, or its undoing, changed. */
export function touch({ touched }: World, market: MarketId, { position, topUp, triggers, stepped }: EventUndo): void {
  if (touched === undefined) return;
  const account = (position ?? topUp ?? triggers ?? stepped)?.account;
  if (account === undefined) return;
  const accounts = touched.get(market);
  if (accounts === undefined) touched.set(market, new Set([account]));
  else accounts.add(account);
}

export function tipOf(world: World): BlockRef {
  const frame = world.frames.at(-1);
  if (frame === undefined) throw new Error("a world has at least the frame of its snapshot");
  return frame.block;
}
