/**
 * One block's header; the newest when no number is given.
 */
import type { Hex } from "viem";
import { ChainDataError } from "./ChainDataError.ts";
import type { BlockRef, Chain } from "./connect.ts";

export type Header = BlockRef & {
  /** Missing where the chain has none. */
  readonly logsBloom?: Hex;
};

export async function readBlock(chain: Chain, blockNumber?: bigint): Promise<Header> {
  const block = await chain.client.getBlock(blockNumber === undefined ? { blockTag: "latest" } : { blockNumber });
  const { number, hash, parentHash, timestamp, logsBloom } = block;
  // a node that is starting or a proxy in front of it may answer with a block that is not mined
  if (number === null || hash === null) throw new ChainDataError("The endpoint answered with a pending block");
  if (blockNumber !== undefined && number !== blockNumber) {
    throw new ChainDataError(`The endpoint answered about block ${number} when asked about ${blockNumber}`);
  }
  return { number, hash, parentHash, timestamp, ...(isMeaningful(logsBloom) ? { logsBloom } : {}) };
}

/** Some chains leave the field out. All zeros are a statement: no logs. */
function isMeaningful(bloom: Hex | null | undefined): bloom is Hex {
  return typeof bloom === "string" && bloom.length === 514;
}
