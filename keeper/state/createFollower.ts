/**
 * Keeps a world at the head of the chain: applies new blocks, takes back the ones that a reorganisation removed, and starts over from a
 * snapshot when neither is possible. The caller decides when to look; nothing runs by itself.
 *
 * It is an invariant that the world's blocks are linked (`parentHash` => `hash`), whatever the endpoints say in between. A head that is known
 * is nothing new; one below the tip on the same chain is an endpoint that lags; a reorganisation is measured before anything is taken back,
 * and one deeper than `maxReorg` is refused.
 */
import { ChainDataError } from "../chain/ChainDataError.ts";
import type { BlockRef, Chain } from "../chain/connect.ts";
import { type Header, readBlock } from "../chain/readBlock.ts";
import { type ChainEvent, readEvents } from "../chain/readEvents.ts";
import { resolveFeeds } from "../oracle/resolveFeeds.ts";
import { applyBlock } from "./applyBlock.ts";
import { compareWorlds } from "./compareWorlds.ts";
import { DeepReorgError } from "./DeepReorgError.ts";
import { rollBack } from "./rollBack.ts";
import { type SnapshotOptions, takeSnapshot } from "./takeSnapshot.ts";
import { MAX_FRAMES, tipOf, type World } from "./world.ts";

export type FollowerOptions = SnapshotOptions & {
  /** Blocks; deeper reorganisations are refused. At most MAX_FRAMES − 1, which is the default. */
  readonly maxReorg?: number;
  /** Blocks between two looks at which aggregator is behind each proxy. */
  readonly feedBlocks?: number;
  /** A world from before this process, if there is one: taken as it is when the chain still has its tip. */
  readonly resume?: () => World | undefined;
};

export type Advance = {
  readonly world: World;
  /** Of the blocks applied, in order. */
  readonly events: readonly ChainEvent[];
  /** The blocks applied, in order. */
  readonly blocks: readonly BlockRef[];
  readonly applied: number;
  readonly rolledBack: number;
  /** The local copy is a new one. */
  readonly snapshot: boolean;
  /** It was not read from the chain, but from the local database. */
  readonly resumed?: boolean;
  /** The market of which an event was missed, which led to the snapshot. */
  readonly gap?: string;
};

export type Follower = {
  /** To the newest block. Throws DeepReorgError; other errors are the endpoints', and the next attempt goes on from where this one came to. */
  readonly advance: () => Promise<Advance>;
  /** Drops the local copy; the next advance begins with a snapshot. */
  readonly forget: () => void;
  /** Compares the local copy with the chain at its tip, and forgets it if they differ. Returns the differences. */
  readonly reconcile: () => Promise<readonly string[]>;
};

/** Blocks fetched together: one batch of headers, one of logs. */
const CHUNK = 48n;
/** Further behind than this a snapshot is cheaper than the blocks. */
const MAX_BEHIND = 2_000n;
/** A change is announced by the proxy itself; this finds the ones whose announcement was not for us to see. */
const FEED_BLOCKS = 100;
/** What markets there are and their parameters are read anew: both are rare. */
const RENEWS: ReadonlySet<string> = new Set(["MarketListed", "MarketConfigured"]);

export function createFollower(chain: Chain, options: FollowerOptions): Follower {
  const maxReorg = Math.min(options.maxReorg ?? MAX_FRAMES - 1, MAX_FRAMES - 1);
  const feedBlocks = BigInt(options.feedBlocks ?? FEED_BLOCKS);
  let world: World | undefined;
  let mayResume = options.resume !== undefined;
  let feedsAt = 0n;

  async function advance(): Promise<Advance> {
    const head = await readBlock(chain);
    let resumed = false;
    if (world === undefined) {
      const found = await resume(head);
      if (found === undefined) return startOver(head);
      world = found;
      resumed = true;
    }
    if (head.number > tipOf(world).number + MAX_BEHIND) return startOver(head);
    const depth = await measureReorg(world, head);
    if (depth === undefined) return startOver(head);
    for (let i = 0; i < depth; i++) rollBack(world);
    return forward(world, head, depth, resumed);
  }

  /** Applies what follows the tip, as long as it does. */
  async function forward(world: World, head: Header, rolledBack: number, resumed: boolean): Promise<Advance> {
    const events: ChainEvent[] = [];
    const blocks: BlockRef[] = [];
    const done = (): Advance => {
      const common = { world, events, blocks, applied: blocks.length, rolledBack };
      return { ...common, snapshot: resumed, ...(resumed ? { resumed } : {}) };
    };
    while (tipOf(world).number < head.number) {
      const from = tipOf(world).number + 1n;
      const to = from + CHUNK - 1n < head.number ? from + CHUNK - 1n : head.number;
      const numbers = Array.from({ length: Number(to - from) + 1 }, (_, i) => from + BigInt(i));
      // the head as it was first seen: whoever asks again may be answered from another chain
      const headers = numbers.map((number) => (number === head.number ? head : readBlock(chain, number)));
      const linked = linkedTo(tipOf(world).hash, await Promise.all(headers));
      // the chain changed while it was read: the next look measures how
      if (linked.length === 0) return done();
      const logs = await Promise.all(linked.map((block) => readEvents(chain, block, world.feeds.emitters.keys())));
      if (logs.flat().some(({ eventName }) => RENEWS.has(eventName))) return startOver(head);
      for (const [i, block] of linked.entries()) {
        const gap = applyBlock(world, block, logs[i] ?? []);
        if (gap !== undefined) return { ...(await startOver(head)), gap };
        events.push(...(logs[i] ?? []));
        blocks.push(block);
      }
      if (linked.length < numbers.length) return done();
    }
    const changed = events.some(({ eventName }) => eventName === "AggregatorConfirmed");
    if (changed || tipOf(world).number >= feedsAt + feedBlocks) await renewFeeds(world);
    return done();
  }

  /**
   * How many blocks of ours the chain does not have any more; 0 when it goes on from the tip, or is behind it. Undefined when it parts from ours
   * before the snapshot. Changes nothing. Throws DeepReorgError.
   */
  async function measureReorg({ frames }: World, head: Header): Promise<number | undefined> {
    const last = frames.length - 1;
    const tip = (frames[last] as World["frames"][number]).block;
    if (head.hash === tip.hash || head.parentHash === tip.hash) return 0;
    for (let i = last; i >= 0; i--) {
      const { number, hash } = (frames[i] as World["frames"][number]).block;
      if (number > head.number) continue;
      if (last - i > maxReorg) throw new DeepReorgError(BigInt(last - i), maxReorg, tip.number);
      const theirs = number === head.number ? head : await readBlock(chain, number);
      if (theirs.hash !== hash) continue;
      // ours goes on where theirs ends: they are behind
      return number === head.number ? 0 : last - i;
    }
    const first = (frames[0] as World["frames"][number]).block.number;
    // a node that is still syncing; whether its chain is ours cannot be told
    if (head.number < first) {
      throw new ChainDataError(
        `The endpoint's newest block is ${head.number}, ${tip.number - head.number} behind ours`,
      );
    }
    if (last >= maxReorg) throw new DeepReorgError(BigInt(last) + 1n, maxReorg, tip.number);
    return undefined;
  }

  /** The world of an earlier process, if the chain still has the block that it ended with. */
  async function resume(head: Header): Promise<World | undefined> {
    if (!mayResume) return undefined;
    mayResume = false;
    const found = options.resume?.();
    if (found === undefined) return undefined;
    const { number, hash } = tipOf(found);
    if (number > head.number || head.number > number + MAX_BEHIND) return undefined;
    const theirs = number === head.number ? head : await readBlock(chain, number);
    if (theirs.hash !== hash) return undefined;
    await renewFeeds(found);
    return found;
  }

  async function renewFeeds(world: World): Promise<void> {
    const tip = tipOf(world);
    world.feeds = await resolveFeeds(chain, tip, [...world.markets.values()]);
    feedsAt = tip.number;
  }

  async function startOver(head: BlockRef): Promise<Advance> {
    world = undefined;
    mayResume = false;
    world = await takeSnapshot(chain, head, options);
    feedsAt = head.number;
    return { world, events: [], blocks: [], applied: 0, rolledBack: 0, snapshot: true };
  }

  async function reconcile(): Promise<readonly string[]> {
    if (world === undefined) return [];
    const markets = [...world.markets];
    const known = {
      topUps: new Map(markets.map(([id, { state }]) => [id, [...state.topUps.keys()]])),
      triggers: new Map(markets.map(([id, { state }]) => [id, [...state.triggers.keys()]])),
    };
    const differences = compareWorlds(world, await takeSnapshot(chain, tipOf(world), options, known));
    if (differences.length > 0) world = undefined;
    return differences;
  }

  return {
    advance,
    forget: () => {
      world = undefined;
    },
    reconcile,
  };
}

/** Blocks fetched one by one may belong to two chains: what follows the first break is left for the next look. */
function linkedTo(parentHash: string, blocks: readonly Header[]): readonly Header[] {
  let parent = parentHash;
  for (const [i, block] of blocks.entries()) {
    if (block.parentHash !== parent) return blocks.slice(0, i);
    if (block.hash === parent) throw new ChainDataError(`Block ${block.number} is its own parent`);
    parent = block.hash;
  }
  return blocks;
}
