/**
 * The common part of every pinned read: which contract, at which block. By hash, so that after a reorganisation a read fails rather
 * than answers about another block of the same height.
 */
import type { Address, Hash } from "viem";
import type { BlockRef, Chain } from "./connect.ts";

export type PinnedRead = { readonly address: Address; readonly blockHash: Hash };

export function exchangeAt(chain: Chain, block: BlockRef): PinnedRead {
  return { address: chain.deployment.exchange, blockHash: block.hash };
}

export function lensAt(chain: Chain, block: BlockRef): PinnedRead {
  return { address: chain.deployment.lens, blockHash: block.hash };
}
