/**
 * Reads everything that the exchange ever said, from an endpoint: logs, and the times of their blocks. Nothing else is asked for.
 */
import type { Address, PublicClient } from "viem";
import { toTransactions } from "./toTransactions.ts";
import type { AuditTransaction } from "./types.ts";

export type ReadHistoryParameters = {
  readonly exchange: Address;
  readonly fromBlock: bigint;
  readonly toBlock: bigint;
  /** Blocks a request at most. */
  readonly range: bigint;
};

export async function* readHistory(
  client: PublicClient,
  { exchange, fromBlock, toBlock, range }: ReadHistoryParameters,
): AsyncGenerator<AuditTransaction> {
  let size = range;
  for (let from = fromBlock; from <= toBlock; ) {
    const end = from + size - 1n < toBlock ? from + size - 1n : toBlock;
    const logs = await client.getLogs({ address: exchange, fromBlock: from, toBlock: end }).catch((cause: unknown) => {
      // endpoints limit blocks, logs and bytes, each in words of its own: what failed is asked for again in halves
      if (end === from) throw cause;
      return undefined;
    });
    if (logs === undefined) {
      size = (end - from + 1n) / 2n;
      continue;
    }
    const told = logs.map(({ blockNumber, blockTimestamp }) => [blockNumber, blockTimestamp ?? undefined] as const);
    yield* toTransactions(logs, await timesOf(client, new Map(told)));
    from = end + 1n;
  }
}

/** Newer nodes say the time in the log itself; of the others it is asked for. */
async function timesOf(
  client: PublicClient,
  told: ReadonlyMap<bigint, bigint | undefined>,
): Promise<ReadonlyMap<bigint, bigint>> {
  const times = [...told].map(async ([blockNumber, known]) => {
    const timestamp = known ?? (await client.getBlock({ blockNumber })).timestamp;
    return [blockNumber, timestamp] as const;
  });
  return new Map(await Promise.all(times));
}
