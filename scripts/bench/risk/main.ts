/**
 * `npm run -s bench:risk [-- --json] [-- --quick]`: the risk engine at a million positions, and beside each figure the naive way to the same
 * answer, in the same run, checked to be the same.
 *
 * Wall-clock medians. A full recomputation is everything from position objects to the answers: columns, both orders of both sides, exposure,
 * ladder, frontier, capital adequacy.
 */

import { createRiskMarket } from "../../../keeper/core/risk/createRiskMarket.ts";
import type { RiskMarket, RiskMarketInput } from "../../../keeper/core/risk/types.ts";
import { createRandom } from "../random.ts";
import { createPopulation, position } from "./createPopulation.ts";
import { naiveFrontier, naiveRecompute } from "./naive.ts";

const FLAGS = ["--json", "--quick"];
const unknown = process.argv.slice(2).find((flag) => !FLAGS.includes(flag));
if (unknown !== undefined) {
  console.error(`bench:risk: unknown flag ${unknown}; known are --json and --quick (20,000 positions)`);
  process.exit(1);
}
const size = process.argv.includes("--quick") ? 20_000 : 1_000_000;
const { uniform } = createRandom(7);
const input = createPopulation(size, uniform);

const full = repeat(5, () => recompute(input));
const market = full.last;
const naiveFull = repeat(1, () => naiveRecompute(input));
same("the ladder", market.ladder(), naiveFull.last.ladder);

// warm first: a keeper runs for months
for (let i = 0; i < 200; i++) market.apply(position(1 + i * 2, true, uniform));
const updates = times(1000, (i) => {
  const account = 1 + ((i * 7919) % size);
  const changed = position(account, account % 2 === 1, uniform);
  return () => market.apply(changed);
});
const insurance = market.insurance();
const queries = times(
  2000,
  (i) => () => market.solvency(i % 2 === 0 ? "down" : "up", insurance + BigInt(i) * 1_000_000_000n),
);
market.frontier("down");
market.frontier("up");
const frontiers = times(2000, (i) => () => market.frontier(i % 2 === 0 ? "down" : "up"));
const afterUpdate = times(20, (i) => {
  market.apply(position(1 + i * 2, true, uniform));
  return () => market.frontier("down");
});
// the naive way from the same state: fresh, because the engine's was changed
const naive = repeat(1, () => naiveFrontier(input, "down", insurance));
same("the frontier", recompute(input).solvency("down", insurance)?.price, naive.last);
const funding = { ...input.prices, funding: input.prices.funding + 1_000n };
const rekey = repeat(3, (i) => market.setPrices({ ...funding, funding: funding.funding + BigInt(i) }));

const result = {
  positions: size,
  [`fullRecompute${size}Ms`]: full.median,
  // of all threads, the collector's included: what the machine's other work does not change
  [`fullRecompute${size}CpuMs`]: full.cpu,
  [`naiveRecompute${size}Ms`]: naiveFull.median,
  updateOneMs: updates.median,
  updateOneP99Ms: updates.p99,
  frontierQueryMs: frontiers.median,
  frontierQueryP99Ms: frontiers.p99,
  solvencyQueryMs: queries.median,
  frontierAfterUpdateMs: afterUpdate.median,
  naiveFrontierMs: naive.median,
  rekeyFundingMs: rekey.median,
};
if (process.argv.includes("--json")) console.log(JSON.stringify(result));
else for (const [key, value] of Object.entries(result)) console.log(`${key.padEnd(28)}${value}`);

function recompute(from: RiskMarketInput): RiskMarket {
  const fresh = createRiskMarket(from);
  fresh.exposure();
  fresh.ladder();
  fresh.frontier("down");
  fresh.frontier("up");
  fresh.capitalAdequacy();
  return fresh;
}

function repeat<T>(count: number, act: (i: number) => T) {
  const taken: number[] = [];
  const used: number[] = [];
  let last: T | undefined;
  for (let i = 0; i < count; i++) {
    const before = process.cpuUsage();
    const start = performance.now();
    last = act(i);
    taken.push(performance.now() - start);
    const { user, system } = process.cpuUsage(before);
    used.push((user + system) / 1000);
  }
  return { ...summary(taken), cpu: summary(used).median, last: last as T };
}

/** Each act is prepared outside of the time that is measured. */
function times(count: number, prepare: (i: number) => () => unknown) {
  const taken: number[] = [];
  for (let i = 0; i < count; i++) {
    const act = prepare(i);
    const start = performance.now();
    act();
    taken.push(performance.now() - start);
  }
  return summary(taken);
}

function summary(taken: number[]) {
  taken.sort((a, b) => a - b);
  const at = (share: number) =>
    Number((taken[Math.min(taken.length - 1, Math.floor(taken.length * share))] ?? 0).toFixed(4));
  return { median: at(0.5), p99: at(0.99) };
}

function same(what: string, engine: unknown, naive: unknown): void {
  const text = (value: unknown) =>
    JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? `${item}` : item));
  if (text(engine) !== text(naive)) throw new Error(`${what} of the naive way is another one`);
}
