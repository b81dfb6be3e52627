/**
 * Counterparties closed whole, one after the other, as far as a call closed lots and a threshold lets it go on. Pure.
 */
import { abs } from "../core/integers.ts";
import { isBeyond, type Thresholds, thresholdsOf } from "../core/thresholds.ts";
import type { Entry } from "../core/types.ts";
import type { DueClose, Expectation, Stage, Terms } from "./expectation.ts";
import { predictClosings } from "./predictClosings.ts";

/** One in line. */
export type Place = { readonly entry: Entry; readonly stage: Stage; readonly rank: number; readonly score: bigint };

/** @param thresholds Of the position with which the call began. */
export function closeInOrder(
  places: readonly Place[],
  { bankrupt, prices, closed, budget }: Terms,
  thresholds: Thresholds | undefined,
): Expectation {
  const queue = places.map(({ entry }) => entry);
  const { closings } = predictClosings(bankrupt, queue, budget, prices, closed);
  const closes: DueClose[] = [];
  const findings: string[] = [];
  let [rest, cover, lots] = [bankrupt, 0n, 0n];
  for (const [i, closing] of closings.entries()) {
    if (i > 0 && thresholds !== undefined && isBeyond(thresholds, rest, prices, budget - cover)) {
      findings.push(wentOn(lots, closed, "rounding had carried its price over a tick"));
      break;
    }
    const { entry, ...place } = places[i] as Place;
    const payout = closing.pay > 0n ? closing.pay : 0n;
    const { counterparty: before, rest: after, pnl } = closing;
    closes.push({ ...place, account: entry.account, lots: closing.lots, pnl, payout, before, after });
    cover += closing.cover;
    lots += closing.lots;
    rest = closing.bankruptAfter;
  }
  const last = closes.at(-1);
  if (last !== undefined && rest.lots !== 0n && last.after.lots !== 0n)
    findings.push(`The call ended inside account ${last.account}, of which ${abs(last.after.lots)} lots are left`);
  return { closes, cover, rest, findings, landed: [] };
}

export function thresholdsFor({ bankrupt, prices, budget, base, tickValue }: Terms): Thresholds | undefined {
  return tickValue === undefined ? undefined : thresholdsOf(bankrupt, prices, budget, { base, tickValue });
}

export function wentOn(lots: bigint, closed: bigint, why: string): string {
  return `The call had to end after ${lots} lots, because ${why}, and it closed ${closed}`;
}
