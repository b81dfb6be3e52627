/**
 * Reads everything that the exchange ever said, from an endpoint: logs, and the times of their blocks. Nothing else is asked for.
 */
import type { Address, PublicClient } from "viem";
import { inRanges } from "../chain/inRanges.ts";
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
  const read = (from: bigint, to: bigint) => client.getLogs({ address: exchange, fromBlock: from, toBlock: to });
  for await (const logs of inRanges({ from: fromBlock, to: toBlock, size: range, read })) {
    const told = logs.map(({ blockNumber, blockTimestamp }) => [blockNumber, blockTimestamp ?? undefined] as const);
    yield* toTransactions(logs, await timesOf(client, new Map(told)));
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
