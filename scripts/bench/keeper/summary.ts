/** Median and 99th percentile of times, rounded to tenths of a microsecond. */
export function summary(taken: readonly number[]) {
  const sorted = [...taken].sort((a, b) => a - b);
  const at = (share: number) =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(4));
  return { median: at(0.5), p99: at(0.99) };
}
