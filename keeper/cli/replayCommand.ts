/**
 * The command `replay`: what the keeper would have done in blocks of the past, against what was done. Sends nothing; needs a node that still has
 * the state of those blocks.
 */
import { existsSync } from "node:fs";
import { connect } from "../chain/connect.ts";
import { readBlock } from "../chain/readBlock.ts";
import type { Deployment } from "../config/readDeployment.ts";
import type { SettingValues } from "../config/settings.ts";
import { marketsOf } from "../createWorker.ts";
import { loadWorld } from "../db/loadWorld.ts";
import { openStateDb } from "../db/openStateDb.ts";
import { ConfigError } from "../errors.ts";
import { toJson } from "../ops/toJson.ts";
import { runReplay } from "../replay/runReplay.ts";
import type { World } from "../state/world.ts";
import type { ReplayFlags } from "./replayFlags.ts";
import { createReplayText, replayJson } from "./replayText.ts";

export async function replayCommand(
  settings: SettingValues,
  deployment: Deployment,
  flags: ReplayFlags,
  signal: AbortSignal,
): Promise<void> {
  const chain = await connect({ ...settings, deployment });
  const head = await readBlock(chain);
  const { from, to = head.number } = flags;
  if (to > head.number) throw new ConfigError(`--to ${to} is not there yet: the newest block is ${head.number}`);
  if (from > to) throw new ConfigError(`--from ${from} is not there yet: the newest block is ${head.number}`);
  const markets = flags.market === undefined ? settings.markets : [flags.market];
  const wanted = marketsOf(chain, markets);
  const text = createReplayText();
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const report = await runReplay({
    chain,
    settings: { ...settings, markets },
    from,
    to,
    resume: readState(settings, deployment),
    signal,
    onBlock: (block) => {
      const shown = {
        ...block,
        markets: block.markets.filter(({ view }) => wanted?.has(view.parameters.id) ?? true),
        happened: block.happened.filter(({ market }) => wanted?.has(market) ?? true),
      };
      for (const line of settings.json ? [toJson(replayJson(shown))] : text.block(shown)) say(line);
    },
  });
  say(settings.json ? toJson({ type: "report", ...report }) : text.report(report));
}

/** What a keeper saved, if that is from before: what is newer is of no use, and the follower looks. */
function readState({ stateDb, chainId }: SettingValues, { exchange }: Deployment): World | undefined {
  if (stateDb === undefined) return undefined;
  if (!existsSync(stateDb)) throw new ConfigError(`STATE_DB ${stateDb} does not exist`);
  const db = openStateDb(stateDb);
  try {
    return loadWorld(db, { chainId, exchange });
  } finally {
    db.close();
  }
}
