/**
 * What `replay` prints of a block, as lines for a terminal or as data. The text repeats neither a plan nor a skip that was there in the block before.
 */
import type { MarketParameters } from "../core/types.ts";
import { planKey, type Skip } from "../core/plan.ts";
import { formatLots, formatPrice } from "../ops/format.ts";
import { formatEvent, formatPlan } from "../ops/formatEvent.ts";
import type { PlannedMarket } from "../planWorld.ts";
import type { Happening } from "../replay/happeningOf.ts";
import type { ReplayedBlock, ReplayReport } from "../replay/runReplay.ts";

export function replayJson({ block, happened, scores, markets, troubles }: ReplayedBlock) {
  return {
    type: "block",
    block,
    happened,
    scores: scores.map(({ type: _type, block: _block, ...score }) => score),
    markets: markets.map(({ view, plans, skips }) => ({
      market: view.parameters.id,
      name: view.parameters.name,
      prices: view.prices,
      plans,
      skips,
    })),
    troubles,
  };
}

export function createReplayText() {
  /** Of the block before. */
  let known = new Set<string>();
  const prices = new Map<number, string>();
  const names = new Map<number, MarketParameters>();
  const nameOf = (market: number) => names.get(market)?.name ?? `market ${market}`;

  /** Nothing for a block in which nothing is new. */
  function block({ block: number, happened, scores, markets, troubles }: ReplayedBlock): string[] {
    for (const { view } of markets) names.set(view.parameters.id, view.parameters);
    const now = new Set<string>();
    const news = (key: string): boolean => {
      now.add(key);
      return !known.has(key);
    };
    const lines = [
      ...troubles.map((trouble) => `ANOMALY ${trouble}`),
      ...markets.flatMap(priceOf),
      ...happened.filter(isTold).map((one) => `happened  ${formatHappening(one)}`),
      ...scores.map((score) => `score     ${formatEvent(score, nameOf).replace(/^block \d+ /, "")}`),
      ...markets.flatMap(({ plans }) =>
        plans.flatMap((plan) => (news(planKey(plan)) ? [`would     ${formatPlan(plan, nameOf)}`] : [])),
      ),
      ...markets.flatMap(({ skips }) =>
        skips.flatMap((skip) => (news(skipKey(skip)) ? [`leaves    ${formatSkip(skip)}`] : [])),
      ),
    ];
    known = now;
    return lines.length === 0 ? [] : [`block ${number}`, ...lines.map((line) => `  ${line}`)];
  }

  function priceOf({ view: { parameters, prices: reading } }: PlannedMarket): string[] {
    const text = reading.ok ? formatPrice(reading.price, parameters) : reading.reason;
    if (prices.get(parameters.id) === text) return [];
    prices.set(parameters.id, text);
    return [`price     ${parameters.name} ${text}`];
  }

  function formatHappening({ event, market, account, counterparty, lots, hash }: Happening): string {
    const parameters = names.get(market);
    const size = lots === undefined || parameters === undefined ? "" : `: ${formatLots(lots, parameters)}`;
    const whom = account === 0 ? "" : ` account ${account}`;
    const against = counterparty === undefined ? "" : ` against account ${counterparty}`;
    return `${nameOf(market)} ${event}${whom}${against}${size}, tx ${hash}`;
  }

  function formatSkip({ market, account, reason, details }: Skip): string {
    const whom = account === undefined ? "" : ` account ${account}`;
    return `${nameOf(market)}${whom}: ${reason}${details === undefined ? "" : ` (${details})`}`;
  }

  function report(found: ReplayReport): string {
    const { from, to, blocks, planned, began, hits, late, misses, unclaimed, refused, meanLateBlocks } = found;
    const lateness = late === 0 ? "" : ` (${meanLateBlocks.toFixed(1)} blocks in the mean)`;
    return [
      `${blocks} blocks, ${from} to ${to}, begun from ${began === "database" ? "the local database" : "a snapshot"}, with plans at ${planned} of them`,
      `${hits} in time, ${late} late${lateness}, ${misses} missed, ${unclaimed} that nobody did, ${refused} that the simulation refused`,
    ].join("\n");
  }

  return { block, report };
}

/** Details of a skip are amounts, which change with every price. */
function skipKey({ market, account, reason }: Skip): string {
  return `${market} ${account ?? "all"} ${reason}`;
}

/** Funding accrues with every call: that is for the data, not for the eye. */
function isTold({ event }: Happening): boolean {
  return event !== "FundingAccrued";
}
