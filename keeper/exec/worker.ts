/**
 * What the keeper's loop hands its plans to. Types only.
 */
import type { Address } from "viem";
import type { MarketId } from "../core/types.ts";
import type { WorldPlan } from "../planWorld.ts";

export type Tick =
  /** Something changed: look again. `staleLists`: the local copy is suspect, too. */
  | { readonly kind: "progress"; readonly staleLists: boolean }
  /** A transaction is open, or something is due soon: look again then. */
  | { readonly kind: "waiting"; readonly ms: number }
  /** Nothing to do until something changes. */
  | { readonly kind: "idle" };

export type Worker = {
  readonly address: Address | undefined;
  /** Does what can be done now with the plan for the newest block. Throws only when the endpoint fails. */
  readonly tick: (plan: WorldPlan) => Promise<Tick>;
  /** Lists that the contract refused in a row, in this market. */
  readonly staleLists: (market: MarketId) => number;
};
