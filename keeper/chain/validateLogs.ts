/**
 * Whether logs are what they were asked for: of this very block, of the contracts asked about, each one once and in order, and announced by
 * the block's own bloom filter. What it cannot see (a log left out of a block that has others) is seen by the number that every event of a
 * market carries.
 */
import type { Hex, RpcLog } from "viem";
import { mayContain, parseBloom } from "./bloom.ts";
import { ChainDataError } from "./ChainDataError.ts";
import type { Header } from "./readBlock.ts";

/** @param addresses Lower case; undefined when all logs of the block were asked for. Throws ChainDataError. */
export function validateLogs(block: Header, logs: readonly RpcLog[], addresses?: ReadonlySet<string>): void {
  const bloom = block.logsBloom === undefined ? undefined : parseBloom(block.logsBloom);
  const announced = new Map<string, boolean>();
  const isAnnounced = (item: Hex) => {
    if (bloom === undefined) return true;
    let known = announced.get(item);
    if (known === undefined) {
      known = mayContain(bloom, item);
      announced.set(item, known);
    }
    return known;
  };
  let [logBefore, transactionBefore] = [-1, -1];
  for (const log of logs) {
    if (log.removed === true) throw refuse("is marked as removed");
    if (log.blockHash !== block.hash) throw refuse(`is of block ${log.blockHash}`);
    if (log.blockNumber === null || BigInt(log.blockNumber) !== block.number) {
      throw refuse(`has block number ${log.blockNumber}`);
    }
    const address = log.address.toLowerCase() as Hex;
    if (addresses !== undefined && !addresses.has(address)) throw refuse(`is of ${log.address}, not asked about`);
    const [index, transaction] = [Number(log.logIndex ?? -1), Number(log.transactionIndex ?? -1)];
    if (!(index > logBefore)) throw refuse(`has index ${index} after ${logBefore}`);
    if (transaction < transactionBefore) throw refuse(`is of transaction ${transaction} after ${transactionBefore}`);
    [logBefore, transactionBefore] = [index, transaction];
    const [name] = log.topics;
    if (!isAnnounced(address) || (name !== undefined && !isAnnounced(name))) {
      throw refuse("is not in the block's bloom filter");
    }
  }

  function refuse(what: string): ChainDataError {
    return new ChainDataError(`A log of block ${block.number} ${what}`);
  }
}
