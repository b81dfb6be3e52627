/**
 * Everything the keeper says about itself, one object a line. The `type` and the fields are what other programs read (--json).
 */
import type { Hash } from "viem";
import type { EndpointHealth } from "../chain/createRpcPool.ts";
import type { Plan, Skip } from "../core/plan.ts";
import type { AccountId, MarketId } from "../core/types.ts";
import type { Warning } from "../core/warnOf.ts";
import type { Outcome } from "../exec/outcome.ts";

export type KeeperEvent =
  | {
      readonly type: "started";
      readonly mode: "observe" | "armed";
      readonly chainId: number;
      readonly exchange: string;
      readonly keeper: string | undefined;
    }
  | { readonly type: "snapshot"; readonly block: bigint; readonly markets: number; readonly positions: number }
  | { readonly type: "reorg"; readonly block: bigint; readonly depth: number }
  /** The local copy was not read from the chain, but from the local database, at this block. */
  | { readonly type: "resumed"; readonly block: bigint; readonly positions: number }
  /** Something is wrong that a person should know of, although the keeper goes on (or, after a refused reorganisation, stops). */
  | { readonly type: "alert"; readonly block: bigint; readonly reason: string; readonly details: readonly string[] }
  /** An endpoint began to lag or to fail, or recovered. */
  | {
      readonly type: "endpoint";
      readonly name: string;
      readonly status: EndpointHealth["status"];
      readonly lag: bigint | undefined;
      readonly trouble: string | undefined;
    }
  /** So many accounts are bankrupt after a further move of the price. */
  | { readonly type: "warning"; readonly block: bigint; readonly market: MarketId; readonly warning: Warning }
  | { readonly type: "reconciled"; readonly block: bigint; readonly differences: readonly string[] }
  /** A feed announced a price. `round` is Chainlink's round, or the publish time of a Pyth update. */
  | {
      readonly type: "answer";
      readonly block: bigint;
      readonly market: MarketId;
      readonly round: bigint;
      readonly answer: bigint;
    }
  /** The price that the exchange uses changed. `price` is X16, `text` for people. */
  | {
      readonly type: "price";
      readonly block: bigint;
      readonly market: MarketId;
      readonly price: bigint;
      readonly text: string;
    }
  /** The circuit breaker's level changed: 0 normal, 1 cautious, 2 reduce-only. */
  | { readonly type: "level"; readonly block: bigint; readonly market: MarketId; readonly level: number }
  /** An event of this market never arrived: the local copy was thrown away. */
  | { readonly type: "gap"; readonly block: bigint; readonly market: string }
  /** A whole market is left alone. */
  | { readonly type: "skip"; readonly block: bigint; readonly skip: Skip }
  /** What would be done, in mode observe. */
  | { readonly type: "plan"; readonly block: bigint; readonly plan: Plan }
  | { readonly type: "attempt"; readonly block: bigint; readonly plan: Plan; readonly outcome: Outcome }
  /** Somebody else did the work. */
  | {
      readonly type: "seen";
      readonly block: bigint;
      readonly event: string;
      readonly market: MarketId;
      readonly account: AccountId;
      readonly lots: bigint;
      readonly hash: Hash;
    }
  /** Nothing more to do at this block; `waiting` plans are held back or, in mode observe, only shown. */
  | { readonly type: "idle"; readonly block: bigint; readonly waiting: number }
  /** The address of the API and the page. */
  | { readonly type: "serving"; readonly url: string }
  | { readonly type: "trouble"; readonly reason: string; readonly retryMs: number }
  | { readonly type: "stopped" };

export type Log = (event: KeeperEvent) => void;
