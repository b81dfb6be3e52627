/**
 * What a transaction offers for gas, what its replacement must offer, and what neither may exceed. Pure.
 */

export type Fees = { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint };

/** Twice the base fee outlasts about six full blocks of rising base fees. */
const BASE_FEE_MULTIPLE = 2n;
/** A quarter more is comfortably above the nodes' minimum for a replacement: 10 % (geth, reth, EDR), 12.5 % (Nethermind). */
const BUMP_PERCENT = 125n;
/** When the budget does not reach that far: an eighth, and one wei against rounding. */
const LEAST_BUMP_PERMILLE = 1_125n;

export function freshFees(baseFee: bigint, maxPriorityFeePerGas: bigint): Fees {
  return { maxFeePerGas: baseFee * BASE_FEE_MULTIPLE + maxPriorityFeePerGas, maxPriorityFeePerGas };
}

/** @returns At least a quarter more on both fields: nodes ask for it on each. */
export function bumpFees(previous: Fees, fresh: Fees): Fees {
  const bump = (old: bigint, now: bigint) => max(now, (old * BUMP_PERCENT) / 100n + 1n);
  return {
    maxFeePerGas: bump(previous.maxFeePerGas, fresh.maxFeePerGas),
    maxPriorityFeePerGas: bump(previous.maxPriorityFeePerGas, fresh.maxPriorityFeePerGas),
  };
}

/**
 * Fees within a budget.
 * @param cap Most wei per gas that the budget allows.
 * @param previous What is to be replaced, if anything: then both fields must rise by an eighth at least.
 * @param baseFee A first transaction that cannot pay it is not worth sending.
 * @returns Undefined when that does not fit.
 */
export function withinCap(wanted: Fees, cap: bigint, previous: Fees | undefined, baseFee: bigint): Fees | undefined {
  const maxFeePerGas = min(wanted.maxFeePerGas, cap);
  const fees = { maxFeePerGas, maxPriorityFeePerGas: min(wanted.maxPriorityFeePerGas, maxFeePerGas) };
  if (previous === undefined) return maxFeePerGas < baseFee ? undefined : fees;
  const enough = (now: bigint, old: bigint) => now >= (old * LEAST_BUMP_PERMILLE) / 1_000n + 1n;
  const replaces =
    enough(fees.maxFeePerGas, previous.maxFeePerGas) &&
    enough(fees.maxPriorityFeePerGas, previous.maxPriorityFeePerGas);
  return replaces ? fees : undefined;
}

/** The higher of each field. */
export function highest(all: readonly Fees[]): Fees | undefined {
  if (all.length === 0) return undefined;
  return {
    maxFeePerGas: all.map((fees) => fees.maxFeePerGas).reduce(max),
    maxPriorityFeePerGas: all.map((fees) => fees.maxPriorityFeePerGas).reduce(max),
  };
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
