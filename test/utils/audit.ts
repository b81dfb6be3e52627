/** A venue's whole history as the audit reads it: from logs alone. */
import { auditHistory } from "../../keeper/audit/auditHistory.ts";
import { toTransactions } from "../../keeper/audit/toTransactions.ts";
import type { AuditTransaction, CallVerdict } from "../../keeper/audit/types.ts";
import type { Venue } from "./venue.ts";

export async function historyOf(venue: Venue): Promise<AuditTransaction[]> {
  const { provider } = venue.connection.ethers;
  const logs = await provider.getLogs({
    address: venue.deployed.exchangeAddress,
    fromBlock: venue.deployed.startBlock,
    toBlock: "latest",
  });
  const times = new Map<bigint, bigint>();
  for (const number of new Set(logs.map(({ blockNumber }) => blockNumber))) {
    times.set(BigInt(number), BigInt((await provider.getBlock(number))?.timestamp ?? 0));
  }
  const raw = logs.map((log) => ({
    address: log.address as `0x${string}`,
    topics: log.topics as [`0x${string}`],
    data: log.data as `0x${string}`,
    blockNumber: BigInt(log.blockNumber),
    blockHash: log.blockHash as `0x${string}`,
    transactionHash: log.transactionHash as `0x${string}`,
    transactionIndex: log.transactionIndex,
    logIndex: log.index,
    removed: false as const,
  }));
  return toTransactions(raw, times);
}

export async function auditVenue(venue: Venue): Promise<CallVerdict[]> {
  return auditHistory({ transactions: await historyOf(venue) });
}

type Log = AuditTransaction["logs"][number];

/** The history with the logs of one kind of transaction changed, and every market's events numbered anew, as a careful forger would. */
export function forged(
  history: readonly AuditTransaction[],
  change: (logs: readonly Log[]) => readonly Log[],
): AuditTransaction[] {
  const numbers = new Map<bigint, bigint>();
  return history.map((transaction) => {
    const isTarget = transaction.logs.some(({ eventName }) => eventName === "DeleverageCall");
    const logs = (isTarget ? change(transaction.logs) : transaction.logs).map((log) => {
      if (!("sequence" in log.args)) return log;
      const sequence = (numbers.get(log.args.market) ?? 0n) + 1n;
      numbers.set(log.args.market, sequence);
      return { ...log, args: { ...log.args, sequence } } as Log;
    });
    return { ...transaction, logs };
  });
}

/** The log with other arguments. */
export function withArgs(log: Log, args: Record<string, unknown>): Log {
  return { ...log, args: { ...log.args, ...args } } as Log;
}
