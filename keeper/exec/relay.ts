/**
 * A private way for transactions: an endpoint that shows them to block builders and not to the mempool. It may take them and never include them, so it is
 * trusted for some blocks only; then they go the public way, too.
 */
import { createPublicClient, type Hex, http } from "viem";

export type Relay = {
  /** Throws what the relay says. */
  readonly submit: (raw: Hex) => Promise<unknown>;
  /** Blocks after the signing of an intent's first transaction, in which nobody else is shown any of its. */
  readonly blocks: number;
};

const TIMEOUT_MS = 5_000;

export function createRelay(url: string | undefined, blocks: number): Relay | undefined {
  if (url === undefined) return undefined;
  const client = createPublicClient({ transport: http(url, { retryCount: 0, timeout: TIMEOUT_MS }) });
  return { submit: (serializedTransaction) => client.sendRawTransaction({ serializedTransaction }), blocks };
}
