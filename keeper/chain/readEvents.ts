/**
 * What happened in one block, decoded: the exchange's events and the price feeds' announcements. Asked for by block hash, so that the
 * answer is about this block or an error, whatever the chain did meanwhile; and validated, because endpoints leave things out.
 */
import type { Hex, ParseEventLogsReturnType, RpcLog } from "viem";
import { toEventSelector } from "viem";
import { feedAbi } from "../oracle/feedAbi.ts";
import { exchangeAbi } from "./abi.ts";
import { addTo, emptyBloom, isSameBloom, mayContain, parseBloom } from "./bloom.ts";
import { ChainDataError } from "./ChainDataError.ts";
import type { Chain } from "./connect.ts";
import { createLogDecoder } from "./createLogDecoder.ts";
import type { Header } from "./readBlock.ts";
import { validateLogs } from "./validateLogs.ts";

const abi = [...exchangeAbi, ...feedAbi] as const;
const decode = createLogDecoder(abi);
const names = exchangeAbi.filter((item) => item.type === "event").map((item) => toEventSelector(item));

export type ChainEvent = ParseEventLogsReturnType<typeof abi, undefined, true>[number];
/** A decoded event, without where it was found. */
export type WithoutPlace<T> = T extends { readonly eventName: infer N; readonly args: infer A }
  ? { readonly eventName: N; readonly args: A }
  : never;

/** @param feeds Lower-case addresses of the contracts that announce prices. Throws ChainDataError. */
export async function readEvents(chain: Chain, block: Header, feeds: Iterable<string>): Promise<ChainEvent[]> {
  const exchange = chain.deployment.exchange.toLowerCase() as Hex;
  const addresses = new Set([exchange, ...feeds]) as ReadonlySet<Hex>;
  try {
    const logs = await getLogs(chain, block.hash, [...addresses]);
    validateLogs(block, logs, addresses);
    if (!logs.some((log) => log.address.toLowerCase() === exchange)) await confirmSilence(chain, block, exchange);
    return decodeLogs(logs);
  } catch (error) {
    // whoever gave this answer is not asked next time
    if (error instanceof ChainDataError) chain.pool?.reject(block.hash, error.message);
    throw error;
  }
}

/** Logs of other contracts, and of events that the keeper does not know, are left out. */
export function decodeLogs(logs: readonly RpcLog[]): ChainEvent[] {
  const events: ChainEvent[] = [];
  for (const log of logs) {
    const event = decode(log);
    if (event !== undefined) events.push(event);
  }
  return events;
}

function getLogs(chain: Chain, blockHash: Hex, address?: readonly Hex[]): Promise<readonly RpcLog[]> {
  const filter = address === undefined ? { blockHash } : { blockHash, address: [...address] };
  return chain.client.request({ method: "eth_getLogs", params: [filter] }) as Promise<RpcLog[]>;
}

/**
 * An endpoint says that the exchange did nothing in a block whose bloom filter says that it may have. Then all logs of the block are read: they
 * are complete exactly if they give the filter.
 */
async function confirmSilence(chain: Chain, block: Header, exchange: Hex): Promise<void> {
  if (block.logsBloom === undefined) return;
  const bloom = parseBloom(block.logsBloom);
  if (!mayContain(bloom, exchange) || !names.some((name) => mayContain(bloom, name))) return;
  const all = await getLogs(chain, block.hash);
  validateLogs(block, all);
  const recomputed = emptyBloom();
  for (const { address, topics } of all) for (const item of [address, ...topics]) addTo(recomputed, item);
  if (!isSameBloom(bloom, recomputed) || all.some((log) => log.address.toLowerCase() === exchange)) {
    throw new ChainDataError(
      `Logs of block ${block.number} are missing: its bloom filter announces some of the exchange`,
    );
  }
}
