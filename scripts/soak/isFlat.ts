/**
 * Whether a process's memory stays what it is: the median of the last quarter against that of the second, when it has warmed up.
 */
export function isFlat(samples: readonly number[]) {
  const quarter = Math.floor(samples.length / 4);
  const [second, last] = [median(samples.slice(quarter, 2 * quarter)), median(samples.slice(3 * quarter))];
  return { second, last, flat: quarter < FEWEST || last <= MOST_GROWTH * second + SLACK_MIB };
}

/** The garbage collector takes what it is given: a leak goes on, this does not. */
const MOST_GROWTH = 1.2;
const SLACK_MIB = 20;
const FEWEST = 10;

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);
}
