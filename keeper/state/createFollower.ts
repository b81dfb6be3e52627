/**
 * Keeps a world at the head of the chain: applies new blocks, takes back the ones that a reorganisation removed, and starts over from a
 * snapshot when neither is possible. The caller decides when to look; nothing runs by itself.
 */
import type { BlockRef, Chain } from "../chain/connect.ts";
import { readBlock } from "../chain/readBlock.ts";
import { type ChainEvent, readEvents } from "../chain/readEvents.ts";
import { applyBlock } from "./applyBlock.ts";
import { compareWorlds } from "./compareWorlds.ts";
import { rollBack } from "./rollBack.ts";
import { type SnapshotOptions, takeSnapshot } from "./takeSnapshot.ts";
import { tipOf, type World } from "./world.ts";

export type Advance = {
  readonly world: World;
  /** Of the blocks applied, in order. */
  readonly events: readonly ChainEvent[];
  /** The blocks applied, in order. */
  readonly blocks: readonly BlockRef[];
  readonly applied: number;
  readonly rolledBack: number;
  readonly snapshot: boolean;
  /** The market of which an event was missed, which led to the snapshot. */
  readonly gap?: string;
};

export type Follower = {
  /** To the newest block. */
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
/** What markets there are and their parameters are read anew: both are rare. */
const RENEWS: ReadonlySet<string> = new Set(["MarketListed", "MarketConfigured"]);

export function createFollower(chain: Chain, options: SnapshotOptions): Follower {
  let world: World | undefined;

  async function advance(): Promise<Advance> {
    const head = await readBlock(chain);
    if (world === undefined || head.number > tipOf(world).number + MAX_BEHIND) return startOver(head);

    const events: ChainEvent[] = [];
    const blocks: BlockRef[] = [];
    let rolledBack = 0;
    const known = world.frames.find(({ block }) => block.number === head.number);
    // An endpoint that lags behind the one asked before tells us nothing new.
    if (known?.block.hash === head.hash)
      return { world, events, blocks, applied: blocks.length, rolledBack, snapshot: false };
    while (tipOf(world).number >= head.number) {
      if (!rollBack(world)) return startOver(head);
      rolledBack++;
    }
    while (tipOf(world).number < head.number) {
      const from: bigint = tipOf(world).number + 1n;
      const to = from + CHUNK - 1n < head.number ? from + CHUNK - 1n : head.number;
      const numbers = Array.from({ length: Number(to - from) + 1 }, (_, i) => from + BigInt(i));
      const fetched = await Promise.all(numbers.map((number) => readBlock(chain, number)));
      if (fetched[0]?.parentHash !== tipOf(world).hash) {
        if (!rollBack(world)) return startOver(head);
        rolledBack++;
        continue;
      }
      const linked = linkedPrefix(fetched);
      const { aggregators } = world;
      const logs = await Promise.all(linked.map((block) => readEvents(chain, block, aggregators)));
      if (logs.flat().some(({ eventName }) => RENEWS.has(eventName))) return startOver(head);
      for (const [i, block] of linked.entries()) {
        const gap = applyBlock(world, block, logs[i] ?? []);
        if (gap !== undefined) return { ...(await startOver(head)), gap };
        events.push(...(logs[i] ?? []));
        blocks.push(block);
      }
    }
    return { world, events, blocks, applied: blocks.length, rolledBack, snapshot: false };
  }

  async function startOver(head: BlockRef): Promise<Advance> {
    world = undefined;
    world = await takeSnapshot(chain, head, options);
    return { world, events: [], blocks: [], applied: 0, rolledBack: 0, snapshot: true };
  }

  async function reconcile(): Promise<readonly string[]> {
    if (world === undefined) return [];
    const ordered = new Map([...world.markets].map(([id, { state }]) => [id, [...state.topUps.keys()]]));
    const differences = compareWorlds(world, await takeSnapshot(chain, tipOf(world), options, ordered));
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

/** Blocks fetched one by one may belong to two chains: what follows the first break is left for the next round. */
function linkedPrefix(blocks: readonly BlockRef[]): readonly BlockRef[] {
  const end = blocks.findIndex((block, i) => i > 0 && block.parentHash !== blocks[i - 1]?.hash);
  return end === -1 ? blocks : blocks.slice(0, end);
}
