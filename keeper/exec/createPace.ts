/**
 * How far the time of a block has run: when the newest one was seen, and how long blocks last here. Measured, because chains differ and tell nobody.
 */
import type { Hash } from "viem";

export type Pace = {
  readonly see: (hash: Hash) => void;
  /** When the newest block was seen. */
  readonly since: () => number;
  /** Whether the next block is so near that what is signed now would meet those whose turn it is then. */
  readonly isEnding: () => boolean;
};

/** Of the usual time between two blocks. */
const ENDS_AT = 0.7;
/** A block that is so late tells that there is no usual time: somebody makes blocks when he likes. */
const OVERDUE_AT = 3;
const SAMPLES = 9;
const FEWEST = 3;

export function createPace(now: () => number): Pace {
  const times: number[] = [];
  let newest: { readonly hash: Hash; readonly ms: number } | undefined;

  function see(hash: Hash): void {
    if (newest?.hash === hash) return;
    const ms = now();
    if (newest !== undefined) times.push(ms - newest.ms);
    if (times.length > SAMPLES) times.shift();
    newest = { hash, ms };
  }

  function isEnding(): boolean {
    if (newest === undefined || times.length < FEWEST) return false;
    const usual = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
    const passed = now() - newest.ms;
    return passed > ENDS_AT * usual && passed < OVERDUE_AT * usual;
  }

  return { see, since: () => newest?.ms ?? now(), isEnding };
}
