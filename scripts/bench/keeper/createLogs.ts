/**
 * Blocks of logs as an endpoint answers with them: trades, each with what the exchange emits for one.
 */
import { type AbiEvent, encodeAbiParameters, encodeEventTopics, type Hex, numberToHex, type RpcLog, toHex } from "viem";
import { exchangeAbi } from "../../../keeper/chain/abi.ts";
import { addTo, emptyBloom } from "../../../keeper/chain/bloom.ts";
import type { Header } from "../../../keeper/chain/readBlock.ts";
import type { Position } from "../../../keeper/core/types.ts";
import { position } from "../risk/createPopulation.ts";

export const EXCHANGE = "0x5fbdb2315678afecb367f032d93f642f64180aa3";
export type LoggedBlock = { readonly header: Header; readonly logs: readonly RpcLog[] };

/** @param accounts Ids from 1 to this trade. @param sequence Of the market's last event before. */
export function createLogs(blocks: number, trades: number, accounts: number, sequence: bigint, random: () => number) {
  const made: LoggedBlock[] = [];
  let [parentHash, number, last] = [hashOf(0), 1n, sequence];
  for (let b = 1; b <= blocks; b++) {
    const hash = hashOf(b);
    const logs: RpcLog[] = [];
    const emit = (name: string, args: Record<string, unknown>) => {
      logs.push(logOf(name, args, { hash, number, index: logs.length, transaction: Math.floor(logs.length / 6) }));
    };
    for (let t = 0; t < trades; t++) {
      const [maker, taker] = [0, 1].map(() => 1 + Math.floor(random() * accounts)) as [number, number];
      const [long, short] = [position(maker, true, random), position(taker, false, random)];
      const common = { market: 1n };
      const order = { orderId: BigInt(t + 1), tick: 25_000n, lots: long.lots };
      const placed = { isBid: true, reduceOnly: false, leverage: 10n, expiry: 0n, clientId: 0n };
      emit("OrderPlaced", { ...common, account: BigInt(taker), ...order, ...placed, sequence: ++last });
      emit("Trade", {
        ...common,
        maker: BigInt(maker),
        taker: BigInt(taker),
        ...order,
        takerBuys: true,
        sequence: ++last,
      });
      emit("PositionChanged", { ...common, ...fieldsOf(long), sequence: ++last });
      emit("PositionChanged", { ...common, ...fieldsOf(short), sequence: ++last });
      emit("FreeCollateralChanged", { account: BigInt(maker), free: 1_000_000_000n });
      emit("MarketTotals", { ...common, pot: 10n ** 13n, openInterest: 10n ** 9n, sequence: ++last });
    }
    const bloom = emptyBloom();
    for (const { address, topics } of logs) for (const item of [address, ...topics]) addTo(bloom, item);
    made.push({ header: { number, hash, parentHash, timestamp: number, logsBloom: toHex(bloom) }, logs });
    parentHash = hash;
    number++;
  }
  return made;
}

function fieldsOf({ account, lots, cost, margin, fundingIndex }: Position) {
  return { account: BigInt(account), lots, cost, margin, fundingIndex };
}

function hashOf(n: number): Hex {
  return numberToHex(n + 1, { size: 32 });
}

function logOf(
  name: string,
  args: Record<string, unknown>,
  place: { hash: Hex; number: bigint; index: number; transaction: number },
): RpcLog {
  const event = exchangeAbi.find((item) => item.type === "event" && item.name === name) as unknown as AbiEvent;
  const plain = event.inputs.filter(({ indexed }) => !indexed);
  const log = {
    address: EXCHANGE,
    topics: encodeEventTopics({ abi: [event], args } as never) as [Hex, ...Hex[]],
    data: encodeAbiParameters(
      plain,
      plain.map((input) => args[input.name ?? ""]),
    ),
    blockHash: place.hash,
    blockNumber: numberToHex(place.number),
    logIndex: numberToHex(place.index),
    transactionIndex: numberToHex(place.transaction),
    transactionHash: numberToHex(place.transaction + 1, { size: 32 }),
    removed: false,
  };
  // as it comes out of an answer: strings of its own, parsed from text
  return JSON.parse(JSON.stringify(log)) as RpcLog;
}
