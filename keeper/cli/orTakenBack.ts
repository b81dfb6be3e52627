/**
 * Reads that are pinned to a block fail when a reorganisation takes it back meanwhile. What the endpoint then says differs from node to node:
 * so the chain is asked whether the block is still there.
 */
import type { BlockRef, Chain } from "../chain/connect.ts";
import { readBlock } from "../chain/readBlock.ts";
import { TemporaryError } from "../errors.ts";

/** Throws TakenBackError instead of what `read` throws, when the block is no longer part of the chain. */
export async function orTakenBack<T>(chain: Chain, block: BlockRef, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    // where that cannot be answered either, the first error says more
    const now = await readBlock(chain, block.number).catch((error: unknown) => (isNotFound(error) ? undefined : block));
    if (now?.hash === block.hash) throw cause;
    throw new TakenBackError(block, cause);
  }
}

export class TakenBackError extends TemporaryError {
  override readonly name = "TakenBackError";

  constructor({ number, hash }: BlockRef, cause: unknown) {
    super(`Block ${number} (${hash}) was taken back by a reorganisation while it was read: try again`, { cause });
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === "BlockNotFoundError";
}
