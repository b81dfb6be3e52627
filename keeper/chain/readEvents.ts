/**
 * What happened in one block, decoded: the exchange's events and the price feeds' announcements. Asked for by block hash, so that the
 * answer is about this block or an error, whatever the chain did meanwhile.
 */
import { type Address, parseEventLogs } from "viem";
import { exchangeAbi } from "./abi.ts";
import { type Aggregators, aggregatorAbi } from "./aggregators.ts";
import type { BlockRef, Chain } from "./connect.ts";

const abi = [...exchangeAbi, ...aggregatorAbi] as const;

export async function readEvents(chain: Chain, block: BlockRef, aggregators: Aggregators) {
  const address = [chain.deployment.exchange, ...(aggregators.keys() as Iterable<Address>)];
  const logs = await chain.client.getLogs({ blockHash: block.hash, address });
  // Logs of a price feed that is also ours to decode (or the reverse) do not exist: the two ABIs share no event.
  return parseEventLogs({ abi, logs, strict: true });
}

export type ChainEvent = Awaited<ReturnType<typeof readEvents>>[number];
