/**
 * A market behind the API without a chain: a world that a test changes block by block, and the readings that the board asks for.
 */
import { type Hash, keccak256, toHex } from "viem";
import { type HistoryLimits, LIMITS } from "../../../../keeper/api/createHistory.ts";
import { startServer } from "../../../../keeper/api/startServer.ts";
import type { BlockRef, Chain } from "../../../../keeper/chain/connect.ts";
import { positionChangeOf } from "../../../../keeper/chain/positionChangeOf.ts";
import type { ChainEvent } from "../../../../keeper/chain/readEvents.ts";
import { applyChange } from "../../../../keeper/core/applyChange.ts";
import type { Position, Prices } from "../../../../keeper/core/types.ts";
import type { WorldPlan } from "../../../../keeper/planWorld.ts";
import type { World } from "../../../../keeper/state/world.ts";
import { CONFIG, EMPTY_MARKET, RISK } from "../../helpers/chainMarket.ts";
import { MARK, marketOf, PARAMETERS } from "../../helpers/market.ts";

export type FakeEvent = { readonly eventName: string; readonly args: Readonly<Record<string, unknown>> };

export type FakeMarketOptions = {
  readonly corsOrigins?: readonly string[];
  readonly rateLimit?: number;
  readonly limits?: HistoryLimits;
};

export async function createFakeMarket(positions: readonly Position[], options: FakeMarketOptions = {}) {
  const { corsOrigins = [], rateLimit = 1_000_000, limits = LIMITS } = options;
  const state = marketOf(positions);
  let prices: Prices = { price: MARK, funding: 0n };
  let sequence = 0n;
  let salt = 0;
  const blockAfter = (parent: BlockRef | undefined): BlockRef => {
    const number = (parent?.number ?? 99n) + 1n;
    const hash = keccak256(toHex(`${number} ${salt++}`)) as Hash;
    return { number, hash, parentHash: parent?.hash ?? hash, timestamp: 1_760_000_000n + number };
  };
  const first = blockAfter(undefined);
  const frames: { block: BlockRef; undos: [] }[] = [{ block: first, undos: [] }];
  const market = { parameters: PARAMETERS, source: CONFIG.source, state } as const;
  const world: World = { markets: new Map([[1, market]]), feeds: { sources: new Map(), emitters: new Map() }, frames };
  const read: Record<string, (args: readonly unknown[]) => unknown> = {
    marketAt: () => ({ ...EMPTY_MARKET, openInterest: 10n, fundingIndex: prices.funding }),
    marketConfig: () => ({ ...CONFIG, dailyCoverCap: 100_000_000n }),
    riskConfig: () => RISK,
    insuranceBalance: () => 50_000_000n,
    riskAt: () => ({
      ...{ level: 1, stepped: 1, guardian: 0, ratio: 20_000n, calmAt: 0n, variance: 10n ** 10n },
      ...{ initialRate: 50_000n, growth: 5n, preventiveLots: 0n },
    }),
    depth: ([, isBid]) => [
      0n,
      isBid === true ? [{ tick: 5_990_000n, lots: 3n, orders: 1n }] : [{ tick: 6_010_000n, lots: 2n, orders: 1n }],
      0n,
    ],
  };
  const client = {
    readContract: ({ functionName, args = [] }: { functionName: string; args?: readonly unknown[] }) =>
      Promise.resolve(read[functionName]?.(args)),
  };
  const chain = { client, chainId: 31337, deployment: { exchange: "0x", lens: "0x" } } as unknown as Chain;
  const server = await startServer({ chain, host: "127.0.0.1", port: 0, corsOrigins, rateLimit, limits });

  async function announce(events: readonly FakeEvent[], blocks: readonly BlockRef[], snapshot: boolean, back = 0) {
    const block = frames.at(-1)?.block ?? first;
    const found = events.map((event) => ({
      ...event,
      args: { market: 1n, ...event.args },
      blockHash: block.hash,
      transactionHash: block.hash,
      blockNumber: block.number,
    }));
    const advance = { events: found as unknown as ChainEvent[], blocks, applied: blocks.length, rolledBack: back };
    server.onAdvance({ world, snapshot, ...advance });
    const view = {
      ...{ parameters: PARAMETERS, state, taken: 0, now: block.timestamp, touch: { bestBid: 0n, bestAsk: 0n } },
      ...{ level: 0, preventiveLots: 0n, free: new Map() },
      prices: { ok: true as const, accrued: prices.funding, ...prices },
    };
    const plan: WorldPlan = {
      block,
      markets: [{ view, plans: [], skips: [], openInterest: 10n } as never],
      missed: [],
    };
    server.onPlan(plan);
    await server.settled();
  }

  await announce([], [], true);
  return {
    server,
    /** The newest block. */
    head: () => frames.at(-1)?.block ?? first,
    setPrices: (next: Prices) => {
      prices = next;
    },
    /** Numbers an event. */
    next: () => ++sequence,
    /** A block with these events. */
    async mine(events: readonly FakeEvent[]): Promise<void> {
      const block = blockAfter(frames.at(-1)?.block);
      frames.push({ block, undos: [] });
      for (const event of events) {
        const change = positionChangeOf(event as unknown as ChainEvent);
        if (change !== undefined) applyChange(state, change);
      }
      await announce(events, [block], false);
    },
    /** Takes the newest block back, and puts another one there. `undo` restores the positions. */
    async reorganise(undo: readonly Position[]): Promise<void> {
      frames.pop();
      for (const position of undo) applyChange(state, position);
      const block = blockAfter(frames.at(-1)?.block);
      frames.push({ block, undos: [] });
      await announce([], [block], false, 1);
    },
    get: async (path: string, init?: RequestInit) => {
      const response = await fetch(`${server.url}${path}`, init);
      return { response, body: (await response.json()) as never };
    },
  };
}
