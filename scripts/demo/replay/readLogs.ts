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
  readonly logs: readonly Log[];
};

export async function readLogs(context: Context, fromBlock: bigint, toBlock: bigint): Promise<Transaction[]> {
  const transactions: { hash: string; block: bigint; logs: Log[] }[] = [];
  for (const log of await readEvents(context, fromBlock, toBlock)) {
    const last = transactions.at(-1);
    if (last?.hash === log.transactionHash) last.logs.push(log);
    else transactions.push({ hash: log.transactionHash, block: log.blockNumber, logs: [log] });
  }
  return transactions;
}

/** The logs of one kind in a transaction. */
export function logsOf<Name extends Log["eventName"]>(transaction: Transaction, name: Name): LogOf<Name>[] {
  return transaction.logs.filter((log): log is LogOf<Name> => log.eventName === name);
}
