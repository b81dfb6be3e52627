/**
 * Who else works here, learnt from the chain: the callers that did work not long ago. Every keeper reads the same events, so that all of them
 * agree about whose turn it is, without talking to each other and without configuration.
 *
 * Nothing depends on it being right: whoever it names in vain costs a turn, until the next block draws another order, and the contract decides in any case.
 */
import type { Address } from "viem";
import type { ChainEvent } from "../chain/readEvents.ts";

export type Roster = {
  /** @param tip Number of the newest block. */
  readonly note: (events: readonly ChainEvent[], tip: bigint) => void;
  /** Lower case, without us. */
  readonly others: () => readonly string[];
};

/** A keeper that did nothing for so long is taken for gone. */
const MEMORY_BLOCKS = 5_000n;
/** Seen last; with more, the last turns would be blocks away. */
const MAX_OTHERS = 7;

export function createRoster(address: Address): Roster {
  const own = address.toLowerCase();
  /** By address, least recently seen first: the block. */
  const seen = new Map<string, bigint>();

  function note(events: readonly ChainEvent[], tip: bigint): void {
    for (const { args, blockNumber } of events) {
      if (!("caller" in args)) continue;
      const caller = args.caller.toLowerCase();
      if (caller === own) continue;
      seen.delete(caller);
      seen.set(caller, blockNumber);
    }
    for (const [caller, block] of seen) {
      if (seen.size > MAX_OTHERS || block + MEMORY_BLOCKS < tip) seen.delete(caller);
    }
  }

  return { note, others: () => [...seen.keys()] };
}
