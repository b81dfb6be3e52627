/**
 * Which contracts announce the markets' prices, at one block. Their logs are a hint that a price moved; the price itself is always read
 * from the exchange. A Chainlink feed is a proxy, and the aggregator behind it, which emits the logs, can be exchanged: so this is asked
 * again and again.
 */
import { type Address, zeroAddress } from "viem";
import { exchangeAt } from "../chain/atBlock.ts";
import type { BlockRef, Chain } from "../chain/connect.ts";
import { contractError } from "../chain/contractError.ts";
import type { ListedMarket } from "../chain/readMarket.ts";
import type { MarketId } from "../core/types.ts";
import { sourceAbi } from "./feedAbi.ts";
import { emittersOf, type PriceSource } from "./source.ts";

export type Feeds = {
  readonly sources: ReadonlyMap<MarketId, PriceSource>;
  /** Markets by the (lower case) address that announces prices for them. */
  readonly emitters: ReadonlyMap<string, readonly MarketId[]>;
};

export async function resolveFeeds(chain: Chain, block: BlockRef, markets: readonly ListedMarket[]): Promise<Feeds> {
  const found = await Promise.all(markets.map(({ source }) => resolveSource(chain, block, source)));
  const sources = new Map(markets.map(({ parameters }, i) => [parameters.id, found[i] as PriceSource]));
  const emitters = new Map<string, MarketId[]>();
  for (const [market, source] of sources) {
    for (const emitter of emittersOf(source)) emitters.set(emitter, [...(emitters.get(emitter) ?? []), market]);
  }
  return { sources, emitters };
}

async function resolveSource(chain: Chain, block: BlockRef, address: Address, depth = 0): Promise<PriceSource> {
  const ask = <Name extends Names>(name: Name, of = address) => read(chain, block, of, name);
  const [proxy, pyth, primary] = await Promise.all([ask("aggregator"), ask("pyth"), ask("primary")]);
  if (proxy !== undefined) {
    const [aggregator, decimals, heartbeat, feed, grace] = await Promise.all([
      ask("aggregator", proxy),
      ask("decimals", proxy),
      ask("heartbeat"),
      ask("sequencerFeed"),
      ask("sequencerGrace"),
    ]);
    if (decimals === undefined || heartbeat === undefined) return { kind: "other", address };
    const onRollup = feed !== undefined && feed !== zeroAddress;
    const sequencer = onRollup ? { sequencer: { feed, grace: grace ?? 0n } } : {};
    return { kind: "chainlink", address, proxy, aggregator: aggregator ?? proxy, decimals, heartbeat, ...sequencer };
  }
  if (pyth !== undefined) {
    const [window, maxConfidenceRate] = await Promise.all([ask("window"), ask("maxConfidenceRate")]);
    if (window === undefined || maxConfidenceRate === undefined) return { kind: "other", address };
    return { kind: "pyth", address, window, maxConfidenceRate };
  }
  // sources of sources are one deep
  if (primary !== undefined && depth === 0) {
    const [other, band, maxReferenceAge] = await Promise.all([
      ask("referenceSource"),
      ask("band"),
      ask("maxReferenceAge"),
    ]);
    if (other === undefined || band === undefined || maxReferenceAge === undefined) return { kind: "other", address };
    const [first, reference] = await Promise.all([
      resolveSource(chain, block, primary, 1),
      resolveSource(chain, block, other, 1),
    ]);
    return { kind: "bounded", address, primary: first, reference, band, maxReferenceAge };
  }
  return { kind: "other", address };
}

type Names = Exclude<(typeof sourceAbi)[number]["name"], "latestRoundData">;
type Answers = {
  [K in Names]: K extends "aggregator" | "pyth" | "primary" | "referenceSource" | "sequencerFeed"
    ? Address
    : K extends "decimals"
      ? number
      : bigint;
};

/** Undefined when the contract has no such function, which is the question. */
async function read<Name extends Names>(
  chain: Chain,
  block: BlockRef,
  address: Address,
  functionName: Name,
): Promise<Answers[Name] | undefined> {
  const call = { ...exchangeAt(chain, block), address, abi: sourceAbi, functionName } as const;
  return (chain.client.readContract(call) as Promise<Answers[Name]>).catch((error: unknown) => {
    if (contractError(error) === undefined && !hasNoSuchFunction(error)) throw error;
    return undefined;
  });
}

function hasNoSuchFunction(error: unknown): boolean {
  return (
    error instanceof Error && error.name === "ContractFunctionExecutionError" && /returned no data/.test(error.message)
  );
}
