/**
 * All markets together. Every scenario hits all of them at once, and one fund stands behind all, each market within its day's cap.
 */
import type { AccountId } from "../types.ts";
import { adequacyOf } from "./adequacyOf.ts";
import { insuranceFor } from "./insuranceFor.ts";
import { PIPS } from "./limits.ts";
import { SCENARIOS } from "./scenarios.ts";
import type { AccountShare, LeverageBucket, RiskMarket, Scenario, TotalRisk } from "./types.ts";

export function totalRisk(
  markets: readonly RiskMarket[],
  { claim }: { readonly claim: bigint },
  scenarios: readonly Scenario[] = SCENARIOS,
): TotalRisk {
  const exposures = markets.map((market) => market.exposure());
  const sum = <T>(items: readonly T[], of: (item: T) => bigint) => items.reduce((total, item) => total + of(item), 0n);
  // what is left of the caps, each already no more than the fund could pay alone
  const caps = sum(markets, (market) => market.insurance());
  const shortfallOf = ({ move }: Scenario) => sum(markets, (market) => market.shortfall(move).total);
  return {
    openNotional: sum(exposures, ({ longs, shorts }) => (longs.notional > shorts.notional ? longs : shorts).notional),
    margin: sum(exposures, ({ longs, shorts }) => longs.margin + shorts.margin),
    equity: sum(exposures, ({ longs, shorts }) => longs.equity + shorts.equity),
    positions: markets.reduce((total, market) => total + market.size(), 0),
    leverage: mergeBuckets(exposures.map(({ leverage }) => leverage)),
    ...concentrationOf(markets),
    adequacy: adequacyOf(insuranceFor({ claim, coverLeft: caps }), scenarios, shortfallOf),
  };
}

function mergeBuckets(all: readonly (readonly LeverageBucket[])[]): LeverageBucket[] {
  const [first = [], ...rest] = all;
  return first.map((bucket, i) => {
    const same = rest.map((buckets) => buckets[i] as LeverageBucket);
    return {
      ...bucket,
      positions: same.reduce((total, { positions }) => total + positions, bucket.positions),
      lots: same.reduce((total, { lots }) => total + lots, bucket.lots),
    };
  });
}

function concentrationOf(markets: readonly RiskMarket[]): Pick<TotalRisk, "top" | "concentration"> {
  const notionals = new Map<AccountId, bigint>();
  let total = 0n;
  for (const market of markets) {
    const { price } = market.prices();
    for (const { account, lots } of market.sizes()) {
      const notional = (lots * price) >> 16n;
      notionals.set(account, (notionals.get(account) ?? 0n) + notional);
      total += notional;
    }
  }
  const shareOf = (part: bigint) => (total === 0n ? 0n : (part * PIPS) / total);
  const sorted = [...notionals].sort(([a, x], [b, y]) => (x === y ? a - b : x > y ? -1 : 1)).slice(0, 10);
  const topShare = (count: number) =>
    shareOf(sorted.slice(0, count).reduce((part, [, notional]) => part + notional, 0n));
  return {
    top: sorted.map(([account, notional]): AccountShare => ({ account, notional, share: shareOf(notional) })),
    concentration: { top1: topShare(1), top5: topShare(5), top10: topShare(10) },
  };
}
