/**
 * What a drill found. Types only: the same data is printed as text and as JSON.
 */
import type { Address, Hash } from "viem";
import type { Plan } from "../core/plan.ts";
import type { AccountId, MarketId } from "../core/types.ts";
import type { Outcome } from "../exec/outcome.ts";
import type { MarketTally } from "./createTally.ts";
import type { Finding } from "./checkSolvency.ts";

/** `cleared`: nothing was left to do. Otherwise what ended it first. */
export type DrillEnd = "cleared" | "stalled" | "blocks" | "time" | "interrupted";

export type Underwater = {
  /** Below maintenance and solvent. */
  readonly liquidatable: number;
  readonly bankrupt: number;
  /** What the bankrupt ones lack, quote atoms. */
  readonly deficit: bigint;
};

export type MarketDrill = {
  readonly market: MarketId;
  readonly name: string;
  /** X16; undefined when the contract had no usable price. */
  readonly before: bigint | undefined;
  readonly after: bigint;
  readonly positions: number;
  /** In the shock's own block, before the keeper did anything; and at the end. */
  readonly shocked: Underwater;
  readonly end: Underwater;
  readonly tally: MarketTally;
};

/** Work that was due and not done. */
export type Left = {
  readonly market: MarketId;
  readonly account: AccountId | undefined;
  /** Of the position; or the plan that nobody could carry out. */
  readonly what: "bankrupt" | "liquidatable" | Plan["kind"];
  /** Signed. */
  readonly lots: bigint | undefined;
  /** Quote atoms. */
  readonly equity: bigint | undefined;
  readonly reason: string;
  /** The contract's error in words, where it was one. */
  readonly meaning: string | undefined;
};

export type Call = {
  readonly block: bigint;
  readonly market: MarketId;
  readonly kind: Plan["kind"];
  /** The account that was resolved, 0 for none. */
  readonly account: AccountId;
  readonly outcome: Outcome["kind"];
  readonly reason: string | undefined;
  readonly lots: bigint;
  readonly counterparties: number;
  readonly gas: bigint;
  readonly hash: Hash;
};

export type DrillReport = {
  /** The chain's newest block before and after; where it was put back to. */
  readonly block: bigint;
  readonly keeper: Address;
  readonly ended: DrillEnd;
  /** Nothing is left and every finding holds. */
  readonly cleared: boolean;
  readonly blocks: number;
  /** Blocks after the shock's in which the last call had its effect; 0 when none had. */
  readonly lastEffect: number;
  /** The chain's clock, and this machine's. */
  readonly chainSeconds: number;
  readonly wallMs: number;
  readonly markets: readonly MarketDrill[];
  readonly left: readonly Left[];
  /** Quote atoms. `drawn` is what forced closes took out; fees came in meanwhile. */
  readonly insurance: { readonly before: bigint; readonly after: bigint; readonly drawn: bigint };
  readonly gas: { readonly used: bigint; readonly wasted: bigint; readonly most: bigint };
  readonly calls: readonly Call[];
  readonly findings: readonly Finding[];
};
