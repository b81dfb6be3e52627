/**
 * `node loadState.ts FILE`: a process that begins as a restarted keeper does, from the local database, ranks and plans once, and says how long
 * the load took and how much memory it holds at most.
 */
import { createStateStore } from "../../../keeper/db/createStateStore.ts";
import { eligibility } from "../../../keeper/core/eligibility.ts";
import { planMarket } from "../../../keeper/core/planMarket.ts";
import { rankCounterparties } from "../../../keeper/core/rankCounterparties.ts";
import { FUNDING, MARK, MARKET } from "./createMarket.ts";
import { EXCHANGE } from "./createLogs.ts";

const [path = ""] = process.argv.slice(2);
const start = performance.now();
const store = createStateStore({ path, chainId: 1, exchange: EXCHANGE });
const state = store.load()?.markets.get(1)?.state;
const loadMs = performance.now() - start;
if (state === undefined) throw new Error("nothing was loaded");
const prices = { price: (MARK * 99n) / 100n, funding: FUNDING };
const ranked = rankCounterparties(state, eligibility(true, prices.price, prices, MARKET.base), {
  lots: 1n << 100n,
  entries: 100,
});
const touch = { bestBid: 24_749n, bestAsk: 24_751n };
const reading = { taken: 0, level: 0, preventiveLots: 0n, now: 1n, free: new Map() };
const view = {
  parameters: MARKET,
  state,
  prices: { ok: true, ...prices, accrued: FUNDING },
  ...reading,
  touch,
} as const;
const { plans } = planMarket(view, { warnMove: 20_000n });
const { maxRSS } = process.resourceUsage();
store.close();
const result = {
  positions: state.positions.size,
  ranked: ranked.length,
  plans: plans.length,
  loadMs,
  rssMb: maxRSS / 1024,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
