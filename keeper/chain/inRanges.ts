/**
 * Reads a stretch of blocks range by range. Endpoints limit blocks, logs and bytes, each in words of its own: whatever one refuses is asked for
 * again in halves, and the rest in ranges of the size that it took.
 */
import { BaseError, HttpRequestError, TimeoutError } from "viem";

export type Ranges<T> = {
  readonly from: bigint;
  readonly to: bigint;
  /** Blocks a request at most. */
  readonly size: bigint;
  readonly read: (from: bigint, to: bigint) => Promise<T>;
};

/** In order, and without gaps. Throws what a single block was refused with, and at once what no smaller range would mend. */
export async function* inRanges<T>({ from, to, size, read }: Ranges<T>): AsyncGenerator<T> {
  let blocks = size;
  for (let first = from; first <= to; ) {
    const last = first + blocks - 1n < to ? first + blocks - 1n : to;
    let found: { readonly value: T } | undefined;
    try {
      found = { value: await read(first, last) };
    } catch (error) {
      if (last === first || isUnreachable(error)) throw error;
    }
    if (found === undefined) blocks = (last - first + 1n) / 2n;
    else {
      yield found.value;
      first = last + 1n;
    }
  }
}

/** Nobody is there, or does not answer, or we ask too often. */
function isUnreachable(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false;
  const found = error.walk((e) => e instanceof HttpRequestError || e instanceof TimeoutError);
  if (found instanceof HttpRequestError) return found.status === undefined || found.status === 429;
  return found instanceof TimeoutError;
}
