/** Gas of entry points at their worst: measured, held against the limit of one transaction, and printed as one table. */
import { expect } from "chai";
import { eventsOf, GAS, type ParsedEvent, type Venue } from "./venue.ts";

/** Of one transaction (EIP-7825). */
export const GAS_CAP = GAS.gasLimit;

type Call = Parameters<typeof eventsOf>[1];

export interface GasTable {
  /**
   * Sends a call, demands that each of the named events came so often, and that a wallet's usual margin of a quarter above what it used
   * still fits one transaction: refunds, which are at most a fifth of what runs, are then in it.
   */
  measure(venue: Venue, entry: string, what: string, call: Call, counts?: Record<string, number>): Promise<bigint>;
  /** Adds what was measured elsewhere; held against the same limit. */
  record(entry: string, what: string, gas: bigint): void;
  /** Adds a call that takes as much as one transaction can: it ran, so only its figure is kept. */
  recordFull(entry: string, what: string, gas: bigint): void;
  entries(): Set<string>;
  print(): void;
}

export function createGasTable(): GasTable {
  const rows: { entry: string; what: string; gas: number }[] = [];
  const recordFull = (entry: string, what: string, gas: bigint) => {
    rows.push({ entry, what, gas: Number(gas) });
  };
  const record = (entry: string, what: string, gas: bigint) => {
    recordFull(entry, what, gas);
    expect((gas * 5n) / 4n, `GAS-1: ${entry}, ${what}: ${gas} gas`).lessThan(GAS_CAP);
  };
  return {
    record,
    recordFull,
    entries: () => new Set(rows.map((r) => r.entry)),
    print: () => console.table(rows),
    async measure(venue, entry, what, call, counts = {}) {
      const sent = await call;
      const events = await eventsOf(venue, Promise.resolve(sent));
      const gas = await lastGas(venue);
      for (const [name, count] of Object.entries(counts))
        expect(countOf(events, name), `${what}: ${name}`).equal(count);
      record(entry, what, gas);
      return gas;
    },
  };
}

/** Gas used by the one transaction of the last block. */
export async function lastGas(venue: Venue): Promise<bigint> {
  const block = await venue.connection.ethers.provider.getBlock("latest");
  if (block?.transactions.length !== 1) throw new Error("the last block is not one transaction");
  return block.gasUsed;
}

export function countOf(events: readonly ParsedEvent[], name: string): number {
  return events.filter((e) => e.name === name).length;
}

/**
 * The largest multiple of `unit` below `most` with which a call goes through under the cap; the call must get dearer with it. In
 * units, because a call that runs out of gas is slow to simulate.
 */
export async function largestThatFits(
  attempt: (n: number) => Promise<unknown>,
  most: number,
  unit: number,
): Promise<number> {
  const fits = (n: number) =>
    attempt(n).then(
      () => true,
      () => false,
    );
  let [low, high] = [0, Math.ceil(most / unit)];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (await fits(unit * middle)) low = middle;
    else high = middle;
  }
  if (low === 0) throw new Error(`not even ${unit} fit`);
  return unit * low;
}
