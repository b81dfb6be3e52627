/**
 * What the fund could pay is not in the evidence; what it paid is. The sizes of a waterfill depend on the former: so it is looked for, as the
 * lowest and the highest amount with which the fund would have paid exactly what it paid. Undefined when there is none. Pure.
 *
 * @param paid Quote atoms. @param most More than it can ever have to pay. @param paidWith What it pays if it can pay so much; it never falls.
 */
export function budgetRange(
  paid: bigint,
  most: bigint,
  paidWith: (budget: bigint) => bigint,
): readonly [bigint, bigint] | undefined {
  const low = lowest(most, (budget) => paidWith(budget) >= paid);
  if (low === undefined || paidWith(low) !== paid) return undefined;
  const above = lowest(most, (budget) => paidWith(budget) > paid);
  return [low, above === undefined ? most : above - 1n];
}

/** The least whole number up to `most` for which it holds, if it goes on holding. */
function lowest(most: bigint, holds: (value: bigint) => boolean): bigint | undefined {
  if (!holds(most)) return undefined;
  let [low, high] = [0n, most];
  while (low < high) {
    const middle = (low + high) / 2n;
    if (holds(middle)) high = middle;
    else low = middle + 1n;
  }
  return low;
}
