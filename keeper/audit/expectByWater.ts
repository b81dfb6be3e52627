/**
 * What a call under LeverageWaterfill had to do: the one sequence of steps, run for exactly the lots that were closed; behind it, when nobody
 * eligible is left, the principal stage. Pure.
 */
import { eligibility } from "../core/eligibility.ts";
import { fillWater, MAX_WATER_STEPS, type Water } from "../core/fillWater.ts";
import { indexKey } from "../core/indexKey.ts";
import { bankruptcyPriceAt, settle } from "../core/position.ts";
import { isBeyond } from "../core/thresholds.ts";
import type { Entry } from "../core/types.ts";
import { closeInOrder, type Place, thresholdsFor, wentOn } from "./closeInOrder.ts";
import type { DueClose, Expectation, Line, Terms } from "./expectation.ts";
import { byBankruptcyPrice } from "./queue.ts";

export function expectByWater(line: Line, terms: Terms): Expectation {
  const { bankrupt, prices, closed, budget, base } = terms;
  const region = eligibility(bankrupt.lots > 0n, bankruptcyPriceAt(bankrupt, prices.funding), prices, base);
  const thresholds = thresholdsFor(terms);
  const water = fillWater(line.ranked, region, prices, bankrupt, budget, {
    lots: closed,
    stopsAfter: (b, left, steps) =>
      steps === MAX_WATER_STEPS || (thresholds !== undefined && isBeyond(thresholds, b, prices, left)),
  });
  const members = membersOf(line, water, terms);
  const lots = members.reduce((sum, one) => sum + one.lots, 0n);
  const done = { closes: members, cover: water.cover, rest: water.bankrupt, landed: water.landed };
  if (water.end !== "dry" || lots === closed) return { ...done, findings: findingsOf(water, lots, closed) };
  const rest = { ...terms, bankrupt: water.bankrupt, closed: closed - lots, budget: budget - water.cover };
  const { closes, cover, rest: left, findings } = closeInOrder(principalAfter(line, water, base), rest, thresholds);
  return { ...done, closes: [...members, ...closes], cover: water.cover + cover, rest: left, findings };
}

function membersOf({ ranked }: Line, { members }: Water, { prices }: Terms): DueClose[] {
  return members.map(({ account, score, lots, pnl, payout, position: after }, i) => {
    // members are a head of the line, in its order
    const before = settle((ranked[i] as Line["ranked"][number]).entry, prices.funding);
    return { stage: "ranked", account, rank: i + 1, score, lots, pnl, payout, before, after };
  });
}

function findingsOf({ end, steps, missing }: Water, lots: bigint, closed: bigint): string[] {
  if (end === "stopped" && lots < closed) {
    const why = steps === MAX_WATER_STEPS ? `it had made ${steps} steps` : "rounding had carried its price over a tick";
    return [wentOn(lots, closed, why)];
  }
  return missing > 0n ? [`The call ended inside a step: ${missing} lots more belong to it`] : [];
}

/** The opposing side as the water left it: those who came down out of reach are behind whoever was in their cell. */
function principalAfter({ principal, ranked }: Line, { landed }: Water, base: number): Place[] {
  const last = [...principal, ...ranked.map(({ entry }) => entry)].reduce(
    (most, { joined }) => Math.max(most, joined),
    0,
  );
  const down = landed.map((position, i): Entry => ({ ...position, ...indexKey(position, base), joined: last + 1 + i }));
  return byBankruptcyPrice([...principal, ...down]).map((entry) => ({ entry, stage: "principal", rank: 0, score: 0n }));
}
