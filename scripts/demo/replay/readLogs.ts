/**
 * What the exchange and the feeds said in a range of blocks, decoded, transaction by transaction in the order of the chain.
 */
import { parseEventLogs } from "viem";
import { exchangeAbi, feedAbi } from "../chain/abi.ts";
import type { Context } from "../context.ts";

const abi = [...exchangeAbi, ...feedAbi] as const;

async function readEvents({ chain, addresses, markets }: Context, fromBlock: bigint, toBlock: bigint) {
  const address = [addresses.exchange, ...markets.map(({ feed }) => feed)];
  const logs = await chain.client.getLogs({ address, fromBlock, toBlock });
  return parseEventLogs({ abi, logs, strict: true });
}

export type Log = Awaited<ReturnType<typeof readEvents>>[number];
export type LogOf<Name extends Log["eventName"]> = Extract<Log, { eventName: Name }>;

export type Transaction = {
  readonly hash: string;
  readonly block: bigint;
  /** Of its block. */
  readonly timestamp: bigint;
  readonly logs: readonly Log[];
};

export async function readLogs(context: Context, fromBlock: bigint, toBlock: bigint): Promise<Transaction[]> {
  const transactions: { hash: string; block: bigint; timestamp: bigint; logs: Log[] }[] = [];
  const logs = await readEvents(context, fromBlock, toBlock);
  const times = await readTimes(context, [...new Set(logs.map(({ blockNumber }) => blockNumber))]);
  for (const log of logs) {
    const last = transactions.at(-1);
    if (last?.hash === log.transactionHash) last.logs.push(log);
    else
      transactions.push({
        hash: log.transactionHash,
        block: log.blockNumber,
        timestamp: times.get(log.blockNumber) ?? 0n,
        logs: [log],
      });
  }
  return transactions;
}

async function readTimes({ chain }: Context, numbers: readonly bigint[]): Promise<ReadonlyMap<bigint, bigint>> {
  const blocks = await Promise.all(numbers.map((blockNumber) => chain.client.getBlock({ blockNumber })));
  return new Map(blocks.map(({ number, timestamp }) => [number, timestamp]));
}

/** The logs of one kind in a transaction. */
export function logsOf<Name extends Log["eventName"]>(transaction: Transaction, name: Name): LogOf<Name>[] {
  return transaction.logs.filter((log): log is LogOf<Name> => log.eventName === name);
}
