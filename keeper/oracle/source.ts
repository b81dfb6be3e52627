/**
 * What is behind a market's price. The addresses and bounds of a source never change; the aggregator behind a Chainlink proxy does.
 */
import type { Address } from "viem";

export type PriceSource =
  | {
      readonly kind: "chainlink";
      readonly address: Address;
      /** The feed that the source asks: a proxy, or an aggregator itself. */
      readonly proxy: Address;
      /** Who emits `AnswerUpdated` at the block it was resolved at. */
      readonly aggregator: Address;
      readonly decimals: number;
      /** Seconds. */
      readonly heartbeat: bigint;
      readonly sequencer?: { readonly feed: Address; readonly grace: bigint };
    }
  | { readonly kind: "pyth"; readonly address: Address; readonly window: bigint; readonly maxConfidenceRate: bigint }
  | {
      readonly kind: "bounded";
      readonly address: Address;
      readonly primary: PriceSource;
      readonly reference: PriceSource;
      /** Pips. */
      readonly band: bigint;
      readonly maxReferenceAge: bigint;
    }
  /** Of no kind that the keeper knows: its price is read from the exchange, and nothing announces it. */
  | { readonly kind: "other"; readonly address: Address };

/** Lower-case addresses of everybody who announces a new price of the source, or another aggregator. */
export function emittersOf(source: PriceSource): string[] {
  switch (source.kind) {
    case "chainlink":
      return [...new Set([source.aggregator.toLowerCase(), source.proxy.toLowerCase()])];
    case "pyth":
      return [source.address.toLowerCase()];
    case "bounded":
      return [...emittersOf(source.primary), ...emittersOf(source.reference)];
    case "other":
      return [];
  }
}
