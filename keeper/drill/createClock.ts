/**
 * The drill's clock: it makes the blocks, one at a time and only when the keeper waits for one, and says when it has been enough. So a drill of so many blocks
 * is exactly that, whatever the machine is busy with.
 */
import { readBlock } from "../chain/readBlock.ts";
import type { BlockRef, Chain } from "../chain/connect.ts";
import type { Executor } from "../exec/createExecutor.ts";
import type { Worker } from "../exec/worker.ts";
import type { TestNode } from "./createTestNode.ts";
import type { DrillOptions } from "./options.ts";
import type { DrillEnd } from "./report.ts";

export type DrillClock = {
  /** Given when the drill is over before everything is cleared. */
  readonly signal: AbortSignal;
  /** One block; none when that would be one too many. */
  readonly mine: () => Promise<void>;
  /** Something had an effect: what follows is not standing still. */
  readonly progress: () => void;
  /** Of the blocks made. */
  readonly blocks: () => number;
  readonly lastEffect: () => number;
  readonly over: () => Exclude<DrillEnd, "cleared"> | undefined;
  /** The keeper's hands, with a block for whatever it sends. */
  readonly driven: (executor: Executor) => Worker;
};

/** Blocks without any effect after which nothing more is expected: longer than cool-downs and windows of listed markets, at twelve seconds. */
const STALL_BLOCKS = 64;

export function createClock(
  chain: Chain,
  node: TestNode,
  first: BlockRef,
  { maxBlocks, maxSeconds, blockSeconds }: DrillOptions,
  interrupt: AbortSignal,
): DrillClock {
  const stop = new AbortController();
  const started = performance.now();
  let [blocks, lastEffect] = [0, 0];
  let over: Exclude<DrillEnd, "cleared"> | undefined;
  const end = (why: Exclude<DrillEnd, "cleared">) => {
    over ??= why;
    stop.abort();
  };
  const onInterrupt = () => end("interrupted");
  if (interrupt.aborted) onInterrupt();
  interrupt.addEventListener("abort", onInterrupt, { once: true });

  async function mine(): Promise<void> {
    if (performance.now() - started > maxSeconds * 1_000) end("time");
    else if (blocks >= maxBlocks) end("blocks");
    else if (blocks - lastEffect >= STALL_BLOCKS) end("stalled");
    if (over !== undefined) return;
    const tip = await readBlock(chain);
    await node.mine(tip.timestamp + BigInt(blockSeconds));
    blocks = Number((await readBlock(chain)).number - first.number);
  }

  function driven(executor: Executor): Worker {
    return {
      ...executor,
      tick: async (world) => {
        const tick = await executor.tick(world);
        if (!executor.isOpen()) return tick;
        await mine();
        return { kind: "waiting", ms: 0 };
      },
    };
  }

  return {
    signal: stop.signal,
    mine,
    progress: () => {
      lastEffect = blocks;
    },
    blocks: () => blocks,
    lastEffect: () => lastEffect,
    over: () => over,
    driven,
  };
}
