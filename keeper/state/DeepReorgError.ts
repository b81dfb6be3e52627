/**
 * The endpoints tell of a chain that parts from ours deeper than any reorganisation that we accept. Nearly always that is an endpoint on another fork, or one
 * that is still syncing, and acting on it would be worse than not acting: the keeper stops, and a person looks.
 */
import { KeeperError } from "../errors.ts";

export class DeepReorgError extends KeeperError {
  override readonly name = "DeepReorgError";
  /** Our newest block. */
  readonly tip: bigint;

  constructor(depth: bigint, limit: number, tip: bigint) {
    super(`Refused a reorganisation of ${depth} blocks or more from block ${tip}`, {
      details: `the limit is ${limit} (MAX_REORG); check the endpoints, then start again: the keeper begins with a snapshot`,
    });
    this.tip = tip;
  }
}
