/**
 * The standard deviation of an hour's return, pips, from the contract's variance (RiskView.variance: of the log return, per second,
 * × 1e18): √(3600 · variance / 1e18) · 1e6, rounded down.
 */
export function hourlyVolatility(variance: bigint): bigint {
  return squareRoot((variance * 3600n) / 1_000_000n);
}

/** ⌊√x⌋ by Newton's method from above. */
function squareRoot(x: bigint): bigint {
  if (x < 2n) return x;
  let root = 1n << BigInt((x.toString(2).length + 1) >> 1);
  while (true) {
    const next = (root + x / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
