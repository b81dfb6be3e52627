/**
 * The first hundred counterparties of a million positions, by the index and by sorting: the same accounts, in the same order.
 */
import { eligibility } from "../../../keeper/core/eligibility.ts";
import { rankCounterparties } from "../../../keeper/core/rankCounterparties.ts";
import { createRandom } from "../random.ts";
import { createMarket, FUNDING, MARK, MARKET } from "./createMarket.ts";
import { naiveRank } from "./naiveRank.ts";
import { stopwatch } from "./stopwatch.ts";
import { summary } from "./summary.ts";

const COUNT = 100;

export function measureRank(size: number) {
  const state = createMarket(size, createRandom(11).uniform);
  const limits = { lots: 1n << 100n, entries: COUNT };
  // marks on both sides of where everybody entered, and both sides bankrupt
  const cases = Array.from({ length: 60 }, (_, i) => {
    const price = (MARK * BigInt(9_700 + 10 * i)) / 10_000n;
    return eligibility(i % 2 === 0, price, { price, funding: FUNDING + BigInt(i) }, MARKET.base);
  });
  for (const region of cases) rankCounterparties(state, region, limits); // warm: a keeper runs for months
  const ranked = cases.map((region) => {
    const stop = stopwatch();
    const accounts = rankCounterparties(state, region, limits).map(({ entry }) => entry.account);
    return { region, accounts, ...stop() };
  });
  const entries = [...state.positions.values()];
  const naive = ranked
    .filter((_, i) => i % 12 === 0)
    .map(({ region, accounts }) => {
      const stop = stopwatch();
      const expected = naiveRank(entries, region, COUNT);
      const { ms } = stop();
      if (expected.join() !== accounts.join()) throw new Error("the index and the sort rank differently");
      return ms;
    });
  const [index, sort] = [summary(ranked.map(({ ms }) => ms)), summary(naive)];
  return {
    [`rank${COUNT}of${size}Ms`]: index.median,
    [`rank${COUNT}of${size}P99Ms`]: index.p99,
    [`naiveSort${size}Ms`]: sort.median,
    rankSpeedup: Number((sort.median / index.median).toFixed(0)),
  };
}
