/**
 * Everything the keeper says about itself, one object a line. The `type` and the fields are what other programs read (--json).
 */
import type { Hash } from "viem";
import type { EndpointHealth } from "../chain/createRpcPool.ts";
import type { Plan, Skip } from "../core/plan.ts";
import type { AccountId, MarketId } from "../core/types.ts";
import type { Warning } from "../core/warnOf.ts";
import type { Outcome } from "../exec/outcome.ts";
import type { ShadowReport, ShadowScore } from "../exec/createShadow.ts";

export type KeeperEvent =
  | {
      readonly type: "started";
      readonly mode: "observe" | "shadow" | "armed";
      readonly chainId: number;
      readonly exchange: string;
      readonly keeper: string | undefined;
    }
  | { readonly type: "snapshot"; readonly block: bigint; readonly markets: number; readonly positions: number }
  | { readonly type: "reorg"; readonly block: bigint; readonly depth: number }
  /** The local copy was not read from the chain, but from the local database, at this block. */
  | { readonly type: "resumed"; readonly block: bigint; readonly positions: number }
  /** What was found is not as it should be. The keeper goes on; an alert tells a person of it. */
  | { readonly type: "anomaly"; readonly block: bigint; readonly reason: string; readonly details: readonly string[] }
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
  /** What became of a transaction between its signature and its last confirmation. */
  | {
      readonly type: "tx";
      readonly what: "final" | "unmined" | "external" | "bumped" | "cancelling" | "abandoned" | "stuck";
      readonly block: bigint;
      /** Its number in the journal. */
      readonly intent: number;
      readonly nonce: number;
      readonly hash: Hash;
      readonly plan: Plan;
      readonly reason?: string;
    }
  /** All sending stopped, or began again. */
  | { readonly type: "breaker"; readonly block: bigint; readonly open: boolean; readonly reason: string }
  /** Mode shadow: how a piece of work compares with what we would have done. */
  | {
      readonly type: "shadow";
      readonly what: ShadowScore;
      readonly block: bigint;
      readonly market: MarketId;
      readonly account: AccountId;
      readonly kind: Plan["kind"];
      /** Blocks after the one that did it in which ours would have been; negative when ours would have been first. */
      readonly late: number;
    }
  | { readonly type: "shadowReport"; readonly block: bigint; readonly report: ShadowReport }
  /** Something that an operator has to know, or does not have to know any more. */
  | {
      readonly type: "alert";
      readonly key: string;
      readonly state: "raised" | "cleared";
      readonly severity: "page" | "warn";
      readonly text: string;
    }
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
