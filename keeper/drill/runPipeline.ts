/**
 * What is drilled: the worker that mode armed has and the keeper's loop, as `run` runs them. Where nothing can be done now, a block passes.
 */
import type { Chain } from "../chain/connect.ts";
import type { Key } from "../config/readKey.ts";
import type { SettingValues } from "../config/settings.ts";
import { createKeeper } from "../createKeeper.ts";
import { createWorker } from "../createWorker.ts";
import type { Log } from "../ops/events.ts";
import type { WorldPlan } from "../planWorld.ts";
import type { Advance } from "../state/createFollower.ts";
import type { DrillClock } from "./createClock.ts";
import type { createRecorder } from "./createRecorder.ts";
import type { DrillEnd, Left } from "./report.ts";
import type { MarketShock } from "./shock.ts";

/** Nothing to be polite for: the drill's chain has one keeper, and blocks when it waits for one. */
const POLL_MS = 5;

export type PipelineParameters = {
  readonly chain: Chain;
  readonly settings: SettingValues;
  readonly key: Key;
  readonly clock: DrillClock;
  readonly log: Log;
  readonly recorder: ReturnType<typeof createRecorder>;
  readonly onFirstPlan: (plan: WorldPlan) => void;
  readonly leftIn: (plan: WorldPlan) => readonly Left[];
};

export async function runPipeline(parameters: PipelineParameters): Promise<DrillEnd> {
  const { chain, settings, key, clock, log, recorder, onFirstPlan, leftIn } = parameters;
  const { executor, close } = await createWorker(chain, settings, key, log);
  if (executor === undefined) throw new Error("mode armed has an executor");
  try {
    const onPlan = (plan: WorldPlan) => {
      if (recorder.first() === undefined) onFirstPlan(plan);
      recorder.onPlan(plan);
    };
    const onAdvance = (advance: Advance) => {
      executor.onAdvance(advance);
      recorder.onAdvance(advance);
    };
    const audience = { onAdvance, onPlan };
    const worker = clock.driven(executor);
    const keeper = createKeeper({ ...settings, chain, worker, log, signal: clock.signal, audience });
    for (;;) {
      await keeper.drain();
      const over = clock.over();
      if (over !== undefined) return over;
      const plan = recorder.last();
      if (plan !== undefined && leftIn(plan).length === 0) return "cleared";
      await clock.mine();
    }
  } finally {
    close();
  }
}

/** Only what a drill has to have otherwise: the rest is the operator's, because it is what is rehearsed. */
export function drillSettings(settings: SettingValues, shocks: readonly MarketShock[]): SettingValues {
  const markets = shocks.map(({ market }) => String(market));
  return { ...settings, mode: "armed", markets, journal: ":memory:", jitterMs: 0, pollMs: POLL_MS };
}
