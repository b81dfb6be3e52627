/**
 * What the audit reads and what it says. Types only.
 */
import type { ParseEventLogsReturnType } from "viem";
import type { exchangeAbi } from "../chain/abi.ts";
import type { WithoutPlace } from "../chain/readEvents.ts";
import type { MarketState } from "../core/marketState.ts";
import type { AccountId, MarketId, RankPolicy } from "../core/types.ts";
import type { ExpectedClose } from "./expectation.ts";
import type { RestingOrder } from "./restingOrders.ts";
import type { Difference } from "./wrongedAndSpared.ts";

type Decoded = ParseEventLogsReturnType<typeof exchangeAbi, undefined, true>[number];
export type AuditLog = WithoutPlace<Decoded>;
export type AuditLogOf<Name extends AuditLog["eventName"]> = Extract<AuditLog, { eventName: Name }>;

/** The exchange's events of one transaction, in their order, and the second of its block. */
export type AuditTransaction = {
  readonly hash: string;
  readonly block: bigint;
  readonly timestamp: bigint;
  readonly logs: readonly AuditLog[];
};

/** Of MarketConfigured, what deleveraging depends on. */
export type AuditParameters = {
  readonly rankPolicy: RankPolicy;
  readonly tickValue: bigint;
  readonly slippageRate: bigint;
  readonly liquidationFeeRate: bigint;
  readonly lotsPerUnit: bigint;
  readonly dailyCoverCap: bigint;
  /** Seconds. */
  readonly maturity: bigint;
};

/** One market, from events alone. */
export type AuditMarket = {
  readonly id: MarketId;
  readonly state: MarketState;
  readonly orders: Map<bigint, RestingOrder>;
  parameters: AuditParameters | undefined;
  /** Of the last event. */
  sequence: bigint;
  /** F as last accrued, X16. */
  funding: bigint;
  /** Bankrupt account being resolved, 0 for none. */
  taken: AccountId;
  /** When each position last grew or gave margin back, seconds. */
  readonly grownAt: Map<AccountId, bigint>;
  /** What the fund paid on this day (UTC, number), quote atoms. */
  cover: { readonly day: bigint; readonly drawn: bigint };
};

export type AuditWorld = {
  readonly markets: Map<MarketId, AuditMarket>;
  /** The fund's claim, quote atoms. */
  insurance: bigint;
};

/** sweep: the book took all that the call closed. deleverage: counterparties were closed. preventive: at the mark, before bankruptcy. */
export type CallKind = "sweep" | "deleverage" | "preventive";

export type CallVerdict = {
  readonly kind: CallKind;
  readonly transaction: string;
  readonly block: bigint;
  readonly market: MarketId;
  /** Number of the call's last event of its own among the market's. */
  readonly sequence: bigint;
  /** The account that was resolved or reduced. */
  readonly account: AccountId;
  readonly isLong: boolean;
  /** Lots closed against counterparties, and what the book took before, in the same call. */
  readonly lots: bigint;
  readonly sweptLots: bigint;
  /** X (for preventive calls the mark), and P. X16. */
  readonly price: bigint;
  readonly mark: bigint;
  readonly counterparties: number;
  readonly right: boolean;
  readonly findings: readonly string[];
  readonly wronged: readonly Difference[];
  readonly spared: readonly Difference[];
  readonly expected: readonly ExpectedClose[];
  readonly eligible: number;
};
