/**
 * A token bucket an address. What is remembered is bounded: addresses whose bucket is full again are forgotten.
 */
export type RateLimit = {
  /** Whether one more request of this address is within the limit; takes it if so. */
  readonly allows: (address: string, now: number) => boolean;
};

/** More addresses at once than this, and the fullest buckets are dropped. About 5 MB. */
const MAX_ADDRESSES = 50_000;

/** @param perMinute Requests that an address may make in a minute; also how many at once. */
export function createRateLimit(perMinute: number): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();
  const perMs = perMinute / 60_000;

  function allows(address: string, now: number): boolean {
    const bucket = buckets.get(address) ?? { tokens: perMinute, at: now };
    const tokens = Math.min(perMinute, bucket.tokens + (now - bucket.at) * perMs);
    const allowed = tokens >= 1;
    // the newest last, so that the first ones are those seen longest ago
    buckets.delete(address);
    buckets.set(address, { tokens: allowed ? tokens - 1 : tokens, at: now });
    if (buckets.size > MAX_ADDRESSES) sweep(now);
    return allowed;
  }

  function sweep(now: number): void {
    for (const [address, { tokens, at }] of buckets) {
      if (tokens + (now - at) * perMs < perMinute && buckets.size <= MAX_ADDRESSES) break;
      buckets.delete(address);
    }
  }

  return { allows };
}
