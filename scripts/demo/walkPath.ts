/**
 * Walks the price path: at every step the feeds answer (or do not), the crowd reacts, the keepers work until they are done, and everything
 * is checked.
 */

import type { Context } from "./context.ts";
import type { Catalogue } from "./invariants/catalogue.ts";
import type { Auditor } from "./invariants/createAuditor.ts";
import { isInsolvent } from "./invariants/isInsolvent.ts";
import { probeStale, type StaleProbe } from "./invariants/probes.ts";
import { tryCuts } from "./invariants/tryCuts.ts";
import type { KeeperProcess } from "./keeper/startKeeper.ts";
import { waitUntilIdle } from "./keeper/waitUntilIdle.ts";
import type { PricePath } from "./path/pricePath.ts";
import { createRandom } from "./path/random.ts";
import { createForecaster, type ForecastResult } from "./prediction/createForecaster.ts";
import type { Progress } from "./report/createProgress.ts";
import { type Crowd, createCrowd, openingPrices } from "./traders/createCrowd.ts";

export type WalkParameters = {
  readonly context: Context;
  readonly keepers: readonly KeeperProcess[];
  readonly auditor: Auditor;
  readonly catalogue: Catalogue;
  readonly path: PricePath;
  readonly seed: number;
  readonly progress: Progress;
};

export type WalkResult = {
  /** What the exchange answered while the oracle was silent, once a silence. */
  readonly staleProbes: readonly StaleProbe[];
  /** The last answers, by market. */
  readonly prices: readonly number[];
  /** Orders of the crowd that the exchange refused. */
  readonly refused: number;
  /** What was predicted before each step, against what happened. */
  readonly forecast: ForecastResult;
};

/** Index and book are compared with the chain every so many steps, and after the first steps that deleveraged. */
const DEEP_EVERY = 25;
const DEEP_AFTER_ADL = 6;
/** Experiments with cut calls. */
const CUT_TRIALS = 4;

export async function walkPath(parameters: WalkParameters): Promise<WalkResult> {
  const { context, keepers, auditor, catalogue, path, progress } = parameters;
  const { chain, markets, calls, administrator } = context;
  const crowd = createCrowd(context, path.interval);
  const forecaster = createForecaster(context);
  const staleProbes: StaleProbe[] = [];
  let prices = pricesOf(path, 0);
  let [refused, trials, adlSteps, probed] = [0, 0, 0, false];

  const settle = () =>
    waitUntilIdle({
      chain,
      keepers,
      isInsolvent: async () => (await Promise.all(markets.map(({ id }) => isInsolvent(context, id)))).includes(true),
      refresh: async () => {
        await chain.mine(markets.map((market, i) => calls.setPrice(administrator, market, prices[i] ?? 0)));
      },
    });

  await open();
  for (const [i, step] of path.steps.entries()) {
    const share = i / path.steps.length;
    if (step.prices !== undefined) {
      prices = [step.prices.btc, step.prices.eth];
      for (const keeper of keepers) keeper.pause();
      await forecaster.before(prices, step.time);
      await send(crowd.follow(share, prices, step.time), step.time);
      await experiment();
      await forecaster.answered();
      for (const keeper of keepers) keeper.resume();
    } else {
      await chain.mine([], step.time);
    }
    await settle();
    await forecaster.after();
    const summary = await auditor.absorb();
    if (summary.deleveraged > 0) adlSteps++;
    const deep = i % DEEP_EVERY === 0 || (summary.deleveraged > 0 && adlSteps <= DEEP_AFTER_ADL);
    const totals = await auditor.inspect(deep);
    if (!summary.stale) probed = false;
    else if (!probed) {
      staleProbes.push(...(await probeStale(context, auditor.replay, totals)));
      probed = true;
    }
    progress.step({ ...summary, time: step.time, share: (i + 1) / path.steps.length, prices });
  }
  return { staleProbes, prices, refused, forecast: forecaster.result() };

  async function open(): Promise<void> {
    const random = createRandom(parameters.seed, "opening");
    const start = path.steps[0]?.time ?? 0;
    const rounds = openingPrices(prices, random.normal);
    for (const [round, there] of rounds.entries()) {
      const time = start - (rounds.length - round) * path.interval;
      const first = prices;
      prices = there;
      await send(crowd.open(round, there, time), time);
      await settle();
      prices = first;
      await auditor.absorb();
      progress.opening((round + 1) / rounds.length);
    }
    await send([...crowd.waiting(prices), ...crowd.reserves()], 0);
    await settle();
    await auditor.absorb();
    await auditor.inspect(true);
  }

  async function send(batch: ReturnType<Crowd["open"]>, time: number): Promise<void> {
    const { mined } = await chain.mine(batch, time);
    refused += mined.filter(({ ok }) => !ok).length;
  }

  /** ADL-4, while the keepers are paused and a position is bankrupt. */
  async function experiment(): Promise<void> {
    for (const market of markets) {
      if (trials >= CUT_TRIALS || (await isInsolvent(context, market.id)) !== true) continue;
      if (await tryCuts(context, market, catalogue)) trials++;
    }
  }
}

function pricesOf(path: PricePath, i: number): number[] {
  const prices = path.steps[i]?.prices;
  if (prices === undefined) throw new Error("a path begins with prices");
  return [prices.btc, prices.eth];
}
