/**
 * What the history keeps of the clearing of a market: liquidations, deleveraging, changes of the circuit breaker. Types only.
 * Amounts are exact (bigint): quote atoms, lots, X16.
 */
import type { Hash } from "viem";
import type { BlockRef } from "../chain/connect.ts";
import type { AccountId, RankPolicy } from "../core/types.ts";

export type Place = {
  readonly block: BlockRef;
  readonly transaction: Hash;
  /** Number of the event among its market's. For a deleveraging call, of DeleverageCall. */
  readonly sequence: bigint;
};

export type LiquidationRecord = Place & {
  readonly type: "liquidation";
  readonly account: AccountId;
  readonly lots: bigint;
  readonly notional: bigint;
  readonly fee: bigint;
  /** The mark. */
  readonly price: bigint;
  readonly caller: string;
};

export type SweepRecord = Place & {
  readonly type: "sweep";
  readonly account: AccountId;
  readonly lots: bigint;
  readonly notional: bigint;
  readonly cover: bigint;
  readonly price: bigint;
  readonly caller: string;
};

/** One counterparty closed. */
export type Close = {
  readonly stage: "ranked" | "principal";
  readonly sequence: bigint;
  readonly counterparty: AccountId;
  /** As the contract said; 0 in the principal stage. */
  readonly rank: number;
  /** × 2^64; 0 in the principal stage. */
  readonly score: bigint;
  readonly price: bigint;
  readonly lots: bigint;
  readonly pnl: bigint;
  readonly payout: bigint;
};

/** One call of stages 3 and 4, with everything that its ranking can be computed from again. */
export type DeleverageRecord = Place & {
  readonly type: "deleverage";
  readonly account: AccountId;
  readonly caller: string;
  readonly lots: bigint;
  /** X */
  readonly price: bigint;
  /** P */
  readonly mark: bigint;
  /** F that the call used; undefined when nothing was known of it. */
  readonly funding: bigint | undefined;
  /** The market's, at that time. */
  readonly rankPolicy: RankPolicy;
  readonly cover: bigint;
  readonly reward: bigint;
  /** Number of the first event of the first close: the ranking was judged by the positions before it. */
  readonly from: bigint;
  readonly closes: readonly Close[];
  /** What stage 2 took of the position in the same call. */
  readonly swept: { readonly lots: bigint; readonly notional: bigint; readonly cover: bigint } | undefined;
};

export type PreventiveRecord = Place & {
  readonly type: "preventive";
  readonly account: AccountId;
  readonly counterparty: AccountId;
  readonly rank: number;
  readonly price: bigint;
  readonly lots: bigint;
  readonly payout: bigint;
};

export type LevelRecord = Place & {
  readonly type: "level";
  readonly level: number;
  /** Pips; 0 when a guardian set it. */
  readonly ratio: bigint;
  readonly jump: bigint;
  readonly by: string | undefined;
};

export type HistoryRecord = LiquidationRecord | SweepRecord | DeleverageRecord | PreventiveRecord | LevelRecord;
